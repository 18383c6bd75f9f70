"""What the eye makes of pixels: luma and CIE Lab; and one figure of several styles' pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from impasto.profiles.icc import Pixels
from impasto.scene.styles import Style

# Rec. 709.
_LUMA = (0.2126, 0.7152, 0.0722)

# Linear sRGB to XYZ (IEC 61966-2-1, D65); the rows' sums are the white point.
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [*_LUMA], [0.0193, 0.1192, 0.9505]])


def luma(pixels: Pixels) -> NDArray[np.float32]:
    """Return Rec. 709 luma (H,W), 0..1, of (H,W,3), sRGB, 0..1: of the values as stored.

    Not of linear light: equal steps of it look about equal.
    """
    return np.asarray(pixels @ np.array(_LUMA, dtype=np.float32), dtype=np.float32)


def lab(pixels: Pixels) -> NDArray[np.float64]:
    """Return CIE L*a*b* (...,3), D65, L* 0..100, of (...,3), sRGB, 0..1."""
    values = np.asarray(pixels, dtype=np.float64)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    x, y, z = np.moveaxis(_lightness(linear @ _XYZ.T / _XYZ.sum(axis=1)), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def blended(figure: Callable[[Pixels], float], styles: Sequence[Style]) -> float | None:
    """Return the mean of a figure over styles, by their shares; None without styles."""
    if not styles:
        return None
    return sum(style.weight * figure(style.picture.array) for style in styles)


def _lightness(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE's f: the cube root, straight near black."""
    return np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
