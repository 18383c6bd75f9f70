"""Painting a batch in this process, one picture after another or several at once.

While the small sums of one picture are made its other threads stand idle: two pictures on half of
the threads each keep all of them busy. By machine code each comes out to the bit as it would alone.
"""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import Any

from impasto.batch.checking import failure_of
from impasto.batch.item import Item
from impasto.batch.work import Watcher, Work, fail, finish, reported, verdict
from impasto.batch.worker import Worker, Written
from impasto.engine.step import Step
from impasto.errors import OutputError
from impasto.files import make_folder
from impasto.jobs.meter import Meter
from impasto.jobs.observers import Observer
from impasto.jobs.stopping import Interrupted, Stopped
from impasto.memory.free import free_bytes
from impasto.planning.machine import pick_device, pick_kernel, pick_precision, pick_threads

# How soon it is asked again whether others have done with their pictures.
_LOOK_AGAIN_SECONDS = 0.5
# Not everywhere does a signal end a wait.
_LISTEN_SECONDS = 0.2
# Larger pictures keep the processors busy by themselves; two of these take so much at most.
_SMALL_PX = 512
_TWO_BYTES = 4_000_000_000


def paint_here(
    work: Work, written: Written, watcher: Watcher, *, at_once: int | str = "auto"
) -> None:
    """Paint what is waiting in this process; at the end BatchError says what failed.

    `at_once` is how many pictures, "auto" what `pick_at_once` says. Raises OutputError where
    results cannot be written, Interrupted and Stopped as `Job.paint` does: the same batch then goes
    on.
    """
    with reported(work, watcher):
        hands = pick_at_once(work.waiting) if at_once == "auto" else int(at_once)
        _Painting(work, written, watcher, min(hands, max(1, len(work.waiting)))).paint()
    verdict(work)


def pick_at_once(items: Sequence[Item]) -> int:
    """Return how many pictures to paint at once: two small ones, where threads do not spin."""
    if len(items) < 2 or not all(map(_is_small, items)):
        return 1
    return 2 if free_bytes(pick_device(items[0].resources)) >= _TWO_BYTES else 1


def _is_small(item: Item) -> bool:
    resources, size = item.resources, item.settings.size
    device = pick_device(resources)
    kernel = pick_kernel(pick_precision(resources, device), device)
    is_shared = kernel == "native" and pick_threads(resources) > 1
    return is_shared and resources.memory == "auto" and isinstance(size, int) and size <= _SMALL_PX


class _Turns:
    """What is waiting, handed out to whoever asks next, each picture claimed meanwhile."""

    def __init__(self, work: Work) -> None:
        self._work, self._waiting = work, deque(work.waiting)

    def next(self) -> Item | None:
        """Return a picture that is ours to paint, None where all that wait are others'."""
        ledger = self._work.ledger
        for _ in range(len(self._waiting)):
            item = self._waiting.popleft()
            if not ledger.take(item):
                # What others paint comes last: it is there in the end, or they were killed.
                self._waiting.append(item)
            elif not ledger.is_finished(item):
                return item
            else:
                self._work.elsewhere += 1
                ledger.release(item)
        return None

    @property
    def are_over(self) -> bool:
        return not self._waiting


class _Painting:
    """Paints by so many hands, each a thread of its own where there are several."""

    def __init__(self, work: Work, written: Written, watcher: Watcher, hands: int) -> None:
        self._work, self._written, self._watcher, self._hands = work, written, watcher, hands
        self._turns = _Turns(work)
        self._worker = Worker(share=1 / hands)
        # Held by whoever changes the books, or tells of something.
        self._books = threading.RLock()
        self._stop = _Stop()

    def paint(self) -> None:
        """Paint all; what ends one hand's work ends all others', once they have saved theirs."""
        if self._hands == 1:
            self._paint_all()
            return
        asked: Stopped | None = None
        hands: list[Future[None]] = []
        with ThreadPoolExecutor(self._hands, "impasto-hand") as pool:
            try:
                hands += [pool.submit(self._paint_all) for _ in range(self._hands)]
                while wait(hands, _LISTEN_SECONDS, FIRST_EXCEPTION).not_done and not _fault(hands):
                    pass
            except Stopped as stop:
                asked, self._stop.number = stop, stop.number
            finally:
                self._stop.set()
        if fault := _fault(hands) or asked:
            raise fault

    def _paint_all(self) -> None:
        while not (self._turns.are_over or self._stop.is_set()):
            with self._books:
                item = self._turns.next()
            if item is None:
                self._stop.wait(_LOOK_AGAIN_SECONDS)
                continue
            try:
                self._paint(item)
            finally:
                with self._books:
                    self._work.ledger.release(item)

    def _paint(self, item: Item) -> None:
        with self._books:
            was_begun, replaces = self._work.ledger.begin(item)
            watching = _Watching(self._watcher.picture(item), self._books, self._stop)
        try:
            make_folder(item.output.parent)
            outputs = self._written.outputs(item, replaces=replaces)
            done = self._worker.paint(item, outputs, [watching], was_begun=was_begun)
        except (OutputError, Interrupted):
            raise
        except Exception as fault:
            with self._books:
                fail(self._work, failure_of(item, fault), self._watcher)
        else:
            with self._books:
                finish(self._work, item, done, self._watcher)


class _Stop(threading.Event):
    """Set where all are to end, as by a signal of this number."""

    number: int = signal.SIGTERM


class _Watching:
    """Shows a picture's steps to whoever follows it, one hand at a time; ends it where all end."""

    def __init__(self, observer: Observer, books: AbstractContextManager[Any], stop: _Stop) -> None:
        self.what = observer.what
        self._observer, self._books, self._stop = observer, books, stop

    def see(self, step: Step, meter: Meter) -> None:
        if self._stop.is_set():
            raise Stopped(self._stop.number)
        with self._books:
            self._observer.see(step, meter)

    def end(self) -> None:
        with self._books:
            self._observer.end()


def _fault(hands: Sequence[Future[None]]) -> BaseException | None:
    """Return what ended a hand's work: what was not our own wish to end first."""
    faults = [fault for hand in hands if hand.done() and (fault := hand.exception())]
    faults.sort(key=lambda fault: isinstance(fault, Interrupted))
    for other in faults[1:]:
        for note in getattr(other, "__notes__", ()):
            faults[0].add_note(note)
    return faults[0] if faults else None
