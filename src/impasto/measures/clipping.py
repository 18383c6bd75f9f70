"""The share of clipped pixels: those driven to the end of the range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impasto.measures.colour import blended
from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels
from impasto.scene.styles import Style

# What is nearer to an end than this is saved as 0 or 255.
_HALF_LEVEL = 0.5 / 255


@dataclass(frozen=True)
class Clipped:
    """Shares of pixels, 0..1, with a channel at 0 or 255: the result's, and the sources' own."""

    result: float
    content: float | None
    style: float | None


def clipped(result: Picture, content: Picture | None, styles: Sequence[Style]) -> Clipped:
    """Measure a result, and content and styles as given: resizing would clip, too."""
    return Clipped(
        clipped_share(result.array),
        None if content is None else clipped_share(content.array),
        blended(clipped_share, styles),
    )


def clipped_share(pixels: Pixels) -> float:
    """Return the share of the pixels of (H,W,3), 0..1, with a channel at 0 or 255 in 8 bits."""
    low = pixels.min(axis=-1) < _HALF_LEVEL
    high = pixels.max(axis=-1) > 1 - _HALF_LEVEL
    return float(np.mean(low | high))
