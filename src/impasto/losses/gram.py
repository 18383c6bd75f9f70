"""The paper's style loss: equal Gram matrices."""

from __future__ import annotations

from torch import Tensor

from impasto.losses.loss import Loss, Sums
from impasto.losses.moments import Moments, measure_moments


class GramLoss(Loss):
    """Mean squared difference of Gram matrices over M (Gatys et al. 2016, eq. 4-5).

    The paper prints 1/(4 N^2 M^2) on sums; the authors' code, and we, take the mean over N^2
    of (G - A)^2 with G = F F^T / M: see docs/papers.md.
    """

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum responses and outer products over cells; there is no reference."""
        return measure_moments(features, weight)

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Compare with the style's `goal`."""
        return (Moments(*sums).gram() - Moments(*goal).gram()).square().mean()


LOSS = GramLoss()
