"""The errors impasto raises, each with the exit code the command line turns it into."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class ImpastoError(Exception):
    """Something a person can mend: the message says what was given, what is allowed, what to do."""

    exit_code = 1
    # What was painted before a run broke, a Picture, where there is any.
    picture: Any = None


class UsageError(ImpastoError, ValueError):
    """A setting, a name or a path that cannot be used as given."""

    exit_code = 2


class PictureError(ImpastoError):
    """An input picture that cannot be read or is unfit to be painted."""

    exit_code = 3


class WeightsError(ImpastoError):
    """The network's weights are missing, damaged or of another network."""

    exit_code = 4


class OutputError(ImpastoError):
    """The result cannot be written where it was asked for."""

    exit_code = 5


class DeviceError(ImpastoError):
    """The device asked for is not there, or has too little memory."""

    exit_code = 6


class NonFiniteError(ImpastoError):
    """A loss or the picture turned to NaN or infinity; `picture`, a Picture, is the last finite."""

    exit_code = 7

    def __init__(self, message: str, picture: Any = None) -> None:
        super().__init__(message)
        self.picture = picture


class BatchError(ImpastoError):
    """Some pictures of a batch failed; all others are painted."""

    exit_code = 8


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the known word nearest to `word`, or an empty string."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
