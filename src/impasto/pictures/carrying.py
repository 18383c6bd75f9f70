"""The recipe that a picture file carries."""

from __future__ import annotations

from pathlib import Path

from impasto.pictures import exif, png, tiff
from impasto.pictures.limits import Reading
from impasto.pictures.opening import HEAD, opened
from impasto.pictures.quiet import quiet

# Nothing is decoded.
_ANY_SIZE = Reading(max_pixels=1 << 62)


def read_recipe_text(path: Path) -> str | None:
    """Return the recipe that a picture file carries, None where there is none."""
    with quiet("PIL"), path.open("rb") as stream:
        head = stream.read(HEAD)
        if head.startswith(png.SIGNATURE):
            return png.recipe_text(stream)
        if tiff.is_tiff(head):
            return tiff.recipe_text(stream)
        image = opened(stream, head, str(path), _ANY_SIZE)
        if image is None:
            return None
        if image.format == "JPEG2000":
            text = image.info.get("comment")
            return text.decode("ascii", "replace") if isinstance(text, bytes) else text
        return exif.recipe_of(image.getexif())
