"""What every loss is: sums over cells, and a number made from those sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

# The sums of two parts of a picture, added entry by entry, are the sums of the whole.
Sums = tuple[Tensor, ...]


class Loss(Protocol):
    """Stateless and additive: what is measured on parts may be added before it is scored."""

    def measure(self, features: Tensor, reference: Tensor | None = None) -> Sums:
        """Sum over the cells of `features` (1,C,h,w), against `reference` where pointwise."""
        ...

    def score(self, sums: Sums, goal: Sums | None = None) -> Tensor:
        """Return the loss () of these sums against those measured on the goal."""
        ...


def added(parts: Sequence[Sums]) -> Sums:
    """Add sums entry by entry."""
    return tuple(torch.stack(entries).sum(0) for entries in zip(*parts, strict=True))
