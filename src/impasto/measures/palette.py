"""The palette distance: how far two pictures' colours are apart, wherever they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.measures.colour import lab
from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels
from impasto.scene.styles import Style

# Pixels turned to Lab at a time, for the sake of memory.
_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Palette:
    """Distances to the styles' colours in Delta E (CIE 1976): the result's, the content's."""

    distance: float
    content: float | None


@dataclass(frozen=True)
class Colours:
    """Mean (3,) and mean outer product (3,3) of Lab colours; shares of several add up."""

    mean: NDArray[np.float64]
    outer: NDArray[np.float64]

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Covariance (3,3)."""
        return self.outer - np.outer(self.mean, self.mean)


def palette_distance(result: Picture, content: Picture | None, styles: Sequence[Style]) -> Palette:
    """Measure result and content against all styles' colours, each style with its share."""
    parts = [(style.weight, colours_of(style.picture.array)) for style in styles]
    goal = Colours(
        sum((share * colours.mean for share, colours in parts), np.zeros(3)),
        sum((share * colours.outer for share, colours in parts), np.zeros((3, 3))),
    )
    photo = None if content is None else distance(colours_of(content.array), goal)
    return Palette(distance(colours_of(result.array), goal), photo)


def colours_of(pixels: Pixels) -> Colours:
    """Measure the colours of (H,W,3), sRGB, 0..1."""
    count = pixels.shape[0] * pixels.shape[1]
    mean, outer = np.zeros(3), np.zeros((3, 3))
    rows = max(1, _AT_ONCE // pixels.shape[1])
    for top in range(0, pixels.shape[0], rows):
        colours = lab(pixels[top : top + rows]).reshape(-1, 3)
        mean += colours.sum(axis=0) / count
        outer += colours.T @ colours / count
    return Colours(mean, outer)


def distance(one: Colours, other: Colours) -> float:
    """Return the 2-Wasserstein distance of the normal distributions with these moments.

    d^2 = |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2), the Bures distance: how far, as a root mean
    square, each pixel's colour has to go. A shift of all colours by d gives d; it is never more
    than the distance of the colours' full distributions (Gelbrich 1990).
    """
    first, second = one.covariance, other.covariance
    # The root's trace: C1 C2 has the eigenvalues of a covariance, though it is not symmetric.
    roots = np.sqrt(np.linalg.eigvals(first @ second).real.clip(0)).sum()
    shift = np.square(one.mean - other.mean).sum()
    return math.sqrt(max(0.0, float(shift + np.trace(first + second) - 2 * roots)))
