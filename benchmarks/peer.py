"""How soon impasto comes within 5 % of what pastiche 1.6.0 has after 300 steps.

    python benchmarks/peer.py CONTENT STYLE [--size 512] [--steps 300]

The objective is pastiche's default one, start included: original network, max pooling, zero
padding, content 0.01 at relu4_2, each style layer 10 / channels^2. Its pixels may leave 0..255;
ours may not. All seconds count from reading the pictures.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pastiche.pastiche import PasticheArtist

import impasto
from impasto import Resources, Settings
from impasto.engine import prepare
from impasto.network import layer_table

STYLE_LAYERS = {
    f"relu{block}_1": 10 / layer_table()[f"relu{block}_1"].channels ** 2 for block in range(1, 6)
}


def main() -> None:
    """Run pastiche, then impasto twice, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    loss, seconds = pastiche(options)
    print("| | evaluations | seconds | its objective |\n|---|---|---|---|")
    print(f"| pastiche 1.6.0 | {options.steps} | {seconds:.0f} | {loss:.4g} |", flush=True)
    for name, levels in (("impasto, coarse to fine", "auto"), ("impasto, single scale", 1)):
        found = until(options, levels, 1.05 * loss)
        print(f"| {name} | {found[0]} | {found[1]:.0f} | {found[2]:.4g} |", flush=True)


def pastiche(options: argparse.Namespace) -> tuple[float, float]:
    """Return pastiche's loss after its steps, and the seconds they took."""
    began = time.perf_counter()
    artist = PasticheArtist(
        str(options.content), [str(options.style)], size=options.size, device="cpu"
    )
    for _ in range(options.steps):
        artist.draw()
    return artist.loss, time.perf_counter() - began


def until(options: argparse.Namespace, levels: int | str, goal: float) -> tuple[int, float, float]:
    """Return evaluations at the last size, seconds and loss when the goal is met, or at the end."""
    limits: tuple[int, ...] = (options.steps,)
    if levels == "auto":
        count = len(prepare(options.content, options.style, Settings(size=options.size)).levels)
        limits = (60, *[30] * (count - 2), options.steps)
    settings = Settings(
        size=options.size, levels=levels, network="original", pooling="max", padding="zeros",
        content_layers={"relu4_2": 0.01}, style_layers=STYLE_LAYERS, style_weight=1.0,
        iterations=limits, tolerance=0,
    )  # fmt: skip
    began = time.perf_counter()
    for step in impasto.iterate(options.content, options.style, settings, Resources(device="cpu")):
        if step.level == len(step.levels):
            # Our weights are shares of their sum, which is 2.
            loss = 2 * sum(loss.item() for loss in step.losses.values())
            if loss <= goal:
                break
    return step.iteration, time.perf_counter() - began, loss


if __name__ == "__main__":
    main()
