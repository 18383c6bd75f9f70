"""How much fine detail a picture has, against its styles: the smoothness term."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.losses.loss import Loss, Sums

# Nobody has less detail than one 8-bit level, so that a flat style divides by something.
_LEAST = (1 / 255) ** 2


class SmoothLoss(Loss):
    """Mean squared fine detail, over the styles' own.

    A style says how smooth is smooth: a woodblock's lines cost little, noise between the long
    strokes of a pastel costs much.
    """

    # Measured: what keeps the noise figure under the style's own (docs/benchmarks.md).
    factor = 1.6e-4

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Count cells and sum squares of a picture's `fine_detail` (1,3,h,w)."""
        squares = features.square().mean(1, keepdim=True)
        # Styles are float32 whatever a run computes in: their sum must not depend on its tiles.
        precise = torch.float32 if squares.device.type == "mps" else torch.float64
        if weight is None:
            return squares.new_full((), squares.numel(), dtype=precise), squares.sum(dtype=precise)
        return weight.sum(dtype=precise), (squares * weight).sum(dtype=precise)

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Return the picture's mean over the styles': 1 is as much detail as they have."""
        (cells, total), (goal_cells, goal_total) = sums, goal
        return total / cells / (goal_total / goal_cells).clamp(min=_LEAST)
