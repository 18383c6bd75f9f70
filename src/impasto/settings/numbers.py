"""Numbers and names that settings, plans and presets agree on."""

from __future__ import annotations

STYLE_LOSSES = ("gram", "covariance", "wasserstein", "histogram")

# Every network whose weights can be brought, by its convolutions in each block.
ARCHITECTURES = {"VGG-19": (2, 2, 4, 4, 4), "VGG-16": (2, 2, 3, 3, 3)}


def layer_names(architecture: str) -> tuple[str, ...]:
    """Return a network's layers in depth order, as relu1_1."""
    return tuple(
        f"relu{block}_{position}"
        for block, positions in enumerate(ARCHITECTURES[architecture], 1)
        for position in range(1, positions + 1)
    )


VGG19_LAYERS = layer_names("VGG-19")

# Below this the deepest layers have two cells a side and their statistics mean nothing.
MINIMUM_SIDE_PX = 32

# Ten gigapixels are more than any machine paints; far beyond, planning itself would never end.
LARGEST_SIDE_PX = 100_000

# Most evaluations at the coarsest level, which goes furthest, and at each level above it.
AUTO_ITERATIONS = (60, 30)

# Named limits, from the finest level to the coarsest, whose value repeats: however many levels a
# size has, a preset's limits fit it.
SCHEDULES = {"few": (4, 9, 20), "many": (60, 80, 120), "large": (5, 8, 20, 40, 60, 80)}

# Steps L-BFGS remembers, up to this many pixels and above: each costs 24 bytes a pixel.
AUTO_HISTORY = (20, 5)
LARGE_PX = 16_000_000

# Tiles below this compute more halo than picture.
SMALLEST_TILE_PX = 64

# Each of this many units on the dial makes the style ten times stronger.
STRENGTH_DECADE = 25
STRENGTH_DEFAULT = 50

# What the painting starts from, where it is no picture file.
INIT_WORDS = ("content", "noise", "style")
