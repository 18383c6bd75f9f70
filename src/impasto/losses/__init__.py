"""Losses: pure functions of features, as sums that add up over parts of a picture."""

from impasto.losses.content import ContentLoss
from impasto.losses.gram import CovarianceLoss, GramLoss
from impasto.losses.histogram import HistogramLoss
from impasto.losses.loss import Loss, Sums, added, shared
from impasto.losses.moments import Moments, measure_moments
from impasto.losses.smooth import SmoothLoss
from impasto.losses.wasserstein import WassersteinLoss

__all__ = [
    "ContentLoss",
    "CovarianceLoss",
    "GramLoss",
    "HistogramLoss",
    "Loss",
    "Moments",
    "SmoothLoss",
    "Sums",
    "WassersteinLoss",
    "added",
    "measure_moments",
    "shared",
]
