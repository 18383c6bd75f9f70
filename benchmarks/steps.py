"""What do bounds on the steps bring? The last loss with L-BFGS's bounds and without, in turns.

python benchmarks/steps.py CONTENT STYLE [CONTENT STYLE ...] [--size 256] [--preset standard]
"""

from __future__ import annotations

import argparse
import math

import impasto
from impasto import Resources
from impasto.optimizers import lbfgs as optimizer
from impasto.settings.presets import from_options

NAMES = "FIRST_AT_MOST", "EARLY_AT_MOST", "LONGEST_OF_PIXEL", "LONGEST_STEP"
BOUNDS = tuple(getattr(optimizer, name) for name in NAMES)


def main() -> None:
    """Paint each pair twice and print both losses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="CONTENT STYLE")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--preset", default="standard")
    given = parser.parse_args()
    settings, _ = from_options({"size": given.size, "preset": given.preset})
    for content, style in zip(given.pairs[::2], given.pairs[1::2], strict=True):
        bounded, free = (
            _loss(content, style, settings, bounds) for bounds in (BOUNDS, (math.inf,) * len(NAMES))
        )
        print(f"{content}, {style}: {bounded:.6f} bounded, {free:.6f} without", flush=True)


def _loss(content: str, style: str, settings: impasto.Settings, bounds: tuple[float, ...]) -> float:
    for name, bound in zip(NAMES, bounds, strict=True):
        setattr(optimizer, name, bound)
    *_, last = impasto.iterate(content, style, settings, Resources(threads=2))
    return sum(loss.item() for loss in last.losses.values())


if __name__ == "__main__":
    main()
