"""Which frames of a film are painted, and when each is shown. Pure arithmetic."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from impasto.errors import UsageError
from impasto.film.clip import Clip


class Pick(NamedTuple):
    """A frame by its number, and when it is shown, in seconds from the first's."""

    number: int
    seconds: Fraction


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What of a film is painted: from `start` until `end`, in seconds, every so manyth frame.

    `fps` shows so many frames a second, whatever the film has; None keeps its own times.
    """

    fps: float | None = None
    start: float = 0.0
    end: float | None = None
    every: int = 1

    def picks(self, clip: Clip) -> list[Pick]:
        """Return the frames to paint; raise UsageError where there are none."""
        start = Fraction(self.start).limit_denominator(1_000_000)
        end = None if self.end is None else Fraction(self.end).limit_denominator(1_000_000)
        if end is not None and end <= start:
            raise UsageError(f"the end, {self.end:g} s, is not after the start, {self.start:g} s")
        shown = self._shown(clip.times, start, end)
        if not shown:
            last = float(clip.times[-1])
            raise UsageError(
                f"{clip.path} has no frame from {self.start:g} s on: its last is at {last:g} s"
            )
        return [Pick(number, at - shown[0].seconds) for number, at in shown[:: self.every]]

    def tick(self, clip: Clip) -> Fraction:
        """Return what all times of the picks are multiples of."""
        return clip.tick if self.fps is None else 1 / self._rate

    @property
    def _rate(self) -> Fraction:
        return Fraction(self.fps or 0).limit_denominator(1001)

    def _shown(
        self, times: Sequence[Fraction], start: Fraction, end: Fraction | None
    ) -> list[Pick]:
        if self.fps is None:
            return [
                Pick(number, at)
                for number, at in enumerate(times)
                if at >= start and (end is None or at < end)
            ]
        last = times[-1] if end is None else min(times[-1], end)
        count = int((last - start) * self._rate) + 1
        at = [start + number / self._rate for number in range(count)]
        return [Pick(bisect_right(times, one) - 1, one) for one in at if end is None or one < end]
