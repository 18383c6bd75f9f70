"""Measure whether --preset paper shows the noise of the paper's method.

    python benchmarks/noise.py OUT_FOLDER CONTENT STYLE [--size 256]

The preset against the method without anything of ours: torch's L-BFGS at a single size from the
same white noise, as many evaluations, on pixels that are free to leave 0..1 and are clipped when
they are saved. Both judged by the noise figure of `impasto measure`, beside the default's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from objective import minimised
from torch import Tensor

import impasto
from impasto import Settings
from impasto.computing.modes import computing
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.network.vgg import build
from impasto.reading.sources import as_picture
from impasto.scene.init import first_image
from impasto.settings.presets import from_options


def main() -> None:
    """Paint, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    settings, _ = from_options({"preset": "paper", "size": options.size})
    sources = (options.content, options.style)
    pictures = {
        "--preset paper": impasto.stylize(*sources, preset="paper", size=options.size),
        "unconstrained L-BFGS": as_picture(unconstrained(*sources, settings)),
        "default": impasto.stylize(*sources, size=options.size),
    }
    print("| | noise | the style's own |\n|---|---|---|")
    for name, picture in pictures.items():
        path = options.folder / f"{name.replace(' ', '-').strip('-')}.png"
        picture.save(path, overwrite=True)
        noise = impasto.measure(path, *sources).noise
        print(f"| {name} | {noise.figure:.3f} | {noise.style:.3f} |", flush=True)


def unconstrained(content: str, style: str, settings: Settings) -> Tensor:
    """Return the clipped picture (1,3,H,W) of torch's L-BFGS from white noise."""
    run = prepare(content, style, settings)
    with computing(run.plan):
        objective = level_objective(run, 1, build(settings, settings.layers))
        level = run.levels[-1]
        init, size = run.originals.init, (level.height, level.width)
        image = first_image(init, init.at(*size), size, settings.seed).requires_grad_()
        return minimised(objective, image, level.iterations)


if __name__ == "__main__":
    main()
