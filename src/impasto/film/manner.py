"""What a scene keeps from its first painting to its last: how light, how rich, how fine it is.

Moving a painting blurs it a little, and few evaluations leave a little undone: nothing to be seen
in one frame, and a darker, duller film after a hundred.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from impasto.film.flow import Pixels
from impasto.pictures.resample import fine_detail

# How far one frame is brought back: less than anybody sees.
_MOST_GAIN, _MOST_CONTRAST, _MOST_LIGHT = 1.1, 1.005, 0.001


class Manner(msgspec.Struct, frozen=True):
    """A painting's mean, its deviation, and its fine detail's: roots of mean squares.

    With the mean and deviation of what was filmed there.
    """

    mean: float
    deviation: float
    fineness: float
    filmed_mean: float
    filmed_deviation: float


def manner_of(painted: Pixels, filmed: Pixels) -> Manner:
    """Measure a painting (H,W,3) of what was filmed."""
    return Manner(*_spread(painted), _fineness(painted), *_spread(filmed))


def brought_back(moved: Pixels, painted: Pixels, manner: Manner, filmed: Pixels) -> Pixels:
    """Return what was `moved` of a painting (H,W,3) as near to a manner as a frame may be brought.

    Moving by parts of a pixel takes fine detail, which is given back, as far as there was as much
    in the beginning; what stands still loses none, and gets none. A painting may be as light, and
    have as much contrast, as at first, or as much more or less as what is `filmed` has by now.
    """
    sharp = moved + np.float32(_gain(moved, painted, manner) - 1) * detail_of(moved)
    (mean, deviation), (light, spread) = _spread(sharp), _spread(filmed)
    deviation = max(deviation, 1e-6)
    follows = manner.deviation * spread / max(manner.filmed_deviation, 1e-6)
    wanted = _nearest(deviation, manner.deviation, follows)
    contrast = _within(wanted / deviation, _MOST_CONTRAST)
    lacks = _nearest(mean, manner.mean, manner.mean + light - manner.filmed_mean) - mean
    light = mean + min(max(lacks, -_MOST_LIGHT), _MOST_LIGHT)
    found = np.float32(contrast) * (sharp - np.float32(mean)) + np.float32(light)
    return found.clip(0, 1)


def detail_of(image: Pixels) -> NDArray[np.float32]:
    """Return a picture's fine detail (H,W,3)."""
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].contiguous()
    found: NDArray[np.float32] = fine_detail(planes)[0].permute(1, 2, 0).numpy()
    return found


def _gain(moved: Pixels, painted: Pixels, manner: Manner) -> float:
    left = max(_fineness(moved), 1e-6)
    lost = _within(_fineness(painted) / left, _MOST_GAIN)
    return min(lost, max(1.0, manner.fineness / left))


def _spread(image: Pixels) -> tuple[float, float]:
    exact = image.astype(np.float64)
    return float(exact.mean()), float(exact.std())


def _nearest(value: float, one: float, other: float) -> float:
    """Return what lies nearest to a value from one number to another."""
    return min(max(value, min(one, other)), max(one, other))


def _fineness(image: Pixels) -> float:
    return math.sqrt(float(np.square(detail_of(image), dtype=np.float64).mean()))


def _within(factor: float, most: float) -> float:
    return min(max(factor, 1 / most), most)
