"""Long vectors of which every process holds a range, and the leader reads and writes the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.memory.storage import blocks
from impasto.sharing.group import Group


@dataclass(frozen=True)
class Piece:
    """Some numbers of one row, `within` the range of the process that owns them, `at` of all."""

    name: str
    row: int
    owner: int
    within: slice
    at: slice


@dataclass(frozen=True, eq=False)
class Shard:
    """Rows of vectors of so many numbers, of which `own` (rows, range) are ours.

    `shape` is the whole's, where it stands in a checkpoint.
    """

    name: str
    own: Tensor
    shape: tuple[int, ...]
    length: int
    group: Group

    @property
    def dtype(self) -> torch.dtype:
        """The type of its numbers."""
        return self.own.dtype

    def numel(self) -> int:
        """Return how many numbers all processes hold."""
        return torch.Size(self.shape).numel()

    def fill(self, whole: Tensor | None) -> None:
        """Take our range of what the leader has, who hands it out."""
        rows = None if whole is None else whole.reshape(-1, self.length)
        for piece in self._pieces():
            given = None if rows is None else rows[piece.row, piece.at]
            self.group.hand(given, self._mine(piece), 0, piece.owner)

    def pieces(self) -> Iterator[Tensor]:
        """Yield the whole, piece by piece, of the leader's own and of what it asks others for."""
        for piece in self._pieces():
            own = self._mine(piece)
            if own is None:
                self.group.said(piece)
                own = torch.empty(piece.at.stop - piece.at.start, dtype=self.dtype)
                self.group.hand(None, own, piece.owner, 0)
            yield own

    def answer(self, piece: Piece) -> None:
        """Give the leader a piece that it asks for, if it is ours."""
        own = self._mine(piece)
        if own is not None:
            self.group.hand(own, None, piece.owner, 0)

    def _mine(self, piece: Piece) -> Tensor | None:
        return self.own[piece.row, piece.within] if piece.owner == self.group.rank else None

    def _pieces(self) -> Iterator[Piece]:
        for row in range(self.numel() // self.length):
            for owner, ours in enumerate(self.group.ranges(self.length)):
                for within in blocks(ours.stop - ours.start):
                    at = slice(ours.start + within.start, ours.start + within.stop)
                    yield Piece(self.name, row, owner, within, at)


# What of a stepper stands in a checkpoint: a tensor, or a part of one.
Kept = Tensor | Shard


def kept(name: str, own: Tensor, shape: tuple[int, ...], length: int, group: Group) -> Kept:
    """Return what is kept of rows of so many numbers: all of it where nobody else has a part."""
    if group.is_alone:
        return own
    rows = torch.Size(shape).numel() // length
    return Shard(name, own.view(rows, own.numel() // max(1, rows)), shape, length, group)


def take(mine: Kept, given: Tensor | None) -> None:
    """Take over what was kept, which a leader hands out."""
    if isinstance(mine, Shard):
        mine.fill(given)
    else:
        assert given is not None
        mine.copy_(given)
