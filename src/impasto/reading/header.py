"""What a picture file's header says: whether it is let in, and its size. Nothing is decoded."""

from __future__ import annotations

from pathlib import Path

from PIL import ExifTags

from impasto.errors import PictureError
from impasto.pictures.coding import decoding
from impasto.pictures.limits import Reading
from impasto.reading import png
from impasto.reading.inputs import Stream, opened_input
from impasto.reading.load import READABLE
from impasto.reading.opening import HEAD, opened
from impasto.tiff import pages as tiff
from impasto.tiff import raws

# Orientations of EXIF's that turn a picture on its side.
_ON_ITS_SIDE = range(5, 9)


def size_in(path: Path, reading: Reading | None = None) -> tuple[int, int]:
    """Return the (height, width) that a picture file's header says, in milliseconds.

    Raises what `load` raises, as far as it shows there: of damage behind it nothing is known.
    """
    with opened_input(path) as (stream, name), decoding(name):
        return _size(stream, name, reading or Reading())


def _size(stream: Stream, name: str, reading: Reading) -> tuple[int, int]:
    head = stream.read(HEAD)
    if raws.is_raw(head):
        raise raws.refusal(name)
    if tiff.is_tiff(head):
        return tiff.size_of(stream, name, reading)
    if head.startswith(png.SIGNATURE):
        width, height = png.size_of(head)
        reading.check_size(name, width, height)
        return height, width
    image = opened(stream, head, name, reading)
    if image is None:
        raise PictureError(
            f"{name} is not a picture impasto can read ({', '.join(READABLE)}, HEIC with its extra)"
        )
    width, height = image.size
    reading.check_size(name, width, height)
    turned = image.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
    return (width, height) if turned else (height, width)
