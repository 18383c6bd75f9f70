"""The paper's style loss, equal Gram matrices, and its steadier sibling, equal covariances."""

from __future__ import annotations

from torch import Tensor

from impasto.losses.loss import Sums
from impasto.losses.moments import Moments, measure_moments


class GramLoss:
    """Mean squared difference of Gram matrices over M (Gatys et al. 2016, eq. 4-5).

    The paper prints 1/(4 N^2 M^2) on sums; the authors' code, and we, take the mean over N^2
    of (G - A)^2 with G = F F^T / M: see docs/papers.md.
    """

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Sum responses and outer products over cells; there is no reference."""
        return measure_moments(features, weight)

    capturable = True
    factor = 1.0

    def goal(self, sums: Sums) -> Sums:
        """Return the sums themselves."""
        return sums

    def score(self, sums: Sums, goal: Sums | None = None) -> Tensor:
        """Compare with the style's `goal`."""
        assert goal is not None
        return (Moments(*sums).gram() - Moments(*goal).gram()).square().mean()


class CovarianceLoss(GramLoss):
    """Mean squared difference of covariances plus that of means.

    A Gram matrix mixes mean and spread, so a flat and a lively region can have the same one;
    told apart, contrast is steadier (the instability is described by Risser et al. 2017).
    """

    factor = 0.5  # measured, as every other: docs/losses.md

    def score(self, sums: Sums, goal: Sums | None = None) -> Tensor:
        """Compare with the style's `goal`."""
        assert goal is not None
        ours, theirs = Moments(*sums), Moments(*goal)
        spread = (ours.covariance() - theirs.covariance()).square().mean()
        return spread + (ours.mean() - theirs.mean()).square().mean()
