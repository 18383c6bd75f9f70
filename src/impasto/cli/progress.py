"""What a person, or a script, sees while a picture is painted."""

from __future__ import annotations

import json
import sys
from typing import Any, Self

from impasto.cli.telling import duration, tell, terminal
from impasto.engine.step import Step
from impasto.jobs.job import Done
from impasto.jobs.meter import Meter


class Quiet:
    """Says nothing: an Observer, told of the result as well."""

    what = "progress"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def see(self, step: Step, meter: Meter) -> None:
        """Take in one evaluation."""

    def end(self) -> None:
        """Take in that there are no more steps."""

    def done(self, done: Done) -> None:
        """Take in that the result is written."""


class Lines(Quiet):
    """Plain lines on stderr, where there is no terminal."""

    def see(self, step: Step, meter: Meter) -> None:
        """Write a line every ten evaluations."""
        if meter.losses_are_read:
            tell(f"{_where(step)}  {_numbers(step, meter)}")

    def done(self, done: Done) -> None:
        """Say where the result is."""
        height, width = done.size
        tell(f"painted {done.path} ({width} x {height} px) in {done.seconds:.0f} s")


class JsonLines(Quiet):
    """One JSON object a line on stdout; goes on painting when nobody reads."""

    def see(self, step: Step, meter: Meter) -> None:
        """Write an object every ten evaluations and at the last of a level."""
        if meter.losses_are_read or step.iteration == step.iterations:
            level = step.levels[step.level - 1]
            self._write(
                event="step",
                level=step.level,
                levels=len(step.levels),
                iteration=step.iteration,
                iterations=step.iterations,
                height=level.height,
                width=level.width,
                losses=_losses(step),
                fraction=round(meter.fraction, 4),
                eta_seconds=round(meter.seconds_left, 1),
                evaluations_per_second=round(meter.evaluations_per_second, 3),
            )

    def done(self, done: Done) -> None:
        """Write the last object."""
        height, width = done.size
        self._write(
            event="done",
            output=str(done.path),
            height=height,
            width=width,
            seconds=round(done.seconds, 2),
        )

    def _write(self, **fields: Any) -> None:
        print(json.dumps(fields), flush=True)


class Bar(Lines):
    """A bar over all levels on a terminal's stderr."""

    def __init__(self) -> None:
        """Make the bar; rich is imported only here."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        super().__init__()
        where, numbers = (
            TextColumn(f"{{task.{part}}}", markup=False)
            for part in ("description", "fields[numbers]")
        )
        columns = where, BarColumn(), TaskProgressColumn(), numbers
        # stdout is not redirected: it may be a file.
        console = Console(file=terminal())
        self._progress = Progress(*columns, console=console, redirect_stdout=False)
        self._task = self._progress.add_task("starting", total=1.0, numbers="")
        self._text = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def see(self, step: Step, meter: Meter) -> None:
        """Move the bar; losses are read every ten evaluations."""
        if meter.losses_are_read or step.iteration == 1:
            self._text = _numbers(step, meter)
        self._move(meter.fraction, _where(step))

    def _move(self, fraction: float, where: str) -> None:
        self._progress.update(self._task, completed=fraction, description=where, numbers=self._text)

    def done(self, done: Done) -> None:
        """Fill the bar and say where the result is."""
        self._progress.update(self._task, completed=1.0)
        self._stop()  # rich would break a long name into lines
        super().done(done)

    def _stop(self) -> None:
        if self._progress.live.is_started:
            self._progress.stop()


def make_reporter(*, quiet: bool, json_lines: bool) -> Quiet:
    """Choose by flags and terminal."""
    if json_lines:
        return JsonLines()
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Lines()


def _where(step: Step) -> str:
    level = step.levels[step.level - 1]
    return (
        f"level {step.level}/{len(step.levels)} {level.width} x {level.height} px "
        f"{step.iteration}/{step.iterations}"
    )


def _numbers(step: Step, meter: Meter) -> str:
    losses = _losses(step)
    parts = [
        f"{kind} {sum(v for name, v in losses.items() if name.startswith(kind)):.3g}"
        for kind in ("content", "style")
    ]
    left = duration(meter.seconds_left)
    return f"{' '.join(parts)}  {meter.evaluations_per_second:.1f}/s  {left} left"


def _losses(step: Step) -> dict[str, float]:
    return {name: loss.item() for name, loss in step.losses.items()}
