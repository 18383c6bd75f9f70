"""Whether patches show at any strength and by any style loss: the worst block of each picture.

    python benchmarks/patches.py OUT_FOLDER CONTENT STYLE [CONTENT STYLE ...] [--size 256]
        [--strengths 20,30,40,60,80,100] [--losses covariance,gram,...]

The patches figure of `impasto measure`: 1 is as much fine detail as the style has in its most
detailed blocks, or the photograph in the same one. Where the worst of all is, so that one can look.
Pictures that are in the folder already are not painted again.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import impasto
from impasto.measures.patches import Patches
from impasto.settings.style_losses import STYLE_LOSSES


def main() -> None:
    """Paint, measure, print a table for each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+", metavar="CONTENT STYLE")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--strengths", default="20,30,40,60,80,100")
    parser.add_argument("--losses", default=",".join(STYLE_LOSSES))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    losses, strengths = options.losses.split(","), [*map(float, options.strengths.split(","))]
    contents, styles = options.pictures[::2], options.pictures[1::2]
    for content, style in zip(contents, styles, strict=True):
        print(f"\n| {content.stem}, {style.stem} | light | colour | chequer | medians | worst at |")
        print("|---|---|---|---|---|---|", flush=True)
        for loss, strength in product(losses, strengths):
            name = f"{content.stem}-{style.stem}-{options.size}-{loss}-{strength:g}.png"
            path = options.folder / name
            if not path.exists():
                chosen = {"size": options.size, "style_loss": loss, "strength": strength}
                impasto.stylize(content, style, **chosen).save(path)
            patches = impasto.measure(path, content, style).patches
            assert patches is not None
            print(f"| {loss}, {strength:g} | {_cells(patches)} |", flush=True)


def _cells(patches: Patches) -> str:
    kinds = (patches.light, patches.colour, patches.chequer)
    worst = max(kinds, key=lambda block: block.figure)
    figures = " | ".join(f"{block.figure:.2f}" for block in kinds)
    return (
        f"{figures} | {', '.join(f'{block.median:.2f}' for block in kinds)} | {worst.x},{worst.y}"
    )


if __name__ == "__main__":
    main()
