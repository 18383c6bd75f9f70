"""Pillow's readers without its switches, which are the whole process's.

A host may let cut files pass (`ImageFile.LOAD_TRUNCATED_IMAGES`) and has its own limit of pixels
(`Image.MAX_IMAGE_PIXELS`). Neither may be touched, for other threads read as well; so the readers'
functions are run with other names around them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, cast

from PIL import Image, ImageFile

Reader = type[ImageFile.ImageFile]


def unswitched(reader: Reader, check_size: Callable[[int, int], None]) -> Reader:
    """Return a reader that lets nothing cut or broken pass, and has widths and heights checked."""

    def check(size: tuple[int, int], **_: object) -> None:
        check_size(*size)

    load = _among(ImageFile.ImageFile.load, LOAD_TRUNCATED_IMAGES=False)
    crop = _among(Image.Image._crop, _decompression_bomb_check=check)
    # JPEG 2000's calls this class's `load` by name.
    strict = type("ImageFile", (ImageFile.ImageFile,), {"load": load})
    around = {
        "ImageFile": _changed(ImageFile, ImageFile=strict, LOAD_TRUNCATED_IMAGES=False),
        "Image": _changed(Image, _decompression_bomb_check=check),
    }
    own = {name: _among(found, **around) for name, found in _functions(reader).items()}
    return cast(Reader, type(reader.__name__, (reader,), {"load": load, "_crop": crop, **own}))


def _functions(reader: Reader) -> dict[str, FunctionType]:
    """Return the functions of a reader's classes, not of those that all readers have."""
    own = reader.__mro__[: reader.__mro__.index(ImageFile.ImageFile)]
    found = {name: value for one in reversed(own) for name, value in vars(one).items()}
    return {name: value for name, value in found.items() if isinstance(value, FunctionType)}


def _among(function: Any, **names: Any) -> FunctionType:
    """Return a function that finds other things under some names of its module."""
    known = {**function.__globals__, **names}
    changed = FunctionType(
        function.__code__, known, function.__name__, function.__defaults__, function.__closure__
    )
    changed.__kwdefaults__ = function.__kwdefaults__
    return changed


def _changed(module: ModuleType, **names: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(module), **names})
