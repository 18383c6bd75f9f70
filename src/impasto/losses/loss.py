"""What every loss is: sums over cells, and a number made from those sums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module

import torch
from torch import Tensor

# The sums of two parts of a picture, added entry by entry, are the sums of the whole. The first
# entry counts cells.
Sums = tuple[Tensor, ...]


class Loss(ABC):
    """Stateless and additive: what is measured on parts may be added before it is scored."""

    # What makes a weight of 1 ask for as much as the Gram loss's (smoothness: a little).
    factor = 1.0
    # Whether a GPU can score without the host, so that a CUDA graph can hold it.
    capturable = True
    # Whether it looks at each style layer joined with the shallower one before it.
    joins = False
    # How many of the style's own cells it is shown for each filter, to compare with one by one.
    cells_a_filter = 0

    @abstractmethod
    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum over the cells of `features` (1,C,h,w), against `reference` where pointwise.

        `weight` (1,1,h,w) says how much each cell counts; without it each counts once.
        """

    def against(self, cells: Tensor) -> Loss:
        """Return the loss against some of the style's cells (n,C), where it asks for any."""
        raise NotImplementedError

    def goal(self, sums: Sums) -> Sums:
        """Return what `score` compares with, made of the sums measured on the goal."""
        return sums

    @abstractmethod
    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Return the loss () of these sums against the goal; pointwise losses have none."""


def style_loss(name: str) -> Loss:
    """Return the style loss of a name in `STYLE_LOSSES`: what its file calls LOSS."""
    loss: Loss = import_module(f"impasto.losses.{name}").LOSS
    return loss


def added(parts: Sequence[Sums]) -> Sums:
    """Add sums entry by entry."""
    return tuple(torch.stack(entries).sum(0) for entries in zip(*parts, strict=True))


def shared(sums: Sums, share: float) -> Sums:
    """Scale sums so that they count as `share` of a cell: what several styles are mixed of."""
    return tuple(entry * (share / sums[0]) for entry in sums)
