"""The processes that paint one picture together: what each has of it, and what they add up.

A group of one is the plain case: it has everything, and there is nobody to wait for.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from impasto.errors import DeviceError
from impasto.shortage import is_out_of_memory

_Item = TypeVar("_Item")
Sums = tuple[Tensor, ...]


class LostError(DeviceError):
    """A process of the group is gone, and with it its part of the picture."""


class ShortError(MemoryError):
    """Memory ran out in a process of the group, and all of them know."""


@dataclass(frozen=True)
class Group:
    """The `rank`, from 0, of one process among the `size` of torch's default group.

    All of them make the same calls in the same order. The first one leads.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_alone(self) -> bool:
        """Whether this process paints by itself."""
        return self.size == 1

    @property
    def leads(self) -> bool:
        """Whether this process reads the options, shows progress and writes."""
        return self.rank == 0

    def share(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Return this process's share of items, each of which one process has."""
        return items if self.is_alone else items[self.rank :: self.size]

    def ranges(self, length: int) -> list[slice]:
        """Cut a vector into the range of each process, as equal as can be."""
        even = -(-length // self.size)
        firsts = [min(length, rank * even) for rank in range(self.size + 1)]
        return [slice(first, stop) for first, stop in pairwise(firsts)]

    def own(self, whole: Tensor) -> Tensor:
        """Return our range of a tensor's numbers; all of it, as it is, where nobody else is."""
        if self.is_alone:
            return whole
        return whole.reshape(-1)[self.ranges(whole.numel())[self.rank]]

    def whole(self, own: Tensor, shape: torch.Size) -> Tensor:
        """Return a tensor of everybody's ranges."""
        if self.is_alone:
            return own.view(shape)
        even = -(-shape.numel() // self.size)
        padded = own.new_zeros(even)
        padded[: len(own)] = own
        found = own.new_empty(self.size * even)
        with _meeting():
            dist.all_gather(list(found.view(self.size, even).unbind()), padded)
        return found[: shape.numel()].view(shape)

    def hand(self, given: Tensor | None, into: Tensor | None, giver: int, taker: int) -> None:
        """Hand a vector from one process to one; the others have nothing to do."""
        if giver == taker:
            if self.rank == giver:
                assert given is not None
                assert into is not None
                into.copy_(given)
        elif self.rank == giver:
            assert given is not None
            with _meeting():
                dist.send(given.detach().cpu().contiguous(), taker)
        elif self.rank == taker:
            assert into is not None
            taken = torch.empty(into.shape, dtype=into.dtype)
            with _meeting():
                dist.recv(taken, giver)
            into.copy_(taken)

    def add(self, tensor: Tensor) -> None:
        """Add up what everybody has of a dense tensor, in place."""
        if not self.is_alone:
            with _meeting():
                dist.all_reduce(tensor)

    def total(self, parts: Sequence[Sums], count: int) -> list[Sums]:
        """Add up what those who have any of `count` items measured; others have no parts.

        What is measured are tuples of tensors, of the same shapes in all processes.
        """
        if self.is_alone:
            return list(parts)
        if count < self.size:
            parts = self._with_zeros(parts)
        totals = [tuple(entry.contiguous().clone() for entry in sums) for sums in parts]
        entries = [entry for sums in totals for entry in sums]
        for kind in sorted({entry.dtype for entry in entries}, key=str):
            self._add_all([entry for entry in entries if entry.dtype == kind])
        return totals

    def _add_all(self, tensors: Sequence[Tensor]) -> None:
        """Add up tensors of one kind, in place and at once."""
        flat = torch.cat([tensor.view(-1) for tensor in tensors])
        self.add(flat)
        pieces = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, piece in zip(tensors, pieces, strict=True):
            tensor.view(-1).copy_(piece)

    def in_order(self, tensor: Tensor) -> Tensor:
        """Add up a small tensor in the order of the processes: to the same bits everywhere."""
        if self.is_alone:
            return tensor
        parts = [torch.empty_like(tensor) for _ in range(self.size)]
        with _meeting():
            dist.all_gather(parts, tensor.contiguous())
        total = torch.zeros_like(tensor)
        for part in parts:
            total += part
        return total

    def leaders(self, numbers: Sequence[Tensor]) -> list[Tensor]:
        """Return what the leader has of numbers () that all have to within rounding."""
        if self.is_alone:
            return list(numbers)
        told = torch.stack(list(numbers)).detach()
        with _meeting():
            dist.broadcast(told, 0)
        return [new.to(own.dtype) for new, own in zip(told.unbind(), numbers, strict=True)]

    def said(self, word: Any = None) -> Any:
        """Return what the leader says."""
        if self.is_alone:
            return word
        words = [word]
        with _meeting():
            dist.broadcast_object_list(words, 0, device=torch.device("cpu"))
        return words[0]

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Compute something, and raise ShortError in all where one runs out of memory."""
        if self.is_alone:
            yield
            return
        fault: Exception | None = None
        try:
            yield
        except (MemoryError, RuntimeError, OSError) as raised:
            if isinstance(raised, ShortError) or not is_out_of_memory(raised):
                raise
            fault = raised
        short = torch.tensor(int(fault is not None))
        self.add(short)
        if short.item():
            raise ShortError(str(fault or "memory ran out in another process"))

    def can_mend(self, fault: Exception) -> bool:
        """Return whether memory ran out in a way that all may go on from, in smaller tiles."""
        return is_out_of_memory(fault) and (self.is_alone or isinstance(fault, ShortError))

    def _with_zeros(self, parts: Sequence[Sums]) -> Sequence[Sums]:
        """Return parts, or zeros like those of the leader, who has the first item."""
        kinds = self.said([[(e.shape, e.dtype, e.device.type) for e in sums] for sums in parts])
        if parts:
            return parts
        return [tuple(torch.zeros(s, dtype=t, device=d) for s, t, d in sums) for sums in kinds]


ALONE = Group()

# Of the whole process, as torch's default group is.
_lost = threading.Event()


def has_lost() -> bool:
    """Return whether this process knows that another is gone."""
    return _lost.is_set()


@contextlib.contextmanager
def _meeting() -> Iterator[None]:
    """Say that a process is gone where the others wait for it in vain."""
    try:
        yield
    except RuntimeError as fault:
        _lost.set()
        raise LostError("another process of the group is gone") from fault
