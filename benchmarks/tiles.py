"""What tiles cost: seconds a pixel, undivided, in exact tiles, and in the published way.

    python benchmarks/tiles.py [--evaluations 2] [--tiles 832,1024,2048]

Noise pictures. Of a picture of 3 x 3 tiles the middle one is timed, which has a halo on every
side, against an undivided 1536 x 1152 picture in the same process. The published way are tiles
of 512 px, of whose gradient only the inner part is kept: that takes a margin of 256 px, so
windows of 1024 px as ours of 832 + 2 x 96 px are. It too needs the sums of the whole first.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from impasto import Settings
from impasto.memory.arena import cutting_from
from impasto.native.team import team_of
from impasto.network.vgg import VGG, build
from impasto.objective.objective import Objective
from impasto.objective.term import Term
from impasto.objective.terms import make_terms
from impasto.scene.scene import plain_scene
from impasto.tiles.padding import REFLECT_MARGIN_PX
from impasto.tiles.view import View, make_view

UNDIVIDED = (1152, 1536)


def main() -> None:
    """Print seconds a megapixel and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=2)
    parser.add_argument("--tiles", default="832,1024,2048")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    settings = Settings()
    torch.set_num_threads(1)  # beside threads of ours
    encoder = build(settings, settings.layers)
    with team_of(options.threads):
        measure(options, settings, encoder)


def measure(options: argparse.Namespace, settings: Settings, encoder: VGG) -> None:
    """Print the table's lines."""
    whole = _pace(make_view(encoder, settings), UNDIVIDED, options.evaluations)
    print("| | s a megapixel | times undivided |\n|---|---|---|")
    print(f"| undivided, {UNDIVIDED[1]} x {UNDIVIDED[0]} px | {whole:.2f} | 1.00 |", flush=True)
    for tile in map(int, options.tiles.split(",")):
        pace = _pace_of_tile(make_view(encoder, settings, tile), tile, options.evaluations)
        print(f"| exact tiles of {tile} px | {pace:.2f} | {pace / whole:.2f} |", flush=True)
    window = (1024 - 2 * REFLECT_MARGIN_PX,) * 2
    view = make_view(encoder, settings)
    passes = _pace(view, window, options.evaluations) + _pace_of_sums(
        view, window, options.evaluations
    )
    published = passes * window[0] * window[1] / 512**2
    print(f"| 512 px with a 256 px margin | {published:.2f} | {published / whole:.2f} |")


def _pace(view: View, size: tuple[int, int], evaluations: int) -> float:
    """Return seconds a megapixel of an evaluation, the best of some."""
    objective, image = _objective(view, size)
    image.requires_grad_()
    return min(_seconds(lambda: objective(image)) for _ in range(evaluations)) / _megapixels(size)


def _pace_of_sums(view: View, size: tuple[int, int], evaluations: int) -> float:
    """Return seconds a megapixel of measuring alone."""
    objective, image = _objective(view, size)
    seconds = [_seconds(lambda: objective.losses(image)) for _ in range(evaluations)]
    return min(seconds) / _megapixels(size)


def _pace_of_tile(view: View, tile: int, evaluations: int) -> float:
    """Return seconds a megapixel of both passes over the middle of 3 x 3 tiles."""
    objective, image = _objective(view, (3 * tile, 3 * tile))
    image.requires_grad_()
    middle = view.tiles(image)[4:5]
    # As a whole evaluation, which would go through all tiles, has it.
    with cutting_from(objective._arena_for(image)):
        seconds = [
            _seconds(lambda: objective._in_two_passes(image, middle)) for _ in range(evaluations)
        ]
    return min(seconds) / _megapixels((tile, tile))


def _objective(view: View, size: tuple[int, int]) -> tuple[Objective, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, 3, *size), generator=generator)
    small = image[..., :256, :256].contiguous()
    terms = make_terms(view, plain_scene(small, [(small, 1.0)]), Settings())
    # Any reference of the right size takes the same time.
    return Objective(view, [_with_reference(term, view, size) for term in terms]), image


def _with_reference(term: Term, view: View, size: tuple[int, int]) -> Term:
    if term.reference is None:
        return term
    stride = view.stride(term.layer)
    height, width = (-(-side // stride) for side in size)
    shape = (1, height, width, term.reference.shape[1])
    return replace(term, reference=torch.zeros(shape).permute(0, 3, 1, 2))


def _seconds(turn: Callable[[], object]) -> float:
    began = time.perf_counter()
    turn()
    return time.perf_counter() - began


def _megapixels(size: tuple[int, int]) -> float:
    return size[0] * size[1] / 1e6


if __name__ == "__main__":
    main()
