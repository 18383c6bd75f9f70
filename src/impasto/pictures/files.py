"""Picture files: the only place that reads or writes them.

Colour profiles, alpha, depth beyond 8 bits and metadata will live beside this file; until
then transparent pixels are laid over white and a note says so.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from impasto.errors import OutputError, PictureError, UsageError
from impasto.pictures.picture import Picture, from_pil

# Read nothing that runs programs (EPS calls Ghostscript) or is rarely a picture.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000")

# How each extension is written: Pillow's format name and its options.
WRITABLE: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0, "optimize": True}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0, "optimize": True}),
    ".webp": ("WEBP", {"quality": 95, "method": 4}),
    ".tif": ("TIFF", {"compression": "tiff_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_deflate"}),
}


def load(path: Path) -> Picture:
    """Read a picture file: upright, sRGB, 0..1.

    Raises UsageError when there is no such file, PictureError when it is no picture or damaged.
    """
    _check_input(path)
    try:
        with Image.open(path, formats=READABLE) as image:
            image.load()
            return from_pil(ImageOps.exif_transpose(image), str(path))
    except UnidentifiedImageError as fault:
        readable = ", ".join(READABLE)
        raise PictureError(f"{path} is not a picture impasto can read ({readable})") from fault
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        raise PictureError(f"{path} is damaged or cut short: {fault}; save it again") from fault


def save(picture: Picture, path: Path) -> None:
    """Write the picture in its extension's format; the name holds the old file or the new one.

    Raises OutputError when it cannot be written; then nothing is left behind.
    """
    kind, options = WRITABLE[path.suffix.lower()]
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as fault:
        raise OutputError(f"cannot write to {path.parent}: {fault.strerror}") from fault
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            picture.image.save(stream, kind, **options)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as fault:
        raise OutputError(f"cannot write {path}: {fault.strerror or fault}") from fault
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: Path, *, overwrite: bool = False, inputs: tuple[Path, ...] = ()) -> None:
    """Make sure, before the work, that `path` can be written.

    Raises UsageError for an unknown extension, an output that is also an input, or an existing
    file unless `overwrite`; OutputError for a folder that is missing or not writable.
    """
    if path.suffix.lower() not in WRITABLE:
        known = ", ".join(WRITABLE)
        raise UsageError(f"cannot write '{path.name}': unknown extension; choose from {known}")
    if any(_same(path, other) for other in inputs):
        raise UsageError(f"the output {path} is also an input; choose another name")
    if path.is_dir():
        raise UsageError(f"the output {path} is a folder; give a file name in it")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name or allow it with --overwrite")
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist; make it first")
    try:
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", dir=path.parent):
            pass
    except OSError as fault:
        raise OutputError(f"cannot write to {path.parent}: {fault.strerror}") from fault


def _check_input(path: Path) -> None:
    try:
        mode = path.stat()
    except FileNotFoundError as fault:
        raise UsageError(f"there is no file {path}") from fault
    except (OSError, ValueError) as fault:
        raise UsageError(f"cannot open {path}: {fault}") from fault
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give a picture file in it")
    if not path.is_file():
        raise UsageError(f"{path} is not a regular file")
    if mode.st_size == 0:
        raise PictureError(f"{path} is an empty file")
    if not os.access(path, os.R_OK):
        raise PictureError(f"{path} may not be read; change its permissions")


def _same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
