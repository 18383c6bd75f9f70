"""Narrow range, as video has it: of 255, black is 16 and white 235 (ITU-T H.273, 8.3)."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.profiles.icc import Pixels

_log = logging.getLogger(__name__)

_BLACK, _WHITE = 16, 235


def samples_of(image: Image.Image) -> NDArray[Any]:
    """Return the numbers of a Pillow image of whatever mode, (H,W) or (H,W,C)."""
    if image.mode.startswith("I;16"):  # which Pillow would clip
        return np.asarray(image)
    return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def widened(samples: NDArray[Any], name: str) -> Pixels:
    """Return whole numbers (H,W) or (H,W,C) of narrow range as shares of white, 0..1.

    Alpha, the last of two or four channels, always has the full range.
    """
    _log.info("%s has colours of narrow range; they are brought to the full one", name)
    unit = 1 << (8 * samples.dtype.itemsize - 8)
    wide = (samples / np.float32(unit) - _BLACK) / np.float32(_WHITE - _BLACK)
    if samples.ndim == 3 and samples.shape[2] in (2, 4):
        wide[..., -1] = samples[..., -1] / np.iinfo(samples.dtype).max
    return wide.clip(0, 1).astype(np.float32, copy=False)
