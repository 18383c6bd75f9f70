"""What a person, or a script, sees while a picture is painted."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from impasto.cli.telling import duration, tell, terminal

if TYPE_CHECKING:
    from impasto.engine.step import Step


class Reporter(Protocol):
    """Told of every step and of the end."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: Any) -> None: ...

    def step(self, step: Step) -> None:
        """Take in one evaluation."""
        ...

    @property
    def seconds_left(self) -> float:
        """How long the run will still take, as far as is known."""
        ...

    def done(self, output: Path, size: tuple[int, int], seconds: float) -> None:
        """Take in that the result is written."""
        ...


class Meter:
    """How far a run is, and how long it will still take, judged by pixels evaluated."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._spent = 0  # pixels evaluated
        self.fraction = 0.0
        self.eta_seconds = 0.0
        self.evaluations_per_second = 0.0
        self._last = self._began

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
        self.eta_seconds = (sum(work) - done) * (now - self._began) / self._spent
        self.evaluations_per_second = 1 / max(now - self._last, 1e-9)
        self._last = now


class Quiet:
    """Says nothing."""

    def __init__(self) -> None:
        """Start the clock."""
        self._meter = Meter()

    @property
    def seconds_left(self) -> float:
        """How long the run will still take, as far as is known."""
        return self._meter.eta_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        pass

    def step(self, step: Step) -> None:
        """Say nothing."""
        self._meter.see(step)

    def done(self, output: Path, size: tuple[int, int], seconds: float) -> None:
        """Say nothing."""


class Lines(Quiet):
    """Plain lines on stderr, where there is no terminal."""

    def step(self, step: Step) -> None:
        """Write a line every ten evaluations."""
        self._meter.see(step)
        if _read(step):
            tell(f"{_where(step)}  {_numbers(step, self._meter)}")

    def done(self, output: Path, size: tuple[int, int], seconds: float) -> None:
        """Say where the result is."""
        tell(_farewell(output, size, seconds))


class JsonLines(Quiet):
    """One JSON object a line on stdout; goes on painting when nobody reads."""

    def step(self, step: Step) -> None:
        """Write an object every ten evaluations and at the last of a level."""
        self._meter.see(step)
        if _read(step) or step.iteration == step.iterations:
            level = step.levels[step.level - 1]
            self._write(
                event="step", level=step.level, levels=len(step.levels),
                iteration=step.iteration, iterations=step.iterations,
                height=level.height, width=level.width, losses=_losses(step),
                fraction=round(self._meter.fraction, 4),
                eta_seconds=round(self._meter.eta_seconds, 1),
                evaluations_per_second=round(self._meter.evaluations_per_second, 3),
            )  # fmt: skip

    def done(self, output: Path, size: tuple[int, int], seconds: float) -> None:
        """Write the last object."""
        height, width = size
        self._write(
            event="done", output=str(output), height=height, width=width, seconds=round(seconds, 2)
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
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[numbers]}", markup=False), console=Console(file=terminal()),
            redirect_stdout=False,  # which may be a file
        )  # fmt: skip
        self._task = self._progress.add_task("starting", total=1.0, numbers="")
        self._text = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def step(self, step: Step) -> None:
        """Move the bar; losses are read every ten evaluations."""
        self._meter.see(step)
        if _read(step) or step.iteration == 1:
            self._text = _numbers(step, self._meter)
        self._progress.update(
            self._task, description=_where(step), completed=self._meter.fraction,
            numbers=self._text,
        )  # fmt: skip

    def done(self, output: Path, size: tuple[int, int], seconds: float) -> None:
        """Fill the bar and say where the result is."""
        self._progress.update(self._task, completed=1.0)
        self._stop()  # rich would break a long name into lines
        super().done(output, size, seconds)

    def _stop(self) -> None:
        if self._progress.live.is_started:
            self._progress.stop()


def make_reporter(*, quiet: bool, json_lines: bool) -> Reporter:
    """Choose by flags and terminal."""
    if json_lines:
        return JsonLines()
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Lines()


def _read(step: Step) -> bool:
    """Return whether the engine has just read the losses: more often would make a GPU wait."""
    from impasto.engine.watch import READ_EVERY

    return step.iteration % READ_EVERY == 0


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
    left = duration(meter.eta_seconds)
    return f"{' '.join(parts)}  {meter.evaluations_per_second:.1f}/s  {left} left"


def _losses(step: Step) -> dict[str, float]:
    return {name: loss.item() for name, loss in step.losses.items()}


def _farewell(output: Path, size: tuple[int, int], seconds: float) -> str:
    height, width = size
    return f"painted {output} ({width} x {height} px) in {seconds:.0f} s"
