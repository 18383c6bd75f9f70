"""Objective against seconds: the default run, a single scale, and plain PyTorch.

    python benchmarks/curve.py OUT.svg SIZE CONTENT STYLE [CONTENT STYLE ...]   (needs matplotlib)

All minimise the paper's objective of the last size, with zero padding so that they are alike;
impasto's coarse levels count as seconds before its first point. Seconds start with the pictures
in memory and the network built, and plain PyTorch's pixels may leave 0..1.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from plain import Plain

from impasto import Settings
from impasto.engine.iterate import paint
from impasto.engine.prepare import prepare
from impasto.network.vgg import build
from impasto.pictures.resample import resize

Point = tuple[float, float]  # seconds, objective
EVALUATIONS = 100


def main(where: Path, size: int, pairs: list[tuple[str, str]]) -> None:
    """Draw one panel a pair and print when each comes below the default run's end."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        1, len(pairs), figsize=(4 * len(pairs), 3.5), layout="constrained", squeeze=False
    )
    print("| pair | | seconds | objective | seconds to the default run's end |")
    print("|---|---|---|---|---|")
    for axes, (content, style) in zip(panels[0], pairs, strict=True):
        name = f"{Path(content).stem}, {Path(style).stem}"
        curves = {
            "default": list(ours(content, style, _paper(size))),
            "single scale": list(ours(content, style, _single(size))),
            "plain PyTorch": list(plain(content, style, _single(size))),
        }
        goal = min(loss for _, loss in curves["default"])
        for label, points in curves.items():
            reached = [f"{seconds:.0f}" for seconds, loss in points if loss <= goal * 1.0001]
            seconds, loss = points[-1]
            first = reached[0] if reached else "never"
            print(f"| {name} | {label} | {seconds:.0f} | {loss:.6f} | {first} |", flush=True)
            axes.plot(*zip(*points, strict=True), label=label)
        axes.set(title=name, xlabel="seconds", ylabel="objective", yscale="log")
        axes.grid(visible=True, which="both", alpha=0.3)
        axes.legend()
    figure.savefig(where)


def ours(content: str, style: str, settings: Settings) -> Iterator[Point]:
    """Yield a point for each evaluation at the last level."""
    run = prepare(content, style, settings)
    encoder = build(settings, settings.layers)
    began = time.perf_counter()
    for step in paint(replace(run, encoder=encoder)):
        if step.level == len(step.levels):
            loss = sum(loss.item() for loss in step.losses.values())
            yield time.perf_counter() - began, loss


def plain(content: str, style: str, settings: Settings) -> Iterator[Point]:
    """Yield a point for each evaluation of the usual implementation."""
    run = prepare(content, style, settings)
    level = run.levels[-1]
    photo = resize(run.originals.content.tensor()[None], level.height, level.width)
    painter = Plain(
        photo, resize(run.originals.styles[0].picture.tensor()[None], *level.style_sizes[0])
    )
    began = time.perf_counter()
    for _ in range(EVALUATIONS):
        loss = painter.step()
        yield time.perf_counter() - began, loss


def _paper(size: int, **more: Any) -> Settings:
    return Settings(size=size, padding="zeros", style_loss="gram", smoothness=0, **more)


def _single(size: int) -> Settings:
    return _paper(size, levels=1, iterations=EVALUATIONS, tolerance=0)


if __name__ == "__main__":
    words = sys.argv[3:]
    main(Path(sys.argv[1]), int(sys.argv[2]), list(zip(words[::2], words[1::2], strict=True)))
