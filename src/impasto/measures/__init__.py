"""Figures that judge a finished picture: the paper's losses, noise, border, palette, clipping."""
