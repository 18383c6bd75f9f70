"""A finished film judged: how steady it is against what was filmed, and whether it wanders.

The warping error is the root mean square difference, of 0..1, between a frame and the one before
moved to it along the input's flow, where that is sure (Ruder et al. 2016, Lai et al. 2018). Frames
that begin another scene are left out.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import repeat
from typing import Any

import numpy as np

from impasto.errors import UsageError
from impasto.film.clip import Clip
from impasto.film.flow import Flow, Mask, Pixels, flow_between, warped
from impasto.film.trust import is_cut, trust
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize

# So many frames at either end are compared for the drift.
_ENDS = 8


@dataclass(frozen=True)
class Series:
    """One film's figures, frame by frame: warping error (None at a cut), mean and deviation.

    `loop_gap` is the warping error from the last frame to the first, None where they show other
    things.
    """

    warping: tuple[float | None, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    loop_gap: float | None = None

    @property
    def error(self) -> float | None:
        """The warping error of all frames."""
        known = [one for one in self.warping if one is not None]
        return math.sqrt(sum(one**2 for one in known) / len(known)) if known else None

    @property
    def mean_drift(self) -> float:
        """How much lighter the last frames are than the first, as a share."""
        return _drift(self.mean)

    @property
    def contrast_drift(self) -> float:
        """How much more contrast the last frames have than the first, as a share."""
        return _drift(self.deviation)

    def as_dict(self) -> dict[str, Any]:
        """Return all as plain values."""
        drifts = {"mean_drift": self.mean_drift, "contrast_drift": self.contrast_drift}
        return {"error": self.error, **drifts, **asdict(self)}


@dataclass(frozen=True)
class Steadiness:
    """The figures of what was filmed, of the result and of frames painted one by one, if given."""

    seconds: tuple[float, ...]
    content: Series
    result: Series
    against: Series | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all as plain values."""
        kinds = {"content": self.content, "result": self.result, "against": self.against}
        return {
            "seconds": list(self.seconds),
            **{kind: one and one.as_dict() for kind, one in kinds.items()},
        }


def measure_film(
    result: Clip, content: Clip, against: Clip | None = None, start: float = 0.0
) -> Steadiness:
    """Judge a result, that begins `start` seconds into what was filmed, frame by frame.

    `against` are as many frames painted one by one. Raises UsageError where they are fewer.
    """
    if against is not None and len(against.times) < len(result.times):
        raise UsageError(
            f"{against.path} has {len(against.times)} frames, {result.path} has "
            f"{len(result.times)}; give as many"
        )
    kinds = 2 if against is None else 3
    series = [_Series() for _ in range(kinds)]
    first: list[Pixels] = []
    last: list[Pixels] | None = None
    for frames in _frames(result, content, against, start):
        first = first or frames
        motion = None if last is None else _motion(frames[0], last[0])
        for number, one in enumerate(series):
            one.add(frames[number], None if last is None else last[number], motion)
        last = frames
    gaps = [None] * kinds if last is None else _gaps(first, last)
    filmed, painted, *alone = (one.whole(gap) for one, gap in zip(series, gaps, strict=True))
    seconds = tuple(float(at) for at in result.times[: len(painted.mean)])
    return Steadiness(seconds, filmed, painted, *alone)


class _Series:
    """A series under way."""

    def __init__(self) -> None:
        self._warping: list[float | None] = []
        self._mean: list[float] = []
        self._deviation: list[float] = []

    def add(self, now: Pixels, before: Pixels | None, motion: tuple[Flow, Mask] | None) -> None:
        self._mean.append(float(now.mean(dtype=np.float64)))
        self._deviation.append(float(now.std(dtype=np.float64)))
        if before is not None:
            self._warping.append(None if motion is None else warping_error(now, before, *motion))

    def whole(self, loop_gap: float | None) -> Series:
        return Series(tuple(self._warping), tuple(self._mean), tuple(self._deviation), loop_gap)


def warping_error(now: Pixels, before: Pixels, back: Flow, sure: Mask) -> float:
    """Return the error of two frames, by the flow from now to before, where it is sure."""
    squares = np.square(now - warped(before, back)).mean(2)
    return math.sqrt(float((squares * sure).sum()) / max(float(sure.sum()), 1e-6))


def _gaps(first: list[Pixels], last: list[Pixels]) -> list[float | None]:
    """Return the error from the last frame to the first, of each film."""
    motion = _motion(first[0], last[0])
    if motion is None:
        return [None] * len(first)
    return [warping_error(now, before, *motion) for now, before in zip(first, last, strict=True)]


def _motion(now: Pixels, before: Pixels) -> tuple[Flow, Mask] | None:
    """Return the motion of what was filmed, and where it is sure; None at a cut."""
    back = flow_between(now, before)
    sure = trust(back, flow_between(before, now), now, before)
    return None if is_cut(sure) else (back, sure)


def _frames(
    result: Clip, content: Clip, against: Clip | None, start: float
) -> Iterator[list[Pixels]]:
    """Yield what was filmed, painted, and painted alone, at the result's size, time by time."""
    filmed = _at_times(content, result.times, Fraction(start).limit_denominator(1_000_000))
    alone: Iterator[Picture | None] = repeat(None) if against is None else against.read(0)
    for painted, was, one in zip(result.read(0), filmed, alone, strict=False):
        shown = [was, painted] if one is None else [was, painted, one]
        yield [_at_size(picture, painted.size) for picture in shown]


def _at_times(clip: Clip, times: Sequence[Fraction], start: Fraction) -> Iterator[Picture]:
    """Yield what a film shows at these times, in order."""
    # A tick of one container is not one of another: half a millisecond is neither's.
    wanted = [max(0, bisect_right(clip.times, at + start + Fraction(1, 2000)) - 1) for at in times]
    pictures = enumerate(clip.read(0))
    at, picture = next(pictures)
    for number in wanted:
        while at < number:
            at, picture = next(pictures)
        yield picture


def _at_size(picture: Picture, size: tuple[int, int]) -> Pixels:
    image = resize(picture.tensor()[None], *size)
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())


def _drift(values: Sequence[float]) -> float:
    count = min(_ENDS, max(1, len(values) // 2))
    first, last = (sum(part) / count for part in (values[:count], values[-count:]))
    return last / first - 1
