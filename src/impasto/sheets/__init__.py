"""Labelled sheets of many pictures: the paper's figures, and sweeps over options."""
