"""The covariance loss across layers: what responds together in two neighbouring ones."""

from __future__ import annotations

from impasto.losses.covariance import CovarianceLoss


class CrossLoss(CovarianceLoss):
    """Equal means and covariances of each layer together with the shallower one before it.

    After Yeh and Tang 2018, whose cross-layer Gram matrices stand for those within layers. Here
    one matrix holds both, for a layer's filters and the shallower's, averaged over its cells.
    """

    factor = 0.65
    joins = True


LOSS = CrossLoss()
