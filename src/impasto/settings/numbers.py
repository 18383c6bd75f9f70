"""Numbers and names that settings, plans and presets agree on."""

from __future__ import annotations

# Below this the deepest layers have two cells a side and their statistics mean nothing.
MINIMUM_SIDE_PX = 32

# Ten gigapixels are more than any machine paints; far beyond, planning itself would never end.
LARGEST_SIDE_PX = 100_000

# Most evaluations at the coarsest level, which goes furthest, and at each level above it.
AUTO_ITERATIONS = (60, 30)

# Named limits, from the finest level to the coarsest, whose value repeats: however many levels a
# size has, a preset's limits fit it.
SCHEDULES = {"few": (4, 9, 20), "many": (60, 80, 120), "large": (5, 8, 30, 40, 60, 80)}

# Steps L-BFGS remembers, up to this many pixels and above: each costs 24 bytes a pixel.
AUTO_HISTORY = (20, 5)
LARGE_PX = 16_000_000

# Tiles below this compute more halo than picture.
SMALLEST_TILE_PX = 64

# More than a picture has tiles that are worth sharing out.
MOST_PROCESSES = 4096

# Each of this many units on the dial makes the style ten times stronger.
STRENGTH_DECADE = 25
STRENGTH_DEFAULT = 50

# What the painting starts from, where it is no picture file.
INIT_WORDS = ("content", "noise", "style")

# Between two checkpoints of a run.
CHECKPOINT_SECONDS = 5.0
