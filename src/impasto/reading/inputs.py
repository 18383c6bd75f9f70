"""What pictures are read from: a file, or what comes down a pipe."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from impasto.errors import PictureError, UsageError

Stream = io.BufferedReader | io.BytesIO

# Bytes taken from a pipe: more than any picture within the limit of pixels should need.
_LONGEST_INPUT = 512_000_000


@contextlib.contextmanager
def opened_input(path: Path) -> Iterator[tuple[Stream, str]]:
    """Open a file, or stdin for "-", and say what to call it; raise as `load` does."""
    if str(path) == "-":
        yield _stdin(), "stdin"
        return
    _check_input(path)
    try:
        stream = path.open("rb")
    except OSError as fault:
        raise PictureError(f"cannot open {path}: {fault.strerror or fault}") from fault
    with stream:
        yield stream, str(path)


def _check_input(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError as fault:
        raise UsageError(f"there is no file {path}") from fault
    except (OSError, ValueError) as fault:
        raise UsageError(f"cannot open {path}: {fault}") from fault
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder; give a picture file in it, or all to 'impasto batch'"
        )
    if not path.is_file():
        raise UsageError(f"{path} is not a regular file")
    if status.st_size == 0:
        raise PictureError(f"{path} is an empty file")
    if not os.access(path, os.R_OK):
        raise PictureError(f"{path} may not be read; change its permissions")


def _stdin() -> Stream:
    data = _bytes_of_stdin()
    if not data:
        raise PictureError("stdin is empty; send a picture down the pipe, or give a file")
    if len(data) > _LONGEST_INPUT:
        raise PictureError(f"stdin holds more than {_LONGEST_INPUT / 1e6:.0f} MB; give a file")
    return io.BytesIO(data)


def _bytes_of_stdin() -> bytes:
    """Return all that is let in, whatever a host has put in stdin's place."""
    stream = getattr(sys.stdin, "buffer", sys.stdin)
    if stream is None:
        raise PictureError("stdin is closed; send a picture down the pipe, or give a file")
    try:
        data = stream.read(_LONGEST_INPUT + 1)
    except (OSError, ValueError, AttributeError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise PictureError(f"stdin cannot be read: {reason}; give a file") from fault
    if not isinstance(data, bytes | None):
        raise PictureError(
            "stdin holds text, no bytes; send a picture down the pipe, or give a file"
        )
    return data or b""
