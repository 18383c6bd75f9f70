"""Losses: pure functions of features, as sums that add up over parts of a picture."""
