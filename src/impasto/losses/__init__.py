"""Losses: pure functions of features, as sums that add up over parts of a picture."""

from impasto.losses.content import ContentLoss
from impasto.losses.gram import GramLoss
from impasto.losses.loss import Loss, Sums, added
from impasto.losses.moments import Moments, measure_moments

__all__ = ["ContentLoss", "GramLoss", "Loss", "Moments", "Sums", "added", "measure_moments"]
