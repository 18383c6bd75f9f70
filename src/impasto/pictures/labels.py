"""Maps of flat colours painted over a picture, read as labels."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.errors import PictureError
from impasto.pictures.picture import Picture

# A colour is a label when it covers this share of a map, pixels within TOLERANCE of it included;
# the rest (soft edges, JPEG's traces) joins the nearest label.
LEAST_SHARE = 0.005
TOLERANCE = 16

Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Labels:
    """A map's label colours, most common first, and each pixel's label (H,W)."""

    colours: tuple[Colour, ...]
    index: NDArray[np.intp]

    def mask(self, number: int) -> Tensor:
        """Return where label `number` is: (1,1,H,W), 0 or 1."""
        return torch.from_numpy((self.index == number).astype(np.float32))[None, None]

    def find(self, colour: Colour) -> int | None:
        """Return the number of the label of a colour, None where the map has none like it."""
        gaps = [_gap(colour, own) for own in self.colours]
        return gaps.index(min(gaps)) if min(gaps) <= TOLERANCE else None


def read_labels(picture: Picture) -> Labels:
    """Read a map's labels; raise PictureError where no colour covers enough of it."""
    pixels = np.rint(picture.array * 255).astype(np.int32).reshape(-1, 3)
    colours, inverse, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    centres: list[NDArray[np.int32]] = []
    left = counts.copy()
    while left.any():
        centre = colours[left.argmax()]
        near = (np.abs(colours - centre).max(1) <= TOLERANCE) & (left > 0)
        if left[near].sum() >= LEAST_SHARE * len(pixels):
            centres.append(centre)
        left[near] = 0
    if not centres:
        raise PictureError(
            "a map of regions has no colour that covers 0.5 % of it; paint it in flat colours"
        )
    gaps = np.stack([np.abs(colours - centre).max(1) for centre in centres])
    index = gaps.argmin(0)[inverse.reshape(-1)].reshape(picture.size)
    return Labels(tuple((int(r), int(g), int(b)) for r, g, b in centres), index)


def read_colour(text: str) -> Colour | None:
    """Read a plain colour, as `#ff8000`; return None for anything else."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        return None
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


def are_alike(one: Colour, other: Colour) -> bool:
    """Return whether two colours are one label's."""
    return _gap(one, other) <= TOLERANCE


def _gap(one: Colour, other: Colour) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def name_of(colour: Colour) -> str:
    """Return a colour as `read_colour` reads it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
