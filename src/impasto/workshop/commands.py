"""What is wanted of the painter, between the thread that hears it and the one that paints."""

from __future__ import annotations

import _thread
import signal
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from impasto.jobs.stopping import Stopped
from impasto.workshop.messages import Paint, Stop


class Parked(BaseException):
    """The job leaves the device; its checkpoint, if it has begun, is on disk."""


class Commands:
    """Messages in order; an end that is asked for is noticed in the middle of an evaluation."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: deque[Paint] = deque()
        self._waiting: deque[Any] = deque()
        self._job: str | None = None
        self.computing = False  # set by whoever computes, and may be stopped in the middle

    def take(self, message: Any) -> None:
        """Take in a message, in the thread that hears them."""
        with self._changed:
            if isinstance(message, Paint):
                self._jobs.append(message)
            elif message.job == self._job or any(job.job == message.job for job in self._jobs):
                self._waiting.append(message)
            self._changed.notify_all()
        if isinstance(message, Stop) and not message.park and self.computing:
            _thread.interrupt_main(signal.SIGINT)

    def next_job(self, seconds: float | None = None) -> Paint | None:
        """Wait for a job to paint, for so long at most; None where there is none."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._jobs, seconds):
                return None
            asked = self._jobs.popleft()
            self._job = asked.job
            return asked

    def wait(self) -> None:
        """Wait until there is a job to paint, which is left for `next_job`."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs)

    def over(self) -> None:
        """Forget what was wanted of a job that has ended."""
        with self._changed:
            self._waiting = deque(one for one in self._waiting if one.job != self._job)
            self._job = None

    def take_up(self, *, wait: bool = False) -> list[Any]:
        """Return what is wanted of the job now, waiting for it if nothing is."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._waiting)
            found = [one for one in self._waiting if one.job == self._job]
            self._waiting.clear()
            return found

    def hand_back(self, messages: Sequence[Any]) -> None:
        """Let what was taken up, and not done, be taken up again before all that came since."""
        with self._changed:
            self._waiting.extendleft(reversed(messages))

    def check_stop(self) -> None:
        """Raise Stopped, or Parked, where that was asked for before there was anything to end."""
        with self._changed:
            stops = [one for one in self._waiting if isinstance(one, Stop) and one.job == self._job]
        if any(not one.park for one in stops):
            raise Stopped(signal.SIGTERM)
        if stops:
            raise Parked
