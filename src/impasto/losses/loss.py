"""What every loss is: sums over cells, and a number made from those sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

# The sums of two parts of a picture, added entry by entry, are the sums of the whole. The first
# entry counts cells.
Sums = tuple[Tensor, ...]


class Loss(Protocol):
    """Stateless and additive: what is measured on parts may be added before it is scored."""

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum over the cells of `features` (1,C,h,w), against `reference` where pointwise.

        `weight` (1,1,h,w) says how much each cell counts; without it each counts once.
        """
        ...

    def goal(self, sums: Sums) -> Sums:
        """Return what `score` compares with, made of the sums measured on the goal."""
        ...

    def score(self, sums: Sums, goal: Sums | None = None) -> Tensor:
        """Return the loss () of these sums against the goal."""
        ...

    @property
    def factor(self) -> float:
        """What makes a weight of 1 ask for as much as the Gram loss's (smoothness: a little)."""
        ...

    @property
    def capturable(self) -> bool:
        """Whether a GPU can score without the host, so that a CUDA graph can hold it."""
        ...


def added(parts: Sequence[Sums]) -> Sums:
    """Add sums entry by entry."""
    return tuple(torch.stack(entries).sum(0) for entries in zip(*parts, strict=True))


def shared(sums: Sums, share: float) -> Sums:
    """Scale sums so that they count as `share` of a cell: what several styles are mixed of."""
    return tuple(entry * (share / sums[0]) for entry in sums)
