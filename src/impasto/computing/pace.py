"""How many threads: those of the plan, fewer while other programs need the processor.

An evaluation is thousands of short parallel operations, each of which waits for its last thread.
With more threads than free processors one of them is always waiting for its turn, and all others
for it: ten times slower, where one thread less would cost its share.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch

from impasto.computing import modes
from impasto.network.pausing import looking
from impasto.planning.machine import allowed_processors
from impasto.planning.plan import Plan

_log = logging.getLogger(__name__)

# Looked at no more often than this: the system counts in hundredths of a second.
_LOOK_SECONDS = 0.2
# So much of one processor taken by others, beside threads that want all, is a program at work if
# it is seen twice in a row.
_TAKEN = 0.4
# What counting in ticks may add for each processor, of which some are early and some late.
_TICKS = 0.04
# Threads come back when they have been free for so long.
_PATIENCE_SECONDS = 4.0


class Pace:
    """Follows what other programs take of the processors, and gives way to them."""

    def __init__(self, plan: Plan, may_yield: bool) -> None:
        """Begin with a plan's threads, which may be given up."""
        self._plan = plan
        self.may_yield = may_yield and _waits(plan)
        self.threads = plan.threads
        self.fewest = plan.threads  # used at any time
        self._pressed = False  # at the last look
        self._free_since: float | None = None
        # Between the last look and the end of the last evaluation; the caller's time is not ours.
        self._unseen = _NOTHING
        self._looked = _NOTHING

    def resume(self, fewest: int | None, may_yield: bool) -> None:
        """Go on after a run that used so few, and might give more up."""
        self.fewest = min(self._plan.threads, fewest or self._plan.threads)
        self.may_yield = may_yield and _waits(self._plan)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Compute by the plan on as many threads as are free, looking who else computes."""
        with modes.computing(self._plan, self.threads):
            if not self.may_yield:
                yield
                return
            with looking(self._glance):
                self._begin()
                yield
                self._glance()
                self._end()

    def _begin(self) -> None:
        with self._courteous():
            self._looked = _now()

    def _end(self) -> None:
        with self._courteous():
            self._unseen = _now().since(self._looked).plus(self._unseen)

    def _glance(self) -> None:
        unseen = time.monotonic() - self._looked.seconds + self._unseen.seconds
        if self.may_yield and unseen >= _LOOK_SECONDS:
            with self._courteous():
                self._look()

    @contextmanager
    def _courteous(self) -> Iterator[None]:
        """Where the system does not say who computes, keep the threads."""
        try:
            yield
        except (OSError, RuntimeError, psutil.Error):
            self.may_yield = False

    def _look(self) -> None:
        """Give up threads in the middle of an evaluation, take them back between two."""
        now = _now()
        taken = now.since(self._looked).plus(self._unseen).taken_by_others
        self._looked, self._unseen = now, _NOTHING
        processors = len(allowed_processors())
        free = processors - math.ceil(taken - _TAKEN - _TICKS * processors**0.5)
        wanted = max(1, min(self._plan.threads, free))
        again, self._pressed = self._pressed, wanted < self.threads
        if self._pressed and again:
            self._give_up(wanted)
        elif not self._pressed:
            self._take_back(wanted)

    def _give_up(self, wanted: int) -> None:
        if self.fewest == self._plan.threads:
            told = (
                "another program computes: going on with %d of %d threads while it does, so that "
                "none waits for it (--threads %d keeps them)"
            )
            _log.info(told, wanted, self.threads, self.threads)
        self.threads, self._free_since = wanted, None
        self.fewest = min(self.fewest, wanted)
        torch.set_num_threads(wanted)

    def _take_back(self, wanted: int) -> None:
        """Take threads back, from the next evaluation on, that have been free for a while."""
        now = time.monotonic()
        if wanted == self.threads:
            self._free_since = None
        elif self._free_since is None:
            self._free_since = now
        elif now - self._free_since > _PATIENCE_SECONDS:
            self.threads, self._free_since = wanted, None


def _waits(plan: Plan) -> bool:
    """Return whether threads wait for each other so often that one less may be faster."""
    # Several processes that paint together are no strangers to each other.
    return plan.device == "cpu" and plan.kernel == "tensor" and plan.processes == 1


@dataclass(frozen=True)
class _Spent:
    """Seconds by the clock, of all the processors we may use, and of this process."""

    seconds: float
    all_processors: float
    own: float

    def plus(self, other: _Spent) -> _Spent:
        return _Spent(
            self.seconds + other.seconds,
            self.all_processors + other.all_processors,
            self.own + other.own,
        )

    def since(self, other: _Spent) -> _Spent:
        return self.plus(_Spent(-other.seconds, -other.all_processors, -other.own))

    @property
    def taken_by_others(self) -> float:
        """How many processors others used; what is niced gives way by itself."""
        return (self.all_processors - self.own) / self.seconds


_NOTHING = _Spent(0.0, 0.0, 0.0)


def _now() -> _Spent:
    times = psutil.cpu_times(percpu=True)
    allowed = allowed_processors()
    if max(allowed) < len(times):  # else some are off, and they are not where their numbers say
        times = [one for number, one in enumerate(times) if number in allowed]
    busy = sum(one.user + one.system for one in times)
    return _Spent(time.monotonic(), busy, time.process_time())
