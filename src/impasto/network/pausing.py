"""Places between two pieces of an evaluation, where whoever paces it may look around."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_look: ContextVar[Callable[[], None] | None] = ContextVar("look", default=None)


@contextmanager
def looking(look: Callable[[], None]) -> Iterator[None]:
    """Let `pause` call `look`, in the thread that computes."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def pause() -> None:
    """Look around, if anybody wants to: a few milliseconds of work have passed."""
    look = _look.get()
    if look is not None:
        look()
