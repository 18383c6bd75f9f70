"""Numbers of any kind as shares of white, 0..1."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureError
from impasto.profiles.icc import Pixels

_log = logging.getLogger(__name__)

# How far floats may leave 0..1 by rounding alone.
_SLACK = 1e-3
# White of 16 bits: what ends below it and has room for more was made for fewer bits.
_WHITE_OF_16 = 65535
# Of 255, in narrow range, as video has it (ITU-T H.273, 8.3).
_BLACK, _WHITE = 16, 235


def shares(samples: NDArray[Any], name: str, bits: int | None = None) -> Pixels:
    """Return whole numbers without sign, of so many bits or all of their type's, or floats as 0..1.

    Raises PictureError for numbers whose white is not known.
    """
    if samples.size == 0:
        raise PictureError(f"{name} has no pixels")
    if samples.dtype.kind == "b":
        return samples.astype(np.float32)
    if samples.dtype.kind == "u" and samples.dtype.itemsize <= 4:
        top = (1 << (bits or 8 * samples.dtype.itemsize)) - 1  # 12 bits lie in 16 as they are
        return _of_whole(samples, name, top)
    if samples.dtype.kind != "f":
        raise _unknown(samples, name, "")
    return _of_floats(samples, name)


def shares_of_narrow(samples: NDArray[Any], name: str) -> Pixels:
    """Return whole numbers (H,W) or (H,W,C) of narrow range as shares of white, 0..1.

    Alpha, the last of two or four channels, always has the full range.
    """
    _log.info("%s has colours of narrow range; they are brought to the full one", name)
    unit = 1 << (8 * samples.dtype.itemsize - 8)
    wide = (samples / np.float32(unit) - _BLACK) / np.float32(_WHITE - _BLACK)
    if samples.ndim == 3 and samples.shape[2] in (2, 4):
        wide[..., -1] = samples[..., -1] / np.iinfo(samples.dtype).max
    return wide.clip(0, 1).astype(np.float32, copy=False)


def _of_whole(samples: NDArray[Any], name: str, top: int) -> Pixels:
    largest = int(samples.max())
    if top > _WHITE_OF_16 and 0 < largest <= _WHITE_OF_16:
        raise _unknown(samples, name, f", none above {largest}")
    if top == _WHITE_OF_16 and 0 < largest <= 255:
        _log.info(
            "%s has numbers up to %d of 65535 only; if that is meant to be white, save it as 8 bit",
            name,
            largest,
        )
    wide = np.float64(top) if top > _WHITE_OF_16 else np.float32(top)
    found: Pixels = (samples / wide).astype(np.float32, copy=False).clip(0, 1)
    return found


def _unknown(samples: NDArray[Any], name: str, addition: str) -> PictureError:
    return PictureError(
        f"{name} has {samples.dtype} pixels of unknown range{addition}; give whole numbers without "
        "sign of 8 or 16 bits, or floats of 0..1"
    )


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
