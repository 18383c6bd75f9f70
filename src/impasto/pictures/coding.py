"""What decoders and encoders raise, in our words: damage, a place to write to, or memory."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

from impasto.errors import ImpastoError, OutputError, PictureError
from impasto.pictures.quiet import quiet
from impasto.shortage import is_out_of_memory


@contextlib.contextmanager
def decoding(name: str) -> Iterator[None]:
    """Raise what a decoder raises as PictureError, but for MemoryError, and ignore its warnings."""
    with quiet("PIL"):
        try:
            with memory_told():
                yield
        except Exception as fault:  # damaged bytes make decoders raise anything: no bug of ours
            if isinstance(fault, ImpastoError | MemoryError) or _is_a_handlers(fault):
                raise
            words = " ".join(str(fault).split()) or f"its decoder stopped ({type(fault).__name__})"
            raise PictureError(f"{name} is damaged: {words}") from fault


@contextlib.contextmanager
def encoding(path: Path) -> Iterator[None]:
    """Raise what an encoder raises as OutputError, but for MemoryError.

    So the picture can be saved elsewhere. OSError is told by whoever opened the stream.
    """
    try:
        with memory_told():
            yield
    except Exception as fault:
        if isinstance(fault, ImpastoError | MemoryError | OSError) or _is_a_handlers(fault):
            raise
        reason = " ".join(f"{type(fault).__name__}: {fault}".split())
        raise OutputError(f"cannot write {path}: {reason}") from fault


def _is_a_handlers(fault: Exception) -> bool:
    """Return whether a host's logging handler raised it, asked to tell of what was noted."""
    frames = (frame for frame, _ in traceback.walk_tb(fault.__traceback__))
    return any(frame.f_globals.get("__name__") == logging.__name__ for frame in frames)


@contextlib.contextmanager
def memory_told() -> Iterator[None]:
    """Raise MemoryError for whatever says that there was not enough."""
    try:
        yield
    except Exception as fault:
        if isinstance(fault, MemoryError) or not is_out_of_memory(fault):
            raise
        raise MemoryError(str(fault)) from fault
