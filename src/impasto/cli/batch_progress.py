"""What a person, or a script, sees while a batch is painted."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from impasto.batch.checking import Failure
from impasto.batch.item import Item
from impasto.batch.work import Work
from impasto.cli.progress import Bar, JsonLines, Quiet
from impasto.cli.telling import duration, tell
from impasto.engine.step import Step
from impasto.jobs.job import Done
from impasto.jobs.meter import Meter
from impasto.jobs.observers import Observer


class Silent(Quiet):
    """Follows a batch, a Watcher of it, and tells only what failed."""

    work: Work

    def looked(self, work: Work) -> None:
        """Start the clock."""
        self.work, self._began = work, time.monotonic()
        self.settled = 0
        self.under_way: dict[str, float] = {}

    def picture(self, item: Item) -> Observer:
        """Follow the next picture; others may be painted at the same time."""
        self.settled = self.work.settled
        return _Picture(self, item)

    def moved(self, item: Item, meter: Meter) -> None:
        """Take in another evaluation of a picture."""

    def painted(self, item: Item, done: Done) -> None:
        """Take in that a picture is there."""
        self.settled = self.work.settled

    def failed(self, failure: Failure) -> None:
        """Say what failed, and why."""
        tell(f"failed: {failure.item.name}: {failure.reason}")

    def ended(self, work: Work) -> None:
        """Take in that no picture is waiting any more."""

    @property
    def done_so_far(self) -> float:
        """How many pictures are done, with the parts of those under way."""
        return self.settled + sum(self.under_way.values())

    def left(self) -> float:
        """Return the seconds left, as fast as until now."""
        done = self.done_so_far
        return (time.monotonic() - self._began) * (len(self.work.waiting) - done) / max(done, 1e-9)


@dataclass
class _Picture:
    """Follows a picture for a batch's watcher."""

    batch: Silent
    item: Item

    what = "progress"

    def see(self, step: Step, meter: Meter) -> None:
        self.batch.under_way[self.item.name] = meter.fraction
        self.batch.moved(self.item, meter)

    def end(self) -> None:
        self.batch.under_way.pop(self.item.name, None)


class BatchLines(Silent):
    """A line for each picture on stderr, where there is no terminal."""

    def looked(self, work: Work) -> None:
        """Say how much there is to do."""
        super().looked(work)
        there = f", {work.kept} are there from before" if work.kept else ""
        tell(f"{len(work.waiting)} of {work.count} pictures to paint{there}")

    def painted(self, item: Item, done: Done) -> None:
        """Say that a picture is there, and how long all others take."""
        super().painted(item, done)
        where = f"{self.settled}/{len(self.work.waiting)} {item.name}"
        tell(f"{where}  {duration(done.seconds)}  {duration(self.left())} left")

    def ended(self, work: Work) -> None:
        """Say what was done."""
        seconds = duration(time.monotonic() - self._began)
        others = f", {work.elsewhere} by other processes" if work.elsewhere else ""
        tell(f"painted {work.painted} pictures in {seconds}{others}")


class BatchJsonLines(JsonLines, Silent):
    """One JSON object a line on stdout for each picture."""

    def looked(self, work: Work) -> None:
        """Write how much there is to do."""
        Silent.looked(self, work)
        self._write(event="batch", count=work.count, kept=work.kept, waiting=len(work.waiting))

    def moved(self, item: Item, meter: Meter) -> None:
        """Write how far a picture is, every ten evaluations."""
        if meter.losses_are_read:
            self._write(
                event="step",
                output=item.name,
                fraction=round(meter.fraction, 4),
                eta_seconds=round(self.left(), 1),
            )

    def painted(self, item: Item, done: Done) -> None:
        """Write that a picture is there."""
        Silent.painted(self, item, done)
        height, width = done.size
        self._write(
            event="picture",
            output=item.name,
            number=self.settled,
            waiting=len(self.work.waiting),
            height=height,
            width=width,
            seconds=round(done.seconds, 2),
            eta_seconds=round(self.left(), 1),
        )

    def failed(self, failure: Failure) -> None:
        """Write what failed, and why."""
        self._write(
            event="failed",
            output=failure.item.name,
            content=str(failure.item.content),
            reason=failure.reason,
            code=failure.code,
        )

    def ended(self, work: Work) -> None:
        """Write what was done."""
        self._write(
            event="ended",
            painted=work.painted,
            failed=len(work.failures),
            kept=work.kept,
            elsewhere=work.elsewhere,
            seconds=round(time.monotonic() - self._began, 2),
        )


class BatchBar(Bar, BatchLines):
    """A bar over all pictures on a terminal's stderr; what failed is told at the end."""

    def moved(self, item: Item, meter: Meter) -> None:
        """Move the bar."""
        self._text = f"{duration(self.left())} left"
        count = len(self.work.waiting)
        names = " ".join(self.under_way)
        self._move(self.done_so_far / count, f"{self.settled + 1}/{count} {names}")

    def painted(self, item: Item, done: Done) -> None:
        """Move the bar."""
        Silent.painted(self, item, done)
        self._text = f"{duration(self.left())} left"
        count = len(self.work.waiting)
        self._move(self.settled / count, f"{self.settled}/{count}")

    def failed(self, failure: Failure) -> None:
        """Wait: a line would break the bar."""

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        if hasattr(self, "work"):
            for failure in self.work.failures:
                super().failed(failure)


def make_watcher(*, quiet: bool, json_lines: bool) -> Silent:
    """Choose by flags and terminal."""
    if json_lines:
        return BatchJsonLines()
    if quiet:
        return Silent()
    return BatchBar() if sys.stderr.isatty() else BatchLines()
