"""The threads that compute together: each call of the library is shared by all of them.

They are Python's own: while machine code runs, the interpreter is free. They meet at the end of a
call, and whoever comes late finds nothing left to do, so that a program beside us costs what it
takes and no more.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor

from impasto.native.library import Library, library

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

# More were never measured.
_MOST = 64

_size: ContextVar[int | None] = ContextVar("size", default=None)
_own = threading.local()


@contextmanager
def team_of(threads: int) -> Iterator[None]:
    """Compute on so many threads of ours; on 0, by tensor operations alone."""
    token = _size.set(threads)
    try:
        yield
    finally:
        _size.reset(token)


def is_native() -> bool:
    """Return whether machine code is there, and wanted."""
    return _size.get() != 0 and isinstance(library(), Library)


def size() -> int:
    """Return the number of threads that compute; torch's own where nobody said."""
    asked = _size.get()
    return max(1, min(_MOST, torch.get_num_threads() if asked is None else asked))


def together(call: Callable[[], object], units: int) -> None:
    """Make a call that takes units of work until none is left, on every thread of the team.

    Whatever the call works on lives as long as it does, so an exception in between (a signal's)
    leaves the other threads on memory that is still theirs.
    """
    others = [_pool().submit(call) for _ in range(min(size(), units) - 1)]
    call()
    for other in others:
        if not other.cancel():
            other.result()


def each(function: Callable[[_Item], _Made], items: Sequence[_Item]) -> list[_Made]:
    """Return what a function makes of every item, in their order, made by all of the team."""
    made: dict[int, _Made] = {}
    numbers = iter(range(len(items)))  # threads take turns, as the interpreter has one lock

    def call() -> None:
        for number in numbers:
            made[number] = function(items[number])

    together(call, len(items))
    return [made[number] for number in range(len(items))]


def scratch(floats: int) -> Tensor:
    """Return this thread's own memory for so many numbers or more."""
    held: Tensor | None = getattr(_own, "scratch", None)
    if held is None or held.numel() < floats:
        _own.scratch = held = torch.empty(floats, dtype=torch.float32, device="cpu")
    return held


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MOST, "impasto")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads stay with the parent
