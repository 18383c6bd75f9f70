"""How far a run is, and how long it will still take."""

from __future__ import annotations

import time

from impasto.engine.step import Step
from impasto.engine.watch import READ_EVERY


class Meter:
    """Judges a run's time by the pixels that were evaluated: show it every step.

    `fraction`, 0..1, is done; `seconds_left` counts levels in full, which may end earlier;
    `evaluations_per_second` is the last one's pace.

        meter = impasto.Meter()
        for step in impasto.iterate("photo.jpg", "painting.jpg"):
            meter.see(step)
            print(f"{meter.fraction:.0%}, {meter.seconds_left:.0f} s left")
    """

    def __init__(self) -> None:
        """Start the clock."""
        self._began = self._last = time.monotonic()
        self._spent = 0  # pixels evaluated
        self.fraction = 0.0
        self.seconds_left = 0.0
        self.evaluations_per_second = 0.0
        self.losses_are_read = False

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return time.monotonic() - self._began

    def leave_out(self, seconds: float) -> None:
        """Leave out a time in which nothing was painted, because the run was held."""
        self._began += seconds
        self._last += seconds

    def see(self, step: Step) -> None:
        """Take in one evaluation."""
        costs = [level.height * level.width for level in step.levels]
        work = [cost * level.iterations for cost, level in zip(costs, step.levels, strict=True)]
        current = step.level - 1
        # Levels left early count as done, but not as time spent.
        done = sum(work[:current]) + costs[current] * step.iteration
        self._spent += costs[current]
        now = time.monotonic()
        self.fraction = done / sum(work)
        self.seconds_left = (sum(work) - done) * (now - self._began) / self._spent
        self.evaluations_per_second = 1 / max(now - self._last, 1e-9)
        # The engine has just read them: more often would make a GPU wait.
        self.losses_are_read = step.iteration % READ_EVERY == 0
        self._last = now
