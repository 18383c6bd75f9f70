"""What a person, or a script, sees while the frames of a film are painted."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from impasto.cli.progress import Bar, JsonLines, Quiet
from impasto.cli.telling import duration, tell
from impasto.engine.step import Step

# A line at most so often, where there is no terminal.
_LINE_SECONDS = 5.0


class Silent(Quiet):
    """Follows a film and says nothing."""

    def began(self, count: int, there: int) -> None:
        """Take in how many frames there will be, and how many are there from before."""
        self._count, self._done, self._there = count, there, there
        self._began, self._first = time.monotonic(), 0.0

    def evaluated(self, step: Step) -> None:
        """Take in an evaluation."""

    def frame(self, number: int, evaluations: int, seconds: float) -> None:
        """Take in that a frame, counted from 1, is painted."""
        self._done = number
        if number == self._there + 1:
            self._first = seconds

    def written(self, path: Path, frames: int, seconds: float) -> None:
        """Take in that the film is written."""

    @property
    def _pace(self) -> float:
        """Seconds a frame, without the first, which takes longer."""
        painted = self._done - self._there
        spent = time.monotonic() - self._began
        return (spent - self._first) / (painted - 1) if painted > 1 else spent / max(painted, 1)

    @property
    def _left(self) -> float:
        return (self._count - self._done) * self._pace

    @property
    def _where(self) -> str:
        a_minute = 60 / max(self._pace, 1e-6)
        return f"frame {self._done}/{self._count}  {a_minute:.1f} a minute"


class FilmLines(Silent):
    """A line for a frame on stderr every few seconds, where there is no terminal."""

    _said = 0.0

    def began(self, count: int, there: int) -> None:
        """Say what is there from before."""
        super().began(count, there)
        if there:
            tell(f"{there} of {count} frames are there from before")

    def frame(self, number: int, evaluations: int, seconds: float) -> None:
        """Say how far the film is."""
        super().frame(number, evaluations, seconds)
        now = time.monotonic()
        if now - self._said > _LINE_SECONDS or number == self._count:
            self._said = now
            tell(f"{self._where}  {duration(self._left)} left")

    def written(self, path: Path, frames: int, seconds: float) -> None:
        """Say where the film is."""
        tell(f"painted {path} ({frames} frames) in {duration(seconds)}")


class FilmJsonLines(JsonLines, Silent):
    """One JSON object a line on stdout for each frame."""

    def frame(self, number: int, evaluations: int, seconds: float) -> None:
        """Write an object."""
        super().frame(number, evaluations, seconds)
        self._write(
            event="frame",
            number=number,
            count=self._count,
            evaluations=evaluations,
            seconds=round(seconds, 2),
            eta_seconds=round(self._left, 1),
        )

    def written(self, path: Path, frames: int, seconds: float) -> None:
        """Write the last object."""
        self._write(event="done", output=str(path), frames=frames, seconds=round(seconds, 2))


class FilmBar(Bar, FilmLines):
    """A bar over all frames on a terminal's stderr."""

    def evaluated(self, step: Step) -> None:
        """Move the bar within the first frame, which takes longest."""
        if self._done == self._there:
            self._text = f"{step.level}/{len(step.levels)} {step.iteration}/{step.iterations}"
            self._move(self._done / self._count, f"frame {self._done + 1}/{self._count}")

    def frame(self, number: int, evaluations: int, seconds: float) -> None:
        """Move the bar."""
        Silent.frame(self, number, evaluations, seconds)
        self._text = f"{duration(self._left)} left"
        self._move(self._done / self._count, self._where)

    def written(self, path: Path, frames: int, seconds: float) -> None:
        """Fill the bar and say where the film is."""
        self._progress.update(self._task, completed=1.0)
        self._stop()
        super().written(path, frames, seconds)


def make_watcher(*, quiet: bool, json_lines: bool) -> Silent:
    """Choose by flags and terminal."""
    if json_lines:
        return FilmJsonLines()
    if quiet:
        return Silent()
    return FilmBar() if sys.stderr.isatty() else FilmLines()
