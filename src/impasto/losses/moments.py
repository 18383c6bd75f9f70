"""First facts of a feature map that add up over parts: cells and outer products."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

# Cells of half precision that are widened together: 256 MB at 64 channels.
_CELLS_AT_ONCE = 1 << 20


class Moments(NamedTuple):
    """Number of cells () and the sum over them of F F^T (C,C); Moments of parts add up."""

    cells: Tensor
    outer: Tensor

    def gram(self) -> Tensor:
        """Return G = F F^T / M (C,C), the mean over M cells (Gatys et al. 2016, eq. 5, over M)."""
        return self.outer / self.cells


def measure_moments(features: Tensor) -> Moments:
    """Measure (1,C,h,w), in float32 or better whatever the features' precision."""
    outer: Tensor = _Outer.apply(features)  # type: ignore[no-untyped-call]
    return Moments(outer.new_full((), features[0, 0].numel()), outer)


class _Outer(torch.autograd.Function):
    """The sum of outer products over cells, whose gradient is one product, not autograd's two.

    Only the features are kept, which the network keeps as well.
    """

    @staticmethod
    def forward(context: Any, features: Tensor) -> Tensor:
        context.save_for_backward(features)
        return _sum_of_outers(_rows(features))

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (features,) = context.saved_tensors
        slope = (gradient + gradient.T).to(features.dtype)
        # Not a view: autograd then adds the network's own gradient in place.
        product = torch.empty_like(features, memory_format=torch.channels_last)
        torch.mm(_rows(features), slope, out=_rows(product))
        return product


def _rows(features: Tensor) -> Tensor:
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])  # (h*w, C)


def _sum_of_outers(rows: Tensor) -> Tensor:
    if rows.itemsize >= torch.float32.itemsize:
        return rows.T @ rows  # (C, C)
    # A product of half precision is rounded to it, so each part is widened; not all at once.
    total = rows.new_zeros(rows.shape[1], rows.shape[1], dtype=torch.float32)
    for part in torch.split(rows, _CELLS_AT_ONCE):
        wide = part.float()
        total.addmm_(wide.T, wide)
    return total
