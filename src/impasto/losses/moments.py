"""Facts of a feature map that add up over parts: cells, sum and outer products."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from impasto.losses.strips import cells_of, strips
from impasto.memory.arena import empty_map
from impasto.native import operations as native
from impasto.native.waiting import Sums, Waiting, waiting_of

# Cells summed up together, elsewhere and on a CPU, where they should stay in the cache.
_CELLS_AT_ONCE = (1 << 20, 1 << 14)


class Moments(NamedTuple):
    """Cells (), the sum over them of F (C,) and of F F^T (C,C); Moments of parts add up.

    With weights, a cell counts by its weight.
    """

    cells: Tensor
    total: Tensor
    outer: Tensor

    def gram(self) -> Tensor:
        """Return G = F F^T / M (C,C), the mean over M cells (Gatys et al. 2016, eq. 5, over M)."""
        return self.outer / self.cells

    def mean(self) -> Tensor:
        """Return the mean response of each filter (C,)."""
        return self.total / self.cells

    def covariance(self) -> Tensor:
        """Return the mean product of responses less their means (C,C)."""
        mean = self.mean()
        return self.gram() - mean.outer(mean)


def measure_moments(features: Tensor, weight: Tensor | None = None) -> Moments:
    """Measure (1,C,h,w), in float32 or better whatever the features' precision.

    `weight` (1,1,h,w), 0 or more, says how much each cell counts.
    """
    if native.takes(features):
        waiting = waiting_of(features)
        total, outer = _NativeSums.apply(features, weight, waiting)  # type: ignore[no-untyped-call]
    else:
        total, outer = _Sums.apply(features, weight)  # type: ignore[no-untyped-call]
    if weight is None:
        return Moments(outer.new_full((), features[0, 0].numel()), total, outer)
    return Moments(weight.sum(dtype=outer.dtype), total, outer)


class _Sums(torch.autograd.Function):
    """Sums over cells of responses and of their outer products.

    The gradient is one product, not autograd's two, and only the features are kept, which the
    network keeps as well. Both ways go by strips of rows: a map that was cut out of a larger one
    is brought together a strip at a time.
    """

    @staticmethod
    def forward(context: Any, features: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
        context.save_for_backward(features, weight)
        # A product of half precision is rounded to it, so each strip is widened.
        wide = torch.promote_types(features.dtype, torch.float32)
        channels = features.shape[1]
        total = features.new_zeros(channels, dtype=wide)
        outer = features.new_zeros(channels, channels, dtype=wide)
        for rows in strips(features, _CELLS_AT_ONCE):
            part = cells_of(features, rows).to(wide)
            weighed = part if weight is None else part * cells_of(weight, rows).to(wide)
            total += weighed.sum(0)
            outer.addmm_(weighed.T, part)
        return total, outer

    @staticmethod
    def backward(context: Any, of_total: Tensor, of_outer: Tensor) -> tuple[Tensor, None]:
        features, weight = context.saved_tensors
        slope = (of_outer + of_outer.T).to(features.dtype)
        constant = of_total.to(features.dtype)
        gradient = empty_map(features.shape[1:], features)
        for rows in strips(features, _CELLS_AT_ONCE):
            strip = cells_of(gradient, rows)  # a view
            torch.addmm(constant, cells_of(features, rows), slope, out=strip)
            if weight is not None:
                strip *= cells_of(weight, rows).to(features.dtype)
        return gradient, None


class _NativeSums(torch.autograd.Function):
    """The same in machine code; the gradient waits at the layer, where it may."""

    @staticmethod
    def forward(
        context: Any, features: Tensor, weight: Tensor | None, waiting: Waiting | None
    ) -> tuple[Tensor, Tensor]:
        context.save_for_backward(features, weight)
        context.waiting = waiting
        return native.sums(features, weight)

    @staticmethod
    def backward(
        context: Any, of_total: Tensor, of_outer: Tensor
    ) -> tuple[Tensor | None, None, None]:
        features, weight = context.saved_tensors
        slopes = Sums(features, weight, of_total, of_outer)
        if context.waiting is None:
            return native.sums_gradient(*slopes), None, None
        context.waiting.append(slopes)
        return None, None, None
