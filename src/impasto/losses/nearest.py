"""The covariance loss with a second opinion: each place like the style's most similar place."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from impasto.losses.covariance import CovarianceLoss
from impasto.losses.loss import Sums
from impasto.losses.strips import cells_of, strips
from impasto.memory.arena import empty_map

# The distance's weight beside means and covariances (docs/losses.md).
_SHARE = 0.1
# Cells compared with all of the style's together, elsewhere and on a CPU: similarities are the
# largest thing here, as many for each cell as the style has cells.
_CELLS_AT_ONCE = (1 << 15, 1 << 9)
# Responses nearer to the style's mean than this share of its cells are not turned to any side.
_LEAST = 1e-3


class NearestLoss(CovarianceLoss):
    """Covariance loss plus the mean distance of each cell from the style's nearest.

    After Kolkin et al. 2022: similar is what has the largest cosine, responses taken less the
    style's mean. Each evaluation chooses anew, and the gradient flows through the distance, 1 less
    the cosine, and not through the choice. By itself it settles for the few cells that are most
    like a photograph; means and covariances ask for all.
    """

    factor = 0.16
    cells_a_filter = 4

    def __init__(self, cells: Tensor | None = None) -> None:
        """Compare with cells of the style (n,C); without any, by means and covariances alone."""
        self._style = None if cells is None else _about_mean(cells)

    def against(self, cells: Tensor) -> NearestLoss:
        """Return the loss against some of the style's cells (n,C)."""
        return NearestLoss(cells)

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum, beside the moments, the distances () from the nearest cells."""
        moments = super().measure(features, weight)
        if self._style is None:
            return *moments, torch.zeros_like(moments[0])
        found = _Distances.apply(features, weight, *self._style)  # type: ignore[no-untyped-call]
        return *moments, found

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Compare with the style's `goal`; its cells already entered the sums."""
        return super().score(sums[:3], goal[:3]) + _SHARE * sums[3] / sums[0]


class _Style(NamedTuple):
    mean: Tensor  # (C,)
    directions: Tensor  # (n,C), each of length 1
    least: Tensor  # (): lengths below are taken for this


def _about_mean(cells: Tensor) -> _Style:
    wide = cells.to(torch.promote_types(cells.dtype, torch.float32))
    mean = wide.mean(0)
    lengths = (wide - mean).norm(dim=1, keepdim=True)
    least = _LEAST * lengths.mean() + torch.finfo(torch.float32).tiny
    return _Style(mean, (wide - mean) / lengths.clamp(min=least), least)


class _Distances(torch.autograd.Function):
    """The sum over cells of 1 less the cosine of the nearest; which that is, is kept."""

    @staticmethod
    def forward(
        context: Any,
        features: Tensor,
        weight: Tensor | None,
        mean: Tensor,
        directions: Tensor,
        least: Tensor,
    ) -> Tensor:
        total, nearest = torch.zeros_like(least), []
        for rows in strips(features, _CELLS_AT_ONCE):
            part = cells_of(features, rows).to(mean) - mean
            best = (part @ directions.T).max(1)
            distance = 1 - best.values / part.norm(dim=1).clamp(min=least)
            if weight is not None:
                distance *= cells_of(weight, rows)[:, 0].to(mean)
            total += distance.sum()
            nearest.append(best.indices)
        context.save_for_backward(features, weight, mean, directions, least, *nearest)
        return total

    @staticmethod
    def backward(context: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, mean, directions, least, *nearest = context.saved_tensors
        gradient = empty_map(features.shape[1:], features)
        for rows, chosen in zip(strips(features, _CELLS_AT_ONCE), nearest, strict=True):
            part = cells_of(features, rows).to(mean) - mean
            true = part.norm(dim=1, keepdim=True)
            length = true.clamp(min=least)
            part /= length
            towards = directions[chosen]
            # The cosine's slope lies across the cell's own direction.
            along = (part * towards).sum(1, keepdim=True) * (true > least)
            pull = (part * along - towards) * (slope / length)
            if weight is not None:
                pull *= cells_of(weight, rows).to(mean)
            cells_of(gradient, rows).copy_(pull)  # a view
        return gradient, None, None, None, None


LOSS = NearestLoss()
