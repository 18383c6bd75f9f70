"""Pixels to features: the trained network, its weights, its shapes."""
