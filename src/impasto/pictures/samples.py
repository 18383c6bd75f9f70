"""Numbers of any kind as shares of white, 0..1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureError
from impasto.pictures.picture import Pixels

# How far floats may leave 0..1 by rounding alone.
_SLACK = 1e-3


def shares(samples: NDArray[Any], name: str, bits: int | None = None) -> Pixels:
    """Return whole numbers without sign, of so many bits or all of their type's, or floats as 0..1.

    Raises PictureError for numbers whose white is not known.
    """
    if samples.size == 0:
        raise PictureError(f"{name} has no pixels")
    if samples.dtype.kind == "b":
        return samples.astype(np.float32)
    if samples.dtype.kind == "u":
        top = (1 << (bits or 8 * samples.dtype.itemsize)) - 1  # 12 bits lie in 16 as they are
        wide = np.float64(top) if top > 65535 else np.float32(top)
        found: Pixels = (samples / wide).astype(np.float32, copy=False).clip(0, 1)
        return found
    if samples.dtype.kind != "f":
        raise PictureError(
            f"{name} has {samples.dtype} pixels of unknown range; give whole numbers without sign "
            "of 8 or 16 bits, or floats of 0..1"
        )
    return _of_floats(samples, name)


def _of_floats(samples: NDArray[Any], name: str) -> Pixels:
    if not np.isfinite(samples).all():
        raise PictureError(
            f"{name} has non-finite pixels (NaN or infinity); mend and save it again"
        )
    low, high = float(samples.min()), float(samples.max())
    if low < -_SLACK or high > 1 + _SLACK:
        raise PictureError(
            f"{name} has float pixels of {low:g} to {high:g}; scale them to 0..1 (divide by 255, "
            "if that is white)"
        )
    return samples.clip(0, 1).astype(np.float32)
