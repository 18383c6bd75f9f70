"""On a GPU: evaluations a second and whole default pictures, against plain PyTorch.

    python benchmarks/gpu.py CONTENT STYLE [--sizes 512,1024,2048,4096] [--device cuda]

Evaluations take turns within one process; a picture's seconds are the second run's, when the
libraries have chosen and loaded their kernels.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from plain import Plain

import impasto
from impasto import Resources, Settings
from impasto.engine.iterate import paint
from impasto.engine.prepare import prepare
from impasto.pictures.resample import resize

ROUNDS = 20


def main() -> None:
    """Print one table of evaluations and one of pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--sizes", default="512,1024,2048,4096")
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(torch.cuda.get_device_name() if options.device == "cuda" else options.device)
    print("\n| px | precision | evaluations/s | plain PyTorch | ratio | first loss to float32's |")
    print("|---|---|---|---|---|---|")
    for size in sizes:
        exact = 0.0
        for precision in ("float32", "tf32", "bfloat16"):
            exact = evaluations(options, size, precision, exact)
    print("\n| px | a default picture, s |\n|---|---|")
    for size in sizes:
        seconds = [picture(options, size) for _ in range(2)][-1]
        print(f"| {size} | {seconds:.2f} |", flush=True)


def evaluations(options: argparse.Namespace, size: int, precision: str, exact: float) -> float:
    """Print one row, medians over rounds in which both take turns; return the exact first loss."""
    settings = Settings(size=size, levels=1, iterations=10_000, tolerance=0)
    resources = Resources(device=options.device, precision=precision)
    run = prepare(options.content, options.style, settings, resources)
    steps = paint(run)
    level = run.levels[-1]
    content = resize(run.originals.content.tensor()[None], level.height, level.width)
    style = resize(run.originals.styles[0].picture.tensor()[None], *level.style_sizes[0])
    plain = Plain(content, style, options.device)
    first = sum(loss.item() for loss in next(steps).losses.values())
    exact = exact or first
    ours, theirs = [], []
    try:
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: next(steps), options.device))
            theirs.append(_seconds(plain.step, options.device))
    except torch.OutOfMemoryError:
        theirs = [float("inf")]
    mine, other = statistics.median(ours[5:] or ours), statistics.median(theirs[5:] or theirs)
    print(
        f"| {size} | {precision} | {1 / mine:.1f} | {1 / other:.1f} | {other / mine:.2f} "
        f"| {first / exact:.5f} |",
        flush=True,
    )
    return exact


def picture(options: argparse.Namespace, size: int) -> float:
    """Return the seconds of a default picture, from files to a picture in memory."""
    began = time.perf_counter()
    impasto.stylize(options.content, options.style, size=size, device=options.device)
    return time.perf_counter() - began


def _seconds(turn: Callable[[], object], device: str) -> float:
    _wait(device)
    began = time.perf_counter()
    turn()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


if __name__ == "__main__":
    main()
