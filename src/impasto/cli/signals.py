"""Stopping a run: the first signal lets what was painted be saved, the second stops at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from impasto.jobs.stopping import Stopped

# The last is a batch system's: the time of the processor is up (ulimit -t).
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU")
_SIGNALS = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
# A lost terminal says so twice, the limit of time every second: nobody asks again by those.
_REPEATED = [getattr(signal, name) for name in _NAMES[2:] if hasattr(signal, name)]
_TOGETHER_SECONDS = 2.0


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let the first signal raise Stopped and the second end the process, inside the block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs the thread minds the signals
        return
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked and number in _REPEATED:
            return
        if asked:
            os._exit(128 + number)
        asked = True
        raise Stopped(number)

    with _handled_by(handle):
        yield


@contextlib.contextmanager
def postponed() -> Iterator[Callable[[], None]]:
    """Yield what raises Stopped if a signal came inside the block; a later one ends the process.

    For one process of several, which wait for each other in the middle of an evaluation. What
    comes within two seconds is the same wish: a terminal asks every process, and so does torchrun.
    """
    first: tuple[int, float] | None = None

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if first is None:
            first = number, time.monotonic()
        elif number not in _REPEATED and time.monotonic() - first[1] > _TOGETHER_SECONDS:
            os._exit(128 + number)

    def check() -> None:
        if first is not None:
            raise Stopped(first[0])

    with _handled_by(handle):
        yield check


@contextlib.contextmanager
def _handled_by(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Those that are ignored were to be: by nohup, or by a script's background job. None is the
    # handler of another program that impasto runs in.
    minded = [n for n in _SIGNALS if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, handle) for number in minded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
