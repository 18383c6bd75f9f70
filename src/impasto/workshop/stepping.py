"""Steps of a run that may be gone back to: few enough, and never for much of the time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from impasto.engine.checkpoint import write_checkpoint
from impasto.engine.step import Step
from impasto.errors import ImpastoError
from impasto.workshop.messages import Kept, KeptStep, Paint
from impasto.workshop.places import step_picture, step_state
from impasto.workshop.previews import preview_of, write_jpeg

_MOST = 24
_MOST_BYTES = 512_000_000
_EVERY = 5  # evaluations, the more the longer the run
_SHARE = 0.01
_LONG_SIDE = 320


class KeptSteps:
    """Keeps the picture of every so manyth step on disk, with where the run was."""

    def __init__(self, folder: Path, tell: Callable[[Any], None], asked: Paint) -> None:
        self._folder, self._tell, self._job = folder, tell, asked.job
        (folder / "steps").mkdir(exist_ok=True)
        self._steps = [step for step in asked.steps if self.has(step.n)]
        self._stride = _EVERY
        self._due = 0.0
        self._gave_up = False

    def has(self, n: int) -> bool:
        """Return whether a step can be gone back to."""
        return step_state(self._folder, n).exists()

    def forget_after(self, evaluations: int) -> None:
        """Drop steps that will be made again, or never."""
        self._drop([step for step in self._steps if step.n > evaluations])

    def see(self, step: Step, notes: dict[str, Any]) -> None:
        """Keep a step when it is time; where that cannot be done, never again."""
        began, n = time.monotonic(), sum(step.evaluations)
        if self._gave_up or n % self._stride or began < self._due or step.final:
            return
        try:
            write_checkpoint(step_state(self._folder, n), step.checkpoint(notes, light=True))
            write_jpeg(preview_of(step, _LONG_SIDE), step_picture(self._folder, n))
        except (ImpastoError, OSError):
            self._gave_up = True
            return
        height, width = step.image.shape[-2:]
        self._steps.append(KeptStep(n, step.level, step.iteration, width, height))
        self._thin()
        after = time.monotonic()
        self._due = after + (after - began) / _SHARE
        self._tell(Kept(self._job, self._steps))

    def _thin(self) -> None:
        while len(self._steps) > _MOST or (self._bytes() > _MOST_BYTES and len(self._steps) > 2):
            self._stride *= 2
            self._drop(self._steps[-2::-2])

    def _bytes(self) -> int:
        there = (step_state(self._folder, step.n) for step in self._steps)
        return sum(path.stat().st_size for path in there if path.exists())

    def _drop(self, steps: list[KeptStep]) -> None:
        for step in steps:
            for path in (step_state(self._folder, step.n), step_picture(self._folder, step.n)):
                with contextlib.suppress(OSError):
                    path.unlink()
        self._steps = [step for step in self._steps if step not in steps]
