"""The recipe that a picture file carries."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from impasto.errors import UsageError
from impasto.pictures import exif
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.pictures.quiet import quiet
from impasto.reading import png
from impasto.reading.inputs import opened_input
from impasto.reading.load import load_stream
from impasto.reading.opening import HEAD, opened
from impasto.tiff import pages as tiff

# Nothing is decoded.
_ANY_SIZE = Reading(max_pixels=1 << 62)


def read_recipe_text(path: Path) -> str | None:
    """Return the recipe that a picture file, or stdin, carries, None where there is none."""
    with opened_input(path) as (stream, name):
        return _recipe_text(stream, name)


def load_with_recipe(path: Path, reading: Reading) -> tuple[Picture, str | None]:
    """Read a picture file, or stdin, as `load` does, and the recipe that it carries.

    Raises UsageError where that cannot be read.
    """
    with opened_input(path) as (stream, name):
        picture = load_stream(stream, name, reading)
        stream.seek(0)
        try:
            return picture, _recipe_text(stream, name)
        except MemoryError:
            raise
        except Exception as fault:  # a sound picture may carry words that are damaged
            raise UsageError(f"{name} carries no recipe that can be read") from fault


def _recipe_text(stream: IO[bytes], name: str) -> str | None:
    with quiet("PIL"):
        head = stream.read(HEAD)
        if head.startswith(png.SIGNATURE):
            return png.recipe_text(stream)
        if tiff.is_tiff(head):
            return tiff.recipe_text(stream)
        image = opened(stream, head, name, _ANY_SIZE)
        if image is None:
            return None
        if image.format == "JPEG2000":
            text = image.info.get("comment")
            return text.decode("ascii", "replace") if isinstance(text, bytes) else text
        return exif.recipe_of(image.getexif())
