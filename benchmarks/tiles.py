"""What tiles cost: seconds a pixel, undivided, in exact tiles, and in the published way.

    python benchmarks/tiles.py [--evaluations 2]

Noise pictures, 3 x 3 tiles, against an undivided 1536 x 1152 picture in the same process. The
published way are tiles of 512 px, of whose gradient only the inner part is kept: that takes a
margin of 256 px, so windows of 1024 px as ours of 832 + 2 x 80 + 32. It too needs the sums of
the whole picture first.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch

from impasto import Settings
from impasto.engine.memory import reused_blocks
from impasto.engine.objective import Objective
from impasto.engine.targets import make_terms
from impasto.engine.view import View, make_view
from impasto.network import build

UNDIVIDED = (1152, 1536)


def main() -> None:
    """Print seconds a megapixel and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=2)
    parser.add_argument("--tiles", default="832,1024,2048")
    options = parser.parse_args()
    settings = Settings()
    torch.set_num_threads(2)
    with reused_blocks():
        encoder = build(settings, settings.layers)
        whole = _pace(make_view(encoder, settings), UNDIVIDED, options.evaluations)
        print("| | s a megapixel | times undivided |\n|---|---|---|")
        print(f"| undivided, {UNDIVIDED[1]} x {UNDIVIDED[0]} px | {whole:.2f} | 1.00 |", flush=True)
        for tile in map(int, options.tiles.split(",")):
            view = make_view(encoder, settings, tile)
            pace = _pace(view, (3 * tile, 3 * tile), options.evaluations)
            print(f"| exact tiles of {tile} px | {pace:.2f} | {pace / whole:.2f} |", flush=True)
        window = _pace(make_view(encoder, settings), (992, 992), options.evaluations)
        sums = _pace_of_sums(make_view(encoder, settings), (992, 992), options.evaluations)
        published = (window + sums) * 1024**2 / 512**2
        print(f"| 512 px with a 256 px margin | {published:.2f} | {published / whole:.2f} |")


def _pace(view: View, size: tuple[int, int], evaluations: int) -> float:
    """Return seconds a megapixel of an evaluation, the best of some."""
    objective, image = _objective(view, size)
    image.requires_grad_()
    return min(_seconds(lambda: objective(image)) for _ in range(evaluations)) / _megapixels(size)


def _pace_of_sums(view: View, size: tuple[int, int], evaluations: int) -> float:
    """Return seconds a megapixel of measuring alone."""
    objective, image = _objective(view, size)
    tiles = view.tiles(image)
    seconds = [_seconds(lambda: objective._sum_up(image, tiles)) for _ in range(evaluations)]
    return min(seconds) / _megapixels(size)


def _objective(view: View, size: tuple[int, int]) -> tuple[Objective, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, 3, *size), generator=generator)
    small = image[..., :256, :256].contiguous()
    terms = make_terms(view, image, [(small, 1.0)], Settings())
    return Objective(view, terms), image


def _seconds(turn: Callable[[], object]) -> float:
    began = time.perf_counter()
    turn()
    return time.perf_counter() - began


def _megapixels(size: tuple[int, int]) -> float:
    return size[0] * size[1] / 1e6


if __name__ == "__main__":
    main()
