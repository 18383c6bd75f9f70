"""The Gram loss with a second opinion: each filter's responses as often in both pictures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from impasto.losses.gram import GramLoss
from impasto.losses.loss import Sums

# Bin edges, in units of the filter's mean response: they must be the same for every tile and
# picture. Fine where responses crowd, up to where only a few reach.
_EDGES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
# The histogram's weight beside the Gram matrix: chosen so that both pull alike (docs/losses.md).
_SHARE = 4.0


class HistogramLoss(GramLoss):
    """Gram loss plus the squared distance of cumulative histograms, filter by filter.

    After Risser et al. 2017: equal Gram matrices allow another spread of responses. A response
    counts for a bin by the part of it that it fills (linear binning), so counts have a gradient
    and add up over tiles. The features' unit is a filter's mean response, as the normalised
    network has it.
    """

    factor = 0.25

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum, beside the moments, how far responses fill each bin: (bins, C)."""
        filled = _Filled.apply(features, weight)  # type: ignore[no-untyped-call]
        return *super().measure(features, weight), filled

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Compare with the style's `goal`."""
        gram = super().score(sums[:3], goal[:3])
        gaps = sums[3] / sums[0] - goal[3] / goal[0]
        widths = torch.tensor(_EDGES, dtype=gaps.dtype, device=gaps.device).diff()
        # The integral of the squared difference over responses, the mean over filters.
        return gram + _SHARE * (widths @ gaps.square()).mean()


class _Filled(torch.autograd.Function):
    """How far responses fill each bin; nothing is kept but the features, bin by bin."""

    @staticmethod
    def forward(context: Any, features: Tensor, weight: Tensor | None) -> Tensor:
        context.save_for_backward(features, weight)
        wide = torch.promote_types(features.dtype, torch.float32)
        sums = []
        for low, high in pairwise(_EDGES):
            part = features.to(wide).sub(low).div_(high - low).clamp_(0, 1)
            if weight is not None:
                part *= weight
            sums.append(part.sum((0, 2, 3)))
        return torch.stack(sums)  # (bins, C)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        features, weight = context.saved_tensors
        slope = torch.zeros_like(features)
        for pull, (low, high) in zip(gradient, pairwise(_EDGES), strict=True):
            inside = (features > low) & (features < high)
            slope.addcmul_(inside.to(slope.dtype), (pull / (high - low)).to(slope)[:, None, None])
        if weight is not None:
            slope *= weight.to(slope.dtype)
        return slope, None


LOSS = HistogramLoss()
