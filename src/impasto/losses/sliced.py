"""Responses looked at from many directions: as often as far along each as in the style."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from impasto.losses.loss import Loss, Sums
from impasto.losses.strips import cells_of, strips
from impasto.memory.arena import empty_map

# Bin edges, in units of a filter's mean response, about which an axis of length 1 is as likely
# as not on either side: the same for every tile and picture, fine where responses crowd.
_FAR = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
_EDGES = (*(-edge for edge in reversed(_FAR)), 0.0, *_FAR)
# Cells looked at together, elsewhere and on a CPU, where they should stay in the cache.
_CELLS_AT_ONCE = (1 << 20, 1 << 11)


class SlicedLoss(Loss):
    """Squared distance of cumulative histograms along random directions, and of means.

    After the sliced Wasserstein distance of Heitz et al. 2021. Theirs sorts the responses along
    each direction, which does not add up over tiles; counts in fixed bins do. The directions, as
    many as filters, are drawn once: two distributions that agree along all of them are equal.
    """

    factor = 0.8

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum responses (C,), and how far those along each direction fill each bin (bins, C)."""
        directions = _directions(features.shape[1], features.dtype, features.device)
        total, filled = _Filled.apply(features, weight, directions)  # type: ignore[no-untyped-call]
        if weight is None:
            return total.new_full((), features[0, 0].numel()), total, filled
        return weight.sum(dtype=total.dtype), total, filled

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Compare with the style's `goal`."""
        shift, gaps = (
            ours / sums[0] - theirs / goal[0]
            for ours, theirs in zip(sums[1:], goal[1:], strict=True)
        )
        # The integral of the squared difference along each direction, the mean over directions.
        spread = (_widths(gaps) @ gaps.square()).mean()
        return spread + shift.square().mean()


def _widths(like: Tensor) -> Tensor:
    return torch.stack([like.new_full((), high - low) for low, high in pairwise(_EDGES)])


@lru_cache(16)  # what a CUDA graph records may not come from the host
def _directions(channels: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return as many axes of length 1 as filters, (C, axes), the same everywhere."""
    generator = torch.Generator().manual_seed(0)
    axes = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
    unit: Tensor = axes / axes.norm(dim=0)
    return unit.to(torch.promote_types(dtype, torch.float32)).to(device)


class _Filled(torch.autograd.Function):
    """Sums of responses, and of how far they fill each bin along each direction.

    By strips, both ways: what lies along the directions is as large as the map.
    """

    @staticmethod
    def forward(
        context: Any, features: Tensor, weight: Tensor | None, directions: Tensor
    ) -> tuple[Tensor, Tensor]:
        context.save_for_backward(features, weight, directions)
        channels, axes = directions.shape
        total = directions.new_zeros(channels)
        filled = directions.new_zeros(len(_EDGES) - 1, axes)
        for rows in strips(features, _CELLS_AT_ONCE):
            part = cells_of(features, rows).to(directions)
            weights = part.new_ones(len(part)) if weight is None else _flat(weight, rows, part)
            total += weights @ part
            along = part @ directions
            for number, (low, high) in enumerate(pairwise(_EDGES)):
                # A weighed sum of rows is a product: the bin costs three passes.
                filled[number] += weights @ ((along - low) / (high - low)).clamp_(0, 1)
        return total, filled

    @staticmethod
    def backward(context: Any, of_total: Tensor, of_filled: Tensor) -> tuple[Tensor, None, None]:
        features, weight, directions = context.saved_tensors
        gradient = empty_map(features.shape[1:], features)
        # The slope is constant within a bin, so what changes at an edge is added to all above it.
        within = functional.pad(of_filled / _widths(of_filled)[:, None], (0, 0, 1, 1))
        changes = within.diff(dim=0)
        for rows in strips(features, _CELLS_AT_ONCE):
            along = cells_of(features, rows).to(directions) @ directions
            slope, above = torch.zeros_like(along), torch.empty_like(along)
            for edge, change in zip(_EDGES, changes, strict=True):
                slope.addcmul_(above.copy_(along).gt_(edge), change)
            part = slope @ directions.T + of_total
            if weight is not None:
                part *= _flat(weight, rows, part)[:, None]
            cells_of(gradient, rows).copy_(part)  # a view
        return gradient, None, None


def _flat(weight: Tensor, rows: slice, like: Tensor) -> Tensor:
    return cells_of(weight, rows)[:, 0].to(like)


LOSS = SlicedLoss()
