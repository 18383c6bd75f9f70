"""How much fine detail a picture has, against its styles: the smoothness term."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.losses.loss import Loss, Sums

# Nobody has less detail than one 8-bit level, so that a flat style divides by something.
_LEAST = (1 / 255) ** 2


class SmoothLoss(Loss):
    """Mean squared fine detail, over the styles' own: of the light, and of colours above it.

    A style says how smooth is smooth: a woodblock's lines cost little, noise between the long
    strokes of a pastel costs much. The network hardly sees colours that change from pixel to pixel,
    so nothing else keeps them from growing to many times a painting's.
    """

    # Measured: what keeps the noise figure under the style's own (docs/benchmarks.md).
    factor = 1.6e-4

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Count cells, and sum squares of `fine_detail` (1,3,h,w): of its light, of its colour."""
        crossed = features[:, 3:].square()
        features = features[:, :3]
        squares = features.square().sum(1, keepdim=True)
        light = features.sum(1, keepdim=True).square() / 3
        # Styles are float32 whatever a run computes in: their sum must not depend on its tiles.
        precise = torch.float32 if squares.device.type == "mps" else torch.float64
        parts = light, squares - light, crossed
        if weight is None:
            count = squares.new_full((), squares.numel(), dtype=precise)
            return count, *(part.sum(dtype=precise) for part in parts)
        return weight.sum(dtype=precise), *((part * weight).sum(dtype=precise) for part in parts)

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Return the light's mean over the styles', 1 is as much as theirs, and colour's excess."""
        cells, goal_cells = sums[0], goal[0]
        light, colour, crossed = (
            total / cells / (goal_total / goal_cells).clamp(min=_LEAST)
            for total, goal_total in zip(sums[1:], goal[1:], strict=True)
        )
        import os
        off = float(os.environ.get("COFF", "1"))
        return light + (colour - off).clamp(min=0) + crossed
