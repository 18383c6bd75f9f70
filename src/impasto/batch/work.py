"""What there is to paint of a batch, and what becomes of each picture."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from impasto.batch.checking import Failure, checked
from impasto.batch.item import Item
from impasto.batch.ledger import Ledger
from impasto.errors import BatchError, ImpastoError, OutputError
from impasto.jobs.job import Done
from impasto.jobs.observers import Observer
from impasto.jobs.stopping import Stopped


class Watcher(Protocol):
    """Told how a batch goes on."""

    def looked(self, work: Work) -> None:
        """Take in what there is to paint, before the first picture."""

    def picture(self, item: Item) -> Observer:
        """Return who follows a picture that is painted from now on."""

    def painted(self, item: Item, done: Done) -> None:
        """Take in that a picture is there."""

    def failed(self, failure: Failure) -> None:
        """Take in that a picture will not be there."""

    def ended(self, work: Work) -> None:
        """Take in that no picture is waiting any more."""


@dataclass
class Work:
    """A batch that was looked at: `kept` pictures are there, `waiting` are to be painted.

    `unfit` are those whose files cannot be painted by their headers, `failures` these and what
    failed later; `elsewhere` counts those that another process paints.
    """

    ledger: Ledger
    kept: int
    waiting: list[Item]
    unfit: list[Failure]
    failures: list[Failure] = field(default_factory=list)
    painted: int = 0
    elsewhere: int = 0

    @property
    def count(self) -> int:
        """All pictures of the batch."""
        return self.kept + len(self.waiting) + len(self.unfit)

    @property
    def settled(self) -> int:
        """How many pictures wait no longer, whatever became of them and by whom."""
        return sum(map(self.ledger.is_settled, self.waiting))


def look(items: Sequence[Item], ledger: Ledger) -> Work:
    """Look at what is not there yet; raises what `Ledger.missing` and `checked` do."""
    missing = ledger.missing(items)
    waiting, unfit = checked(missing)
    return Work(ledger, len(items) - len(missing), waiting, unfit)


def finish(work: Work, item: Item, done: Done, watcher: Watcher) -> None:
    """Take in a picture that is painted; elsewhere than it should be, it is a failure."""
    if done.moved:
        reason = f"{done.moved}; the result is in {done.path}"
        fail(work, Failure(item, reason, OutputError.exit_code), watcher)
        return
    work.ledger.done(item, done)
    work.painted += 1
    watcher.painted(item, done)


def fail(work: Work, failure: Failure, watcher: Watcher, *, was_begun: bool = True) -> None:
    """Take in a picture that cannot be painted."""
    work.ledger.failed(failure.item, failure.reason, failure.code, was_begun=was_begun)
    work.failures.append(failure)
    watcher.failed(failure)


@contextlib.contextmanager
def reported(work: Work, watcher: Watcher) -> Iterator[None]:
    """Tell of failures that were seen before, and, of what ends the batch early, how it goes on."""
    watcher.looked(work)
    for failure in work.unfit:
        fail(work, failure, watcher, was_begun=False)
    try:
        yield
        watcher.ended(work)
    except (ImpastoError, Stopped, KeyboardInterrupt) as fault:
        there = work.kept + work.painted
        fault.add_note(f"{there} of {work.count} pictures are there; the same command goes on")
        raise


def verdict(work: Work) -> None:
    """Raise BatchError where pictures failed."""
    if work.failures:
        raise BatchError(
            f"{len(work.failures)} of {work.count} pictures failed, for the reasons above and in "
            f"{work.ledger.journal.path}; what is mended is painted by the same command"
        )
