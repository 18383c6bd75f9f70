"""The way up that EXIF says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels

# How rows and columns lie for each EXIF orientation: transposed, turned down, turned right.
_TURNS = {
    1: (False, False, False), 2: (False, False, True), 3: (False, True, True),
    4: (False, True, False), 5: (True, False, False), 6: (True, False, True),
    7: (True, True, True), 8: (True, True, False),
}  # fmt: skip


def upright(picture: Picture, orientation: int) -> Picture:
    """Turn a picture as EXIF's orientation says; leave it for one that EXIF does not know."""
    turns = _TURNS.get(orientation, _TURNS[1])
    if not any(turns):
        return picture
    density = picture.origin.density
    if density is not None and turns[0]:
        density = density[::-1]
    alpha = None if picture.alpha is None else _turned(picture.alpha, *turns)
    origin = replace(picture.origin, density=density)
    return replace(picture, array=_turned(picture.array, *turns), alpha=alpha, origin=origin)


def _turned(pixels: Pixels, transposed: bool, down: bool, right: bool) -> NDArray[np.float32]:
    if transposed:
        pixels = pixels.swapaxes(0, 1)
    return np.ascontiguousarray(pixels[:: -1 if down else 1, :: -1 if right else 1])
