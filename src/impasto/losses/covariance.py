"""The Gram loss's steadier sibling: equal means and equal covariances."""

from __future__ import annotations

from torch import Tensor

from impasto.losses.gram import GramLoss
from impasto.losses.loss import Sums
from impasto.losses.moments import Moments


class CovarianceLoss(GramLoss):
    """Mean squared difference of covariances plus that of means.

    A Gram matrix mixes mean and spread, so a flat and a lively region can have the same one;
    told apart, contrast is steadier (the instability is described by Risser et al. 2017).
    """

    factor = 0.5  # measured, as every other: docs/losses.md

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Compare with the style's `goal`."""
        ours, theirs = Moments(*sums), Moments(*goal)
        spread = (ours.covariance() - theirs.covariance()).square().mean()
        return spread + (ours.mean() - theirs.mean()).square().mean()


LOSS = CovarianceLoss()
