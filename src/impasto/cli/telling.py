"""What is told and where it goes: streams that never stop the work, text no terminal obeys.

Everything that is said on stdout and stderr passes here, whoever says it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import logging
import os
import re
import shlex
import sys
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

import click

from impasto.errors import OutputError

# Controls, surrogates, ends of lines, and what changes the direction of writing.
_COMMANDING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # of Persian, Hindi and emoji: they draw letters


class Told(io.TextIOBase):
    """A text stream that never fails: what nobody can take in is dropped.

    `heard` is None where there is no stream. On a terminal, what it would obey is shown instead.
    """

    def __init__(self, heard: TextIO | None, *, escapes: bool = True) -> None:
        """Tell a stream, or nobody; without `escapes` even what a terminal obeys."""
        self.heard = heard
        self.fault: Exception | None = None
        self._escapes = escapes and self.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream; UTF-8 where it has none that is known."""
        try:
            return codecs.lookup(self.heard.encoding).name  # type: ignore[union-attr]
        except Exception:  # a host's stream may be anything
            return "utf-8"

    def write(self, text: str) -> int:
        """Write what can be; characters that the encoding lacks as escapes."""
        sayable = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        shown = escaped(sayable, keep="\n\t") if self._escapes else sayable
        with self._going_on():
            if self.heard is not None:
                self.heard.write(shown)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        with self._going_on():
            if self.heard is not None and hasattr(self.heard, "flush"):
                self.heard.flush()

    def isatty(self) -> bool:
        """Say whether a person is watching."""
        try:
            return bool(self.heard.isatty())  # type: ignore[union-attr]
        except Exception:  # a host's stream may be anything
            return False

    def fileno(self) -> int:
        """Return the number of the stream's file; raise OSError where there is none."""
        if self.heard is not None and hasattr(self.heard, "fileno"):
            return self.heard.fileno()
        return super().fileno()

    def writable(self) -> bool:
        """Say yes: whatever becomes of it."""
        return True

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:  # full or gone; closed in Python; a host's stream, anything
            self.fault = fault


def escaped(text: str, keep: str = "") -> str:
    """Return text with all that a terminal would obey as JSON's escapes."""
    return "".join(
        json.dumps(char)[1:-1] if _commands(char) and char not in keep else char for char in text
    )


def tell(line: str) -> None:
    """Tell people one line, on stderr."""
    click.echo(escaped(line), err=True)


def answer(text: str) -> None:
    """Write what a command was asked for to stdout; raise OutputError where that cannot be.

    A reader who leaves early, as `head` does, has had enough.
    """
    click.echo(text)
    check_answered()


def check_answered() -> None:
    """Raise OutputError where stdout has not taken in what was written to it."""
    stream: object = sys.stdout
    if getattr(stream, "heard", stream) is None:
        raise OutputError("cannot write to stdout: it is closed")
    fault = stream.fault if isinstance(stream, Told) else None
    if fault is not None and not isinstance(fault, BrokenPipeError):
        raise OutputError(f"cannot write to stdout: {getattr(fault, 'strerror', None) or fault}")


def quoted(path: Path) -> str:
    """Return a path as a shell takes it for one, whatever is in its name."""
    text = str(path)
    text = f"./{text}" if text.startswith("-") else text
    if escaped(text) == text:
        return shlex.quote(text)
    # What cannot be shown goes as bytes, in bash's own quotes.
    plain = re.sub(rb"[^\w ./-]", lambda byte: rb"\x" + byte[0].hex().encode(), os.fsencode(text))
    return f"$'{plain.decode()}'"


def duration(seconds: float) -> str:
    """Write a time as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def terminal() -> TextIO:
    """Return stderr for what draws on a terminal by its commands."""
    stream: object = sys.stderr
    return _safe(stream.heard, escapes=False) if isinstance(stream, Told) else sys.stderr


# Streams and the log are the whole process's affair: ours as long as anybody is inside.
_lock = threading.Lock()
_inside = 0
_before = contextlib.ExitStack()


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """Let nothing that is told inside the block fail, and show what the library notes.

    The last one to leave puts back what the first found.
    """
    global _inside  # noqa: PLW0603
    with _lock:
        if not _inside:
            _before.enter_context(_told())
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _before.close()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    log, notes = logging.getLogger("impasto"), _Notes()
    before = log.level, log.propagate
    with (
        contextlib.redirect_stdout(_safe(sys.stdout)),
        contextlib.redirect_stderr(_safe(sys.stderr)),
    ):
        log.addHandler(notes)
        log.setLevel(logging.INFO)
        log.propagate = False
        try:
            yield
        finally:
            log.removeHandler(notes)
            log.setLevel(before[0])
            log.propagate = before[1]


class _Notes(logging.Handler):
    """Shows what the library notes, one line each, and none again: a sheet prepares many runs."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        note = record.getMessage()
        if note not in self._told:
            self._told.add(note)
            tell(f"note: {note}")


def hold_streams() -> None:
    """Give the standard streams that are closed to nowhere, before another file gets their number.

    What is told would be written into that file. And give them buffers, without which
    (PYTHONUNBUFFERED) Python drops what a full pipe does not take, and says nothing.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    sys.stdout, sys.stderr = _buffered(sys.stdout), _buffered(sys.stderr)


def let_go() -> None:
    """Drop what nobody has taken in, of which Python would complain while it shuts down."""
    for stream in (sys.stdout, sys.stderr):
        told = Told(stream)
        told.flush()
        if told.fault is not None:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _buffered(stream: TextIO) -> TextIO:
    raw: object = getattr(stream, "buffer", None)
    if not isinstance(raw, io.RawIOBase):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(raw), stream.encoding, stream.errors, write_through=True
    )


def _safe(stream: TextIO | None, *, escapes: bool = True) -> TextIO:
    return cast(TextIO, Told(stream, escapes=escapes))


def _commands(char: str) -> bool:
    return unicodedata.category(char) in _COMMANDING and char not in _JOINERS
