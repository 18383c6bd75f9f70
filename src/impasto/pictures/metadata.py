"""What files say beside their pixels: the camera's words, the density, and our recipe."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

from PIL import Image

# Tags of EXIF, and where its own directory hangs.
_ORIENTATION, _EXIF_DIRECTORY, _USER_COMMENT, _MAKER_NOTE = 0x0112, 0x8769, 0x9286, 0x927C
_DESCRIPTION, _GPS_DIRECTORY = 0x010E, 0x8825
_SIZES = (0xA002, 0xA003)  # of the photograph, not of the result
# Those a TIFF carries itself, by tifffile's names.
_PLAIN_TAGS = {
    "Make": 271, "Model": 272, "DateTime": 306, "Artist": 315, "Copyright": 33432,
}  # fmt: skip
_ASCII = b"ASCII\0\0\0"
_KEYWORD = "impasto"
# A JPEG's block, which holds all of EXIF, less its own words.
_LARGEST_EXIF = 65_000


def density_of(image: Image.Image) -> tuple[float, float] | None:
    """Return the pixels an inch, across and down, that a file states."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return sound_density(across, down)


def sound_density(across: float, down: float) -> tuple[float, float] | None:
    """Return pixels an inch, None where no printer has ever had so few or many."""
    sound = all(math.isfinite(value) and 1 <= value < 1e5 for value in (across, down))
    return (across, down) if sound else None


def orientation_of(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 where there is none to be read."""
    with contextlib.suppress(Exception):  # EXIF is full of odd bytes; pixels are not
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def exif_of(image: Image.Image) -> bytes | None:
    """Return the camera's words, less what no longer fits: orientation, thumbnail, sizes."""
    with contextlib.suppress(Exception):
        return _bytes_of(image.getexif())
    return None


def exif_of_page(page: Any) -> bytes | None:
    """Return the words a TIFF carries in tags of its own."""
    exif = Image.Exif()
    for name, number in _PLAIN_TAGS.items():
        if name in page.tags and isinstance(page.tags[name].value, str):
            exif[number] = page.tags[name].value
    return _bytes_of(exif)


def plain_tags(exif: bytes | None) -> list[tuple[int, str, int, bytes, bool]]:
    """Return the words that a TIFF can carry itself, as tifffile's extra tags."""
    if exif is None:
        return []
    words = _exif(exif)
    return [
        (number, "s", 0, _encoded(words[number]), True)
        for number in _PLAIN_TAGS.values()
        if number in words
    ]


def with_recipe(exif: bytes | None, recipe: str | None) -> bytes | None:
    """Return EXIF as Pillow writes it, the recipe in its user comment; None for nothing."""
    if exif is None and recipe is None:
        return None
    words = _exif(exif)
    if recipe is not None:
        words.get_ifd(_EXIF_DIRECTORY)[_USER_COMMENT] = _ASCII + recipe.encode("ascii")
    data = _tobytes(words)
    if len(data) > _LARGEST_EXIF:  # a maker's own notes are of no use to anybody else
        words.get_ifd(_EXIF_DIRECTORY).pop(_MAKER_NOTE, None)
        data = _tobytes(words)
    return data


def read_recipe_text(path: Path) -> str | None:
    """Return the recipe that a picture file carries, None where there is none."""
    with Image.open(path) as image:
        if image.format == "PNG":
            image.load()
            text = getattr(image, "text", {}).get(_KEYWORD)
            return None if text is None else str(text)
        if image.format == "JPEG2000":
            text = image.info.get("comment")
            return text.decode("ascii", "replace") if isinstance(text, bytes) else text
        if image.format == "TIFF":
            text = image.getexif().get(_DESCRIPTION)
            return None if text is None else str(text)
        comment = image.getexif().get_ifd(_EXIF_DIRECTORY).get(_USER_COMMENT)
    if not isinstance(comment, bytes) or not comment.startswith(_ASCII):
        return None
    return comment.removeprefix(_ASCII).decode("ascii", "replace")


def _bytes_of(exif: Image.Exif) -> bytes | None:
    # A TIFF's other tags say how its pixels are stored.
    for tag in set(exif) - {*_PLAIN_TAGS.values(), _EXIF_DIRECTORY, _GPS_DIRECTORY}:
        del exif[tag]
    directory = exif.get_ifd(_EXIF_DIRECTORY)
    for tag in (_USER_COMMENT, *_SIZES):
        directory.pop(tag, None)
    if not len(exif) and not directory:
        return None
    return _tobytes(exif)


def _tobytes(exif: Image.Exif) -> bytes:
    # Pillow reads words byte by byte but writes ASCII only: "©" in UTF-8 would become "??".
    for words in (exif, exif.get_ifd(_EXIF_DIRECTORY)):
        for tag, value in list(words.items()):
            if isinstance(value, str):
                words[tag] = _encoded(value)
    return exif.tobytes()


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")


def _exif(data: bytes | None) -> Image.Exif:
    exif = Image.Exif()
    if data is not None:
        exif.load(data)
    return exif
