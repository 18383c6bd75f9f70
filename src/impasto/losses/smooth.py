"""How much fine detail a picture has, against its styles: the smoothness term."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.losses.loss import Loss, Sums

# Nobody has less detail than one 8-bit level, so that a flat style divides by something.
_LEAST = (1 / 255) ** 2


class SmoothLoss(Loss):
    """Mean squared fine detail over the styles' own: of the light, its chequers, and of colours.

    A style says how smooth is smooth: a woodblock's lines cost little, noise between the long
    strokes of a pastel costs much. The network hardly sees colours that change from pixel to pixel,
    and takes chequers of single pixels for a light between theirs, so nothing else keeps either
    from growing to many times a painting's.
    """

    # Measured: what keeps the noise figure under the style's own (docs/benchmarks.md).
    factor = 1.6e-4

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Count cells, and sum squares of the three kinds in a view's DETAIL (1,4,h,w)."""
        detail, chequers = features[:, :3], features[:, 3:].square()
        light = detail.sum(1, keepdim=True).square() / 3
        colour = detail.square().sum(1, keepdim=True) - light
        # Styles are float32 whatever a run computes in: their sum must not depend on its tiles.
        precise = torch.float32 if light.device.type == "mps" else torch.float64
        parts = light, chequers, colour
        if weight is None:
            count = light.new_full((), light.numel(), dtype=precise)
            return count, *(part.sum(dtype=precise) for part in parts)
        return weight.sum(dtype=precise), *((part * weight).sum(dtype=precise) for part in parts)

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Return the sum of each kind's mean over the styles': 3 is as much as theirs."""
        cells, goal_cells = sums[0], goal[0]
        shares = [
            total / cells / (goal_total / goal_cells).clamp(min=_LEAST)
            for total, goal_total in zip(sums[1:], goal[1:], strict=True)
        ]
        return torch.stack(shares).sum()
