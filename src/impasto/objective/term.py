"""One loss on one layer, bound to what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from impasto.losses.loss import Loss, Sums


@dataclass(frozen=True, eq=False)
class Term:
    """One loss on one layer, bound to its weight, its region and what it is compared with."""

    name: str
    loss: Loss
    layer: str
    weight: float
    goal: Sums = ()
    reference: Tensor | None = None  # (1,C,h,w) of the whole picture
    guide: Tensor | None = None  # (1,1,h,w) of the whole picture: how much each cell counts
