"""Facts of a feature map that add up over parts: cells, sum and outer products."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

# Cells of half precision that are widened together: 256 MB at 64 channels.
_CELLS_AT_ONCE = 1 << 20


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
    total, outer = _Sums.apply(features, weight)  # type: ignore[no-untyped-call]
    if weight is None:
        return Moments(outer.new_full((), features[0, 0].numel()), total, outer)
    return Moments(weight.sum(dtype=outer.dtype), total, outer)


class _Sums(torch.autograd.Function):
    """Sums over cells of responses and of their outer products.

    The gradient is one product, not autograd's two, and only the features are kept, which the
    network keeps as well.
    """

    @staticmethod
    def forward(context: Any, features: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
        context.save_for_backward(features, weight)
        return _sums(_rows(features), None if weight is None else _rows(weight))

    @staticmethod
    def backward(context: Any, of_total: Tensor, of_outer: Tensor) -> tuple[Tensor, None]:
        features, weight = context.saved_tensors
        slope = (of_outer + of_outer.T).to(features.dtype)
        # Not a view: autograd then adds the network's own gradient in place.
        product = torch.empty_like(features, memory_format=torch.channels_last)
        rows = _rows(product)
        torch.addmm(of_total.to(features.dtype), _rows(features), slope, out=rows)
        if weight is not None:
            rows *= _rows(weight).to(features.dtype)
        return product, None


def _rows(features: Tensor) -> Tensor:
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])  # (h*w, C)


def _sums(rows: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the sums of rows (M,C), weighed by (M,1), and of their outer products."""
    # A product of half precision is rounded to it, so each part is widened; not all at once.
    wide = torch.promote_types(rows.dtype, torch.float32)
    count = len(rows) if rows.dtype == wide else _CELLS_AT_ONCE
    channels = rows.shape[1]
    total, outer = (
        rows.new_zeros(channels, dtype=wide),
        rows.new_zeros(channels, channels, dtype=wide),
    )
    for first in range(0, len(rows), count):
        part = rows[first : first + count].to(wide)
        weighed = part if weight is None else part * weight[first : first + count].to(wide)
        total += weighed.sum(0)
        outer.addmm_(weighed.T, part)
    return total, outer
