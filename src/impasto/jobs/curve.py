"""The curve of a run's losses, drawn when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from impasto.drawing.canvas import FORMS, check_installed
from impasto.drawing.curves import save_losses
from impasto.engine.step import Step
from impasto.errors import UsageError
from impasto.files import check_free
from impasto.jobs.meter import Meter
from impasto.jobs.places import Place


@dataclass
class LossCurve:
    """Draws the losses of a run over its evaluations, of which it keeps at most so many."""

    place: Place
    _rows: dict[int, tuple[list[str], Tensor]] = field(default_factory=dict)
    _levels: dict[int, str] = field(default_factory=dict)
    _stride: int = 1
    _last: int = 0

    ROWS = 2000

    what = "plot"

    def see(self, step: Step, meter: Meter) -> None:
        """Keep every so manyth evaluation's losses, fewer the longer the run, and the last."""
        if not self._is_due(self._last):
            self._rows.pop(self._last, None)
        if len(self._rows) == self.ROWS:
            self._stride *= 2
            self._rows = {number: row for number, row in self._rows.items() if self._is_due(number)}
        self._last = sum(step.evaluations)
        # Left on the device: reading them would wait for it.
        self._rows[self._last] = list(step.losses), torch.stack(list(step.losses.values()))
        level = step.levels[step.level - 1]
        first = sum(step.evaluations[:-1]) + 1
        self._levels[first] = f"{level.width} x {level.height} px"

    def end(self) -> None:
        """Draw the curve, of whatever there is."""
        if self._rows:
            losses = {
                number: dict(zip(names, row.tolist(), strict=True))
                for number, (names, row) in self._rows.items()
            }
            self.place.write_beside(partial(save_losses, losses, self._levels))

    def _is_due(self, number: int) -> bool:
        return (number - 1) % self._stride == 0


def check_curve(path: Path, *, overwrite: bool) -> None:
    """Make sure, before the run, that a curve can be drawn; raise UsageError where it cannot."""
    if path.suffix.lower() not in FORMS:
        raise UsageError(f"cannot write the plot {path.name}; choose from {', '.join(FORMS)}")
    check_free(path, overwrite=overwrite)
    check_installed()
