"""Figures, as in a paper: of plain numbers and pixels, by matplotlib."""
