"""A helper's end of the pipes: lines of JSON in from stdin, out to where stdout was."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec


def protected_stdout() -> Callable[[Any], None]:
    """Return what sends a message, from any thread; what is printed goes to stderr from now on."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    turn = threading.Lock()

    def tell(message: Any) -> None:
        try:
            with turn:
                pipe.write(msgspec.json.encode(message) + b"\n")
                pipe.flush()
        except OSError:  # nobody is there any more
            os._exit(0)

    return tell


def lines_in(decoder: msgspec.json.Decoder[Any]) -> Iterator[Any]:
    """Go through the messages on stdin until it ends."""
    # Not sys.stdin, whose lock another thread may hold while the process ends.
    with os.fdopen(os.dup(0), "rb") as stream:
        for line in stream:
            yield decoder.decode(line)
