"""What is seen for the first time, begun by how the like of it was painted elsewhere."""

from __future__ import annotations

import cv2
import numpy as np

from impasto.film.flow import Mask, Pixels

# The search is made on pictures of this longer side, by squares that are this share of it.
_LONG_PX, _SHARE = 192, 10
# So many ways to somewhere else are tried: always the same, so that what comes in bit by bit is
# begun by what belongs together.
_WAYS, _SEED = 120, 7
# How much likelier the way of before is kept: a patchwork of many has no strokes.
_KEPT = 0.8


def borrowed(painted: Pixels, filmed: Pixels, known: Mask) -> tuple[Pixels, Mask]:
    """Return, for each pixel, the painting (H,W,3) of where the frame looks most like there.

    Only what is `known` (H,W), 0..1, is lent. The mask (H,W) says how far what is lent looks
    otherwise than what is there.
    """
    height, width = known.shape
    scale = min(1.0, _LONG_PX / max(height, width))
    size = max(8, round(scale * width)), max(8, round(scale * height))
    small, lent = (
        cv2.resize(one, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
        for one in (filmed, known)
    )
    ways, apart = _nearest(small, lent)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    factors = np.array((width / size[0], height / size[1]), np.float32)
    there = cv2.resize(ways, (width, height), interpolation=cv2.INTER_NEAREST) * factors
    image = cv2.remap(
        painted,
        (columns + there[..., 0]).clip(0, width - 1),
        (rows + there[..., 1]).clip(0, height - 1),
        cv2.INTER_LINEAR,
    )
    return image.astype(np.float32), cv2.resize(apart, (width, height)).astype(np.float32)


def _nearest(small: Pixels, lent: Mask) -> tuple[Pixels, Mask]:
    """Return the best way (H,W,2), across and down, of each pixel, and how far it is off."""
    height, width = lent.shape
    side = max(3, max(height, width) // _SHARE | 1)
    rng = np.random.default_rng(_SEED)
    ways = np.zeros((height, width, 2), np.float32)
    best = np.full((height, width), np.inf, np.float32)
    rows, columns = np.mgrid[:height, :width]
    for _ in range(_WAYS):
        down, across = rng.uniform(-0.5, 0.5, 2) * (height, width)
        from_row = rows + round(down)
        from_column = columns + round(across)
        inside = (from_row >= 0) & (from_row < height) & (from_column >= 0)
        inside &= from_column < width
        place = from_row.clip(0, height - 1), from_column.clip(0, width - 1)
        off = np.abs(small - small[place]).mean(2) + (1 - lent[place] * inside)
        cost = cv2.blur(off.astype(np.float32), (side, side))
        better = cost < _KEPT * best
        best = np.where(better, cost, best)
        ways[better] = round(across), round(down)
    return ways, best
