"""Which sizes are visited, what they cost, and how this machine computes them."""
