"""What ends a job early: a signal, or whoever else asks for the end. Knows no torch."""

from __future__ import annotations

import signal

from impasto.errors import ImpastoError


class Stopped(BaseException):
    """Somebody asked for the end; raised in the middle of whatever is computed."""

    # No KeyboardInterrupt, which click would make an exit of 130 of.

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    @property
    def name(self) -> str:
        """The signal, to the person who sent it."""
        return "Ctrl-C" if self.number == signal.SIGINT else signal.Signals(self.number).name


class Interrupted(ImpastoError):
    """The run ended early. Exits as a shell shows the signal."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + number
