"""Whether strips at the border of painted pictures differ from strips elsewhere in them.

    python benchmarks/borders.py PAINTED.png [PAINTED.png ...]

The undivided border figure of `impasto measure`, all sides, of each picture and of what is left of
it when 8, 12 ... 52 px are cut off all around: their geometric mean and the deviation of one of
them, as a factor less 1. Last, how far the border is from the inside, over all pictures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from impasto import Picture
from impasto.measures.border import border_figure
from impasto.reading.load import load

CUTS_PX = range(8, 56, 4)


def main() -> None:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path, nargs="+", metavar="PAINTED.png")
    differences = []
    print("| picture | border: mean, contrast, gradient | inside | one deviates by |")
    print("|---|---|---|---|")
    for path in parser.parse_args().pictures:
        picture = load(path)
        border, inside = _logs(picture, 0), np.array([_logs(picture, cut) for cut in CUTS_PX])
        usual, deviation = inside.mean(axis=0), inside.std(axis=0)
        differences.append(border - usual)
        cells = (np.exp(border), np.exp(usual), np.expm1(deviation))
        print(f"| {path.stem} | {' | '.join(map(_words, cells))} |")
    print(f"border over inside: {_words(np.exp(np.mean(differences, axis=0)))}")


def _logs(picture: Picture, cut: int) -> np.ndarray:
    """Return the logarithms of the ratios of mean, contrast and gradient, pixels cut off (3,)."""
    height, width = picture.size
    left = Picture(picture.array[cut : height - cut, cut : width - cut])
    return np.log([*border_figure(left, left).undivided["all"].values()])


def _words(numbers: np.ndarray) -> str:
    return ", ".join(f"{number:.2f}" for number in numbers)


if __name__ == "__main__":
    main()
