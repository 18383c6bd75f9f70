"""How rough a picture is: the smoothness term."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.losses.content import ContentLoss
from impasto.losses.loss import Sums


def edges(image: Tensor) -> Tensor:
    """Return each pixel's differences to its right and lower neighbours: (1,6,H,W) of (1,3,H,W).

    At the last column and row the difference is 0.
    """
    across = torch.cat((image.diff(dim=3), image.new_zeros(1, 3, image.shape[2], 1)), 3)
    down = torch.cat((image.diff(dim=2), image.new_zeros(1, 3, 1, image.shape[3])), 2)
    return torch.cat((across, down), 1)


class SmoothLoss(ContentLoss):
    """Mean squared difference of neighbouring pixels (total variation with exponent 2).

    Mahendran and Vedaldi 2015, eq. 4 with beta = 2; it falls fastest where pixels alternate, so
    it takes noise before strokes.
    """

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Count and sum squares of a picture's `edges` (1,6,h,w)."""
        squares = features.square()
        if weight is not None:
            squares = squares * weight
        cells = squares.new_full((), features[0, 0].numel()) if weight is None else weight.sum()
        return cells, squares.sum() / 3
