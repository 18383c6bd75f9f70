"""What files say beside their pixels: the camera's words, the way up, the density, the space."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from impasto.pictures import exif
from impasto.pictures.picture import Picture
from impasto.profiles import spaces
from impasto.profiles.icc import Pixels

# Files whose EXIF tells the space of their pixels (DCF 2.0); programs that make the others keep a
# camera's words whatever they do to its pixels. A picture in memory came from one of either.
_TELLING = (None, "JPEG", "MPO", "HEIF")


@dataclass(frozen=True)
class Words:
    """What a file says of its picture."""

    exif: Image.Exif = field(default_factory=Image.Exif)
    density: tuple[float, float] | None = None  # pixels an inch, across and down, as stored
    profile: bytes | None = None

    def of(self, picture: Picture) -> Picture:
        """Return a picture, as it was stored, upright and with what is said of it."""
        said = replace(picture.origin, density=self.density, exif=exif.kept(self.exif))
        return _upright(replace(picture, origin=said), exif.orientation(self.exif))


def words_of(image: Image.Image) -> Words:
    """Return what the file of a Pillow image says."""
    found = Image.Exif()
    with contextlib.suppress(Exception):  # EXIF is full of odd bytes; pixels are not
        found = image.getexif()
    return Words(found, _density_of(image), _profile_of(image, found))


def words_of_page(page: Any) -> Words:
    """Return what a TIFF's page, as tifffile has it, says."""
    found, file = Image.Exif(), page.parent
    found.bigtiff, found.endian = file.is_bigtiff, file.byteorder
    with contextlib.suppress(Exception):
        found.load_from_fp(file.filehandle, page.offset)
    profile = page.tags.valueof("InterColorProfile")
    if profile is None and exif.is_adobe_rgb(found):
        profile = spaces.adobe_rgb()
    return Words(found, _density_of_page(page), profile and bytes(profile))


def _upright(picture: Picture, orientation: int) -> Picture:
    """Turn a picture as EXIF's orientation says; leave it for one that EXIF does not know."""
    if orientation not in range(2, 9):
        return picture
    origin = picture.origin
    if orientation > 4 and origin.density is not None:
        origin = replace(origin, density=origin.density[::-1])
    alpha = None if picture.alpha is None else _turned(picture.alpha, orientation)
    return replace(picture, array=_turned(picture.array, orientation), alpha=alpha, origin=origin)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _profile_of(image: Image.Image, words: Image.Exif) -> bytes | None:
    said = image.info
    if profile := said.get("icc_profile"):
        return bytes(profile)
    if "srgb" not in said and isinstance(gamma := said.get("gamma"), int | float):
        return spaces.of_gamma(gamma, said.get("chromaticity"))
    if image.format in _TELLING and exif.is_adobe_rgb(words):
        return spaces.adobe_rgb()
    return None


def _density_of(image: Image.Image) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return _sound(across, down)


def _density_of_page(page: Any) -> tuple[float, float] | None:
    unit = {2: 1.0, 3: 2.54}.get(int(page.tags.valueof("ResolutionUnit", 2)))
    ratios = [page.tags.valueof(name, ()) for name in ("XResolution", "YResolution")]
    if unit is None or any(len(ratio) != 2 or not all(ratio) for ratio in ratios):
        return None
    across, down = (unit * ratio[0] / ratio[1] for ratio in ratios)
    return _sound(across, down)


def _sound(across: float, down: float) -> tuple[float, float] | None:
    """Return pixels an inch, None where no printer has ever had so few or many."""
    sound = all(math.isfinite(value) and 1 <= value < 65535 for value in (across, down))
    return (across, down) if sound else None
