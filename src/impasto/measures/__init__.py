"""Figures that judge a finished picture: by itself, by its photograph and by its styles."""
