"""Stopping a run: the first signal lets what was painted be saved, the second stops at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.pictures import Picture

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Stopped(KeyboardInterrupt):
    """A signal asked for the end; raised in the middle of whatever is computed."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    @property
    def name(self) -> str:
        """The signal, to the person who sent it."""
        return "Ctrl-C" if self.number == signal.SIGINT else signal.Signals(self.number).name


class Interrupted(ImpastoError):
    """The run ended early; what was painted is saved. Exits as a shell shows the signal."""

    def __init__(self, message: str, picture: Picture | None, number: int) -> None:
        super().__init__(message)
        self.picture = picture
        self.exit_code = 128 + number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let the first signal raise Stopped and the second end the process, inside the block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # whoever runs the thread minds the signals
        return
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if number != signal.SIGINT:
            _let_go_of_a_lost_terminal()
        if asked and number == getattr(signal, "SIGHUP", None):
            return  # a lost terminal says so twice
        if asked:
            os._exit(128 + number)
        asked = True
        raise Stopped(number)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _let_go_of_a_lost_terminal() -> None:
    """Write to nowhere from now on where a terminal has gone: every line would be an error."""
    for stream in (1, 2):
        try:
            os.write(stream, b"")
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
