"""Memory for feature maps: cut from one region, and back in it as soon as nobody holds them.

A general allocator either asks the system for every large block, whose pages are then cleared one
by one (a tenth of an evaluation), or keeps blocks and scatters small ones between them until a
third of the memory is gaps. Here large blocks have a region to themselves, which stays.
"""

from __future__ import annotations

import math
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# Blocks begin on multiples of this: what vector instructions like best.
_ALIGNED = 64


class Arena:
    """A region of a CPU's memory; its pages count from when they are first written."""

    def __init__(self, size: int) -> None:
        """Reserve `size` bytes; raise MemoryError where the process may not have so many."""
        self._region = np.empty(size + _ALIGNED, np.uint8)
        self._origin = -self._region.ctypes.data % _ALIGNED
        self._gaps = [(0, size)]  # in order, never touching
        # Filled whenever a tensor dies, which may be in the middle of anything.
        self._returned: deque[weakref.ref[npt.NDArray[np.uint8]]] = deque()
        self._spans: dict[int, tuple[weakref.ref[npt.NDArray[np.uint8]], int, int]] = {}

    def take(self, size: int) -> npt.NDArray[np.uint8] | None:
        """Cut out `size` bytes until the array is dropped; None where no gap is large enough."""
        while self._returned:
            _, first, last = self._spans.pop(id(self._returned.popleft()))
            self._close_up(first, last)
        room = -(-size // _ALIGNED) * _ALIGNED
        for number, (first, last) in enumerate(self._gaps):
            if last - first >= room:
                left = first + room
                self._gaps[number : number + 1] = [(left, last)] if left < last else []
                begin = self._origin + first
                block = self._region[begin : begin + size]
                # No Python runs when a block dies, so no signal can be lost in between.
                watch = weakref.ref(block, self._returned.append)
                self._spans[id(watch)] = (watch, first, left)
                return block
        return None

    def _close_up(self, first: int, last: int) -> None:
        """Make a block a gap again, together with those beside it."""
        number = sum(gap[0] < first for gap in self._gaps)
        begin = end = number
        if number and self._gaps[number - 1][1] == first:
            begin, first = number - 1, self._gaps[number - 1][0]
        if number < len(self._gaps) and self._gaps[number][0] == last:
            end, last = number + 1, self._gaps[number][1]
        self._gaps[begin:end] = [(first, last)]


_arena: ContextVar[Arena | None] = ContextVar("arena", default=None)


@contextmanager
def cutting_from(arena: Arena | None) -> Iterator[None]:
    """Let `empty` cut from an arena."""
    token = _arena.set(arena)
    try:
        yield
    finally:
        _arena.reset(token)


def empty(shape: Sequence[int], like: Tensor) -> Tensor:
    """Return a tensor whose numbers are not set, of `like`'s type, on its device."""
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    return _empty(shape, strides, like)


def empty_map(shape: Sequence[int], like: Tensor) -> Tensor:
    """Return a map (1,C,h,w) of `shape` (C,h,w), channels_last, whose numbers are not set."""
    channels, height, width = shape
    strides = height * width * channels, 1, width * channels, channels
    return _empty((1, channels, height, width), strides, like)


def _empty(shape: Sequence[int], strides: Sequence[int], like: Tensor) -> Tensor:
    arena = _arena.get()
    size = math.prod(shape) * like.dtype.itemsize
    block = arena.take(size) if arena is not None and size and like.device.type == "cpu" else None
    if block is None:
        return torch.empty_strided(shape, strides, dtype=like.dtype, device=like.device)
    # torch keeps this very array as long as the numbers are held. Reshaped in place, as the
    # only tensor on them: autograd then adds gradients in place too.
    return torch.frombuffer(block, dtype=like.dtype).as_strided_(shape, strides)
