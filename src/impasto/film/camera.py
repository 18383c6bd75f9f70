"""The camera's own motion between two frames: the affine one that most of what is seen follows.

Where there is nothing but noise, as in a sky, the search finds motions of its own, which would
shake the painting there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Of places that are looked at, about.
_PLACES = 4000
_ROUNDS = 12
# How near the motion a place counts as moving with it, in pixels, and what share of them must.
_NEAR_PX, _SHARE = 0.5, 0.4
# The square of a slope, in levels of 255 a pixel, that counts half.
_TEXTURED = 64.0
# A camera that moves by less anywhere stands.
_STANDS_PX = 0.1


def camera_motion(
    flow: NDArray[np.float32], light: NDArray[np.uint8]
) -> NDArray[np.float32] | None:
    """Return the camera's part of a flow (H,W,2) by the frame's lightness (H,W); None if unclear.

    It is zero all over where the camera stands.
    """
    height, width = light.shape
    step = max(1, round((height * width / _PLACES) ** 0.5))
    down, across = np.mgrid[step // 2 : height : step, step // 2 : width : step]
    slopes = [np.gradient(light.astype(np.float64), axis=axis)[down, across] for axis in (0, 1)]
    texture = np.square(slopes).sum(0).ravel()
    places = np.stack([np.ones(down.size), across.ravel(), down.ravel()], 1)
    moves = flow[down, across].reshape(-1, 2).astype(np.float64)
    # Edges tell more than noise, and one strong edge not all.
    fit, near = _fitted(places, moves, texture / (texture + _TEXTURED))
    if near < _SHARE:
        return None
    rows, columns = np.arange(height)[:, None, None], np.arange(width)[None, :, None]
    motion = fit[0] + columns * fit[1] + rows * fit[2]
    stands = np.abs(motion).max() < _STANDS_PX
    found: NDArray[np.float32] = np.where(stands, 0, motion).astype(np.float32)
    return found


def _fitted(
    places: NDArray[np.float64], moves: NDArray[np.float64], told: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the affine motion (3,2) that most places (N,3) follow, and how large a share does.

    Each counts as much as it is `told` (N,), 0..1.
    """
    weights = told
    for _ in range(_ROUNDS):
        weighted = places * weights[:, None]
        # By einsum alone, whose sums do not depend on the number of processors.
        left = np.einsum("ni,nj->ij", weighted, places) + 1e-9 * np.eye(3)
        fit = np.linalg.solve(left, np.einsum("ni,nj->ij", weighted, moves))
        away = np.hypot(*(moves - np.einsum("ni,ij->nj", places, fit)).T)
        scale = max(1.48 * float(np.median(away)), 0.05)
        weights = told / (1 + np.square(away / scale))
    return fit, float(((away < _NEAR_PX) * told).sum() / max(told.sum(), 1e-9))
