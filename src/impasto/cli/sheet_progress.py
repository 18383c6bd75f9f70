"""What a person, or a script, sees while the cells of a sheet are painted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from impasto.cli.progress import Bar, JsonLines, Quiet
from impasto.cli.telling import duration, tell
from impasto.engine.step import Step
from impasto.jobs.meter import Meter
from impasto.sheets.sheet import Cell, Sheet


@dataclass(frozen=True)
class _Now:
    """The cell that is painted, the `number`th of `count`."""

    sheet: Sheet
    cell: Cell
    number: int
    count: int

    @property
    def label(self) -> str:
        """How far the sheet is, and which cell it is at."""
        named = ", ".join(f"{name} {value}" for name, value in self.cell.values.items())
        return f"{self.number}/{self.count} {named or self.cell.name}"


class Silent(Quiet):
    """Follows sheets and says nothing: a Watcher, and the Observer of each cell."""

    now: _Now

    def cell(self, sheet: Sheet, cell: Cell, number: int, count: int) -> Quiet:
        """Follow the next cell."""
        self.now = _Now(sheet, cell, number, count)
        return self

    def kept(self, sheet: Sheet, count: int) -> None:
        """Take in that so many cells are there from before."""

    def drawn(self, path: Path) -> None:
        """Take in that the sheet is written."""


class CellLines(Silent):
    """A line for each cell on stderr, where there is no terminal."""

    def see(self, step: Step, meter: Meter) -> None:
        """Say that a cell is painted."""
        if step.final:
            tell(f"{self.now.label}  {duration(meter.seconds)}")

    def kept(self, sheet: Sheet, count: int) -> None:
        """Say that so many cells are there from before."""
        if count:
            tell(f"{count} of {len(sheet.painted)} pictures are there from before")

    def drawn(self, path: Path) -> None:
        """Say where the sheet is."""
        tell(f"drew {path}")


class CellJsonLines(JsonLines, Silent):
    """One JSON object a line on stdout for each cell and each sheet."""

    def see(self, step: Step, meter: Meter) -> None:
        """Write an object when a cell is painted."""
        if step.final:
            now = self.now
            row, column = now.sheet.place(now.cell)
            self._write(
                event="cell",
                sheet=now.sheet.title,
                row=row,
                column=column,
                number=now.number,
                count=now.count,
                losses={name: loss.item() for name, loss in step.losses.items()},
                seconds=round(meter.seconds, 2),
            )

    def drawn(self, path: Path) -> None:
        """Write where the sheet is."""
        self._write(event="drawn", output=str(path))


class CellBar(Bar, CellLines):
    """A bar over all cells of a sheet on a terminal's stderr."""

    def see(self, step: Step, meter: Meter) -> None:
        """Move the bar."""
        now = self.now
        self._text = f"cell {duration(meter.seconds_left)} left"
        self._move((now.number - 1 + meter.fraction) / now.count, now.label)


def make_watcher(*, quiet: bool, json_lines: bool) -> Silent:
    """Choose by flags and terminal."""
    if json_lines:
        return CellJsonLines()
    if quiet:
        return Silent()
    return CellBar() if sys.stderr.isatty() else CellLines()
