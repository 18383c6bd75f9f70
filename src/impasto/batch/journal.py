"""What became of a batch's pictures, a line each: read again, finished work is not done twice.

JSON lines, each appended by one write. A line that a crash or a full disk cut is left out, and the
next begins after it.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from impasto.batch.claims import Claims
from impasto.batch.stamps import Stamp
from impasto.errors import OutputError, UsageError
from impasto.schema import fitted, parsed

_log = logging.getLogger(__name__)

NAME = "impasto-batch.jsonl"
# What a journal begins with, and the form that this version writes.
_MARK, FORM = "impasto batch", 1


class Line(Struct, frozen=True, omit_defaults=True):
    """What became of a picture, by its path below the folder: the last line is what counts.

    `key` and `inputs` are what it is painted by and from, `reason` and `code` why it failed.
    """

    event: Literal["begun", "done", "failed"]
    output: str
    key: str = ""
    inputs: tuple[Stamp, ...] = ()
    reason: str = ""
    code: int = 0


class Journal:
    """The journal of a folder, which several processes may write at once."""

    def __init__(self, folder: Path, claims: Claims) -> None:
        """Read what is there; raise UsageError where another version wrote it."""
        self.path = folder / NAME
        self._claims = claims
        self._last: dict[str, Line] = {}
        self._read_to = 0
        self._left_out = 0
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        try:
            self._file = os.open(self.path, flags, 0o666)
        except OSError as fault:
            raise OutputError(f"cannot write {self.path}: {fault.strerror}") from fault
        self.refresh()
        if self._left_out:
            _log.info("%d lines of %s cannot be read and are left out", self._left_out, self.path)

    def of(self, name: str) -> Line | None:
        """Return the last that is said of a picture, None where that is nothing."""
        return self._last.get(name)

    @property
    def lines(self) -> dict[str, Line]:
        """The last line of every picture, as of now."""
        return dict(self._last)

    def refresh(self) -> None:
        """Read what was written since, by whomever."""
        end = os.fstat(self._file).st_size
        if end <= self._read_to:
            return
        os.lseek(self._file, self._read_to, os.SEEK_SET)
        data = _read(self._file, end - self._read_to)
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._take(line.decode("utf-8", "replace"))

    def write(self, line: Line, *, lasting: bool, **more: Any) -> None:
        """Append a line, with more words for people; what is `lasting` outlives a power cut.

        Raises OutputError where it cannot be written; then the journal is as before.
        """
        plain = {name: value for name in line.__struct_fields__ if (value := getattr(line, name))}
        plain["inputs"] = [[one.size, one.mtime_ns, one.sha256] for one in line.inputs]
        said = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = (
            json.dumps({**plain, **more, "at": said, "by": f"{platform.node()}:{os.getpid()}"})
            + "\n"
        )
        try:
            with self._claims.writing():
                self._append(text.encode())
            if lasting:
                os.fsync(self._file)
        except OSError as fault:
            raise OutputError(f"cannot write {self.path}: {fault.strerror or fault}") from fault
        self._last[line.output] = line

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _append(self, data: bytes) -> None:
        end = os.fstat(self._file).st_size
        if not end:
            data = (json.dumps({_MARK: FORM}) + "\n").encode() + data
        elif _byte(self._file, end - 1) != b"\n":
            data = b"\n" + data
        if os.write(self._file, data) < len(data):
            os.ftruncate(self._file, end)
            raise OSError(None, "no space left for the journal")

    def _take(self, text: str) -> None:
        if not text.strip():
            return
        try:
            values = parsed(text)
            if not (isinstance(values, dict) and _MARK in values):
                line = fitted(values, Line)
                self._last[line.output] = line
                return
        except UsageError:
            self._left_out += 1
            return
        if values[_MARK] != FORM:
            raise UsageError(
                f"{self.path} has form {values[_MARK]!r:.20}, this version goes on with {FORM}: it "
                "was written by another version of impasto; use that one, or another folder"
            )


def _read(file: int, count: int) -> bytes:
    parts = []
    while count and (part := os.read(file, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _byte(file: int, place: int) -> bytes:
    os.lseek(file, place, os.SEEK_SET)  # what is appended goes to the end all the same
    return os.read(file, 1)
