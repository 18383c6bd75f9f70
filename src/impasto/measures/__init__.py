"""Figures that judge a finished picture: the paper's losses, noise, border, palette, clipping."""

from impasto.measures.measure import Measures, measure
from impasto.measures.paper import PAPER

__all__ = ["PAPER", "Measures", "measure"]
