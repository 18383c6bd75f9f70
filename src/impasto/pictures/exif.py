"""The camera's words: what of them is kept, and how they are written beside the recipe."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD
from PIL.ExifTags import Base as Tag

_log = logging.getLogger(__name__)

# Of the photograph, not of the result: its size, and its space, which the profile says.
_SIZE = {Tag.ExifImageWidth, Tag.ExifImageHeight}
_SPACE = {Tag.ColorSpace, Tag.Gamma, Tag.ExifInteroperabilityOffset}
_STALE = {Tag.UserComment} | _SIZE | _SPACE
_SRGB, _ADOBE_RGB = 1, 2
# Those a TIFF carries itself.
_PLAIN_TAGS = (Tag.Make, Tag.Model, Tag.DateTime, Tag.Artist, Tag.Copyright)
_ASCII = b"ASCII\0\0\0"
# Bytes that EXIF takes beside the only entry it has.
_OVERHEAD = 100


def orientation(words: Image.Exif) -> int:
    """Return which way up the picture lies, 1 where there is nothing to be read."""
    with contextlib.suppress(Exception):  # EXIF is full of odd bytes; pixels are not
        return int(words.get(Tag.Orientation, 1))
    return 1


def is_adobe_rgb(words: Image.Exif) -> bool:
    """Return whether the pixels are said to be in Adobe RGB, as cameras say it (DCF 2.0)."""
    with contextlib.suppress(Exception):
        space = words.get_ifd(IFD.Exif).get(Tag.ColorSpace)
        index = words.get_ifd(IFD.Interop).get(1, "")
        return space == _ADOBE_RGB or (space != _SRGB and str(index).startswith("R03"))
    return False


def kept(words: Image.Exif) -> bytes | None:
    """Return the words that will still be true; None where there are none."""
    fresh = Image.Exif()
    fresh.endian = words.endian
    # A TIFF's other tags say how its pixels are stored.
    for tag in _PLAIN_TAGS:
        with contextlib.suppress(Exception):
            if tag in words:
                fresh[tag] = words[tag]
    for number in _directories(words):
        with contextlib.suppress(Exception):
            found = words.get_ifd(number).items()
            if directory := {tag: value for tag, value in found if tag not in _STALE}:
                fresh[number] = directory
    with contextlib.suppress(Exception):
        return _tobytes(fresh) if len(fresh) else None
    return None


def plain_tags(words: bytes | None) -> list[tuple[int, str, int, bytes, bool]]:
    """Return the words that a TIFF can carry itself, as tifffile's extra tags."""
    if words is None:
        return []
    found = _loaded(words)
    return [(tag, "s", 0, _encoded(found[tag]), True) for tag in _PLAIN_TAGS if tag in found]


def with_recipe(words: bytes | None, recipe: str | None, largest: int | None) -> bytes | None:
    """Return EXIF of so many bytes at most, the recipe in its user comment; None for nothing.

    What does not fit is left out, with a note: a recipe that is too long by itself, the maker's
    own notes, then the largest entries.
    """
    if recipe is not None and largest is not None and len(recipe) > largest - _OVERHEAD:
        _log.info("the recipe does not fit into the file and is left out")
        recipe = None
    if words is None and recipe is None:
        return None
    loaded = _loaded(words)
    if recipe is not None:
        loaded.get_ifd(IFD.Exif)[Tag.UserComment] = _ASCII + recipe.encode("ascii")
    data = _tobytes(loaded)
    dropping = _dropped_one_by_one(loaded)
    while largest is not None and len(data) > largest:
        _log.info("%s does not fit into the file and is left out", next(dropping))
        data = _tobytes(loaded)
    return data


def recipe_of(words: Image.Exif) -> str | None:
    """Return the recipe in EXIF's user comment, None where there is none."""
    comment = words.get_ifd(IFD.Exif).get(Tag.UserComment)
    if not isinstance(comment, bytes) or not comment.startswith(_ASCII):
        return None
    return comment.removeprefix(_ASCII).decode("ascii", "replace")


def _dropped_one_by_one(words: Image.Exif) -> Iterator[str]:
    """Take entries out, the least missed first, and yield what each was."""
    places: list[Any] = [words, *(words.get_ifd(number) for number in _directories(words))]
    kept_back = {Tag.UserComment, IFD.Exif, IFD.GPSInfo}
    found = [(place, tag) for place in places for tag in place if tag not in kept_back]
    found.sort(key=lambda one: (one[1] != Tag.MakerNote, -len(_encoded(one[0][one[1]]))))
    for place, tag in found:
        size = len(_encoded(place.pop(tag)))
        yield f"the camera's entry {tag:#x} of {size} bytes"


def _directories(words: Image.Exif) -> list[int]:
    # Asking for one that is not there would make an empty one.
    return [number for number in (IFD.Exif, IFD.GPSInfo) if number in words]


def _tobytes(words: Image.Exif) -> bytes:
    # Pillow reads words byte by byte but writes ASCII only: "\u00a9" in UTF-8 would become "??".
    for place in (words, *(_directory(words, number) for number in _directories(words))):
        for tag, value in list(place.items()):
            if isinstance(value, str):
                place[tag] = _encoded(value)
    return words.tobytes()


def _directory(words: Image.Exif, number: int) -> dict[int, Any]:
    found = words[number]
    return found if isinstance(found, dict) else words.get_ifd(number)


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")


def _loaded(data: bytes | None) -> Image.Exif:
    words = Image.Exif()
    if data is not None:
        words.load(data)
    return words
