"""Several processes that torchrun started: the first one leads, the others follow it in silence."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from impasto.cli.launched import is_among_others
from impasto.cli.signals import postponed, stoppable
from impasto.cli.telling import tell
from impasto.engine.iterate import paint
from impasto.engine.step import Step
from impasto.engine.turns import taken
from impasto.errors import DeviceError, UsageError
from impasto.jobs.meter import Meter
from impasto.jobs.observers import Observer
from impasto.planning.machine import pick_device
from impasto.settings.resources import Resources
from impasto.sharing.group import ALONE, Group, LostError, has_lost
from impasto.sharing.joining import Meeting
from impasto.sharing.watchdog import watching

# Where all find each other; whoever holds it can do so once.
_meeting = cache(Meeting)

# A leader that breaks off saves what there is before it says so.
_SAVING_SECONDS = 20.0


@dataclass(frozen=True)
class Lead:
    """The group that is led, what it computes by, and who follows its runs for its sake."""

    group: Group
    resources: Resources
    observers: Sequence[Observer] = field(default=())


@contextlib.contextmanager
def leading(resources: Resources) -> Iterator[Lead]:
    """Be joined by the processes that torchrun started beside this one, if it did."""
    if not is_among_others():
        with stoppable():
            yield Lead(ALONE, resources)
        return
    meeting = _meeting()
    if resources.processes not in ("auto", meeting.size):
        raise UsageError(
            f"processes cannot be {resources.processes}: torchrun started {meeting.size}; leave "
            "it out"
        )
    resources = replace(resources, processes=meeting.size)
    with postponed() as check, _joined(meeting, pick_device(resources).type) as group:
        yield Lead(group, resources, [_Heeding(check)])


def end(code: int) -> None:
    """Let those that follow end, where they were never joined or lost us."""
    with contextlib.suppress(RuntimeError, OSError):
        _meeting().end(code)


def follow(verdict: Callable[[BaseException], tuple[str, int]]) -> int:
    """Paint what the leader hands out, and return the exit code.

    It is the leader's affair to say what went wrong; of our own faults it tells the `verdict`.
    """
    with postponed():
        meeting = _meeting()
        try:
            device = meeting.wait()
            return meeting.ended() or 0 if device is None else _followed(meeting, device)
        except LostError:
            return _left_behind(meeting)
        except Exception as fault:
            message, code = verdict(fault)
            with contextlib.suppress(RuntimeError):
                meeting.tell_fault(message)
            return code


def _followed(meeting: Meeting, device: str) -> int:
    with _joined(meeting, device) as group:
        run, resume = taken(group)
        for _ in paint(run, resume=resume):
            pass
    return 0


@contextlib.contextmanager
def _joined(meeting: Meeting, device: str) -> Iterator[Group]:
    """Be one of the processes, and miss those that are gone without a word."""

    def missed(rank: int) -> None:
        if not has_lost():  # whoever knows it saves what there is
            if meeting.is_first_to_tell():
                tell(_gone(rank, meeting.size))
            os._exit(DeviceError.exit_code)  # no other thread can end a wait

    with meeting.joined(device) as group, watching(meeting.store, group, missed):
        try:
            yield group
        except LostError as fault:
            if group.leads and (said := meeting.fault()):
                fault.add_note(f"it said: {said}")
            raise


def _left_behind(meeting: Meeting) -> int:
    """Return by which code to end where another process is gone: the leader's, if it can say."""
    try:
        code = meeting.ended(_SAVING_SECONDS)
    except RuntimeError:
        code = None
    if code is None and meeting.is_first_to_tell():
        tell(_gone(0, meeting.size))
    return code or DeviceError.exit_code


def _gone(rank: int, size: int) -> str:
    return (
        f"impasto: process {rank + 1} of {size} is gone; the last checkpoint, if there is one, can "
        "be gone on from with 'impasto resume'"
    )


@dataclass
class _Heeding:
    """Ends the run between two evaluations where a signal asked for that."""

    check: Callable[[], None]

    what = "end"

    def see(self, step: Step, meter: Meter) -> None:
        """Raise Stopped where it was asked for."""
        self.check()

    def end(self) -> None:
        """Take in that there are no more steps."""
