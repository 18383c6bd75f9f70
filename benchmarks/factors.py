"""Measure whether the style losses ask for a similar amount of style.

    python benchmarks/factors.py CONTENT STYLE [CONTENT STYLE ...] [--size 256] [--strength 50]

Every loss paints every pair, all else as by default; the content loss of the result says how much
of the photograph was given up for the style. The factors of losses/ were moved until it was that
of the Gram loss.
"""

from __future__ import annotations

import argparse

import impasto
from impasto.settings.style_losses import STYLE_LOSSES


def main() -> None:
    """Paint, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--strength", type=float, default=50)
    options = parser.parse_args()
    pairs = list(zip(options.pictures[::2], options.pictures[1::2], strict=True))
    print("| content, style | loss | content loss | of gram's |\n|---|---|---|---|")
    for content, style in pairs:
        of_gram = 0.0
        for loss in STYLE_LOSSES:
            picture = impasto.stylize(
                content, style, style_loss=loss, size=options.size, strength=options.strength
            )
            losses = impasto.measure(picture, content, style).losses
            found = losses.content.total
            of_gram = of_gram or found
            print(
                f"| {content}, {style} | {loss} | {found:.3f} | {found / of_gram:.2f} |", flush=True
            )


if __name__ == "__main__":
    main()
