"""One evaluation side by side: impasto, pastiche 1.6.0 and a plain PyTorch implementation.

    python benchmarks/compare.py CONTENT STYLE [--width 512 --height 384 --rounds 9 --threads 2]

All three use the same layers. They take turns within one process, so that a busy machine slows
all of them alike; ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from pastiche.pastiche import PasticheArtist
from plain import Plain

from impasto import Resources, Settings
from impasto.engine.iterate import objective_of, prepare
from impasto.engine.memory import reused_blocks
from impasto.engine.optimizer import make_stepper
from impasto.network import build
from impasto.pictures import Picture, as_picture, resize

Turn = Callable[[], object]


def main() -> None:
    """Let them take turns and print a table."""
    options = _arguments()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder, reused_blocks():
        content, style = (
            _cut(path, options, Path(folder) / name)
            for path, name in ((options.content, "content.png"), (options.style, "style.png"))
        )
        makers: dict[str, Callable[[], Turn]] = {
            "impasto": lambda: impasto_turn(content, style, Settings(levels=1)),
            "impasto, pastiche's network": lambda: impasto_turn(
                content, style,
                Settings(levels=1, network="original", pooling="max", padding="zeros"),
            ),
            "pastiche 1.6.0": lambda: PasticheArtist(str(content), [str(style)]).draw,
            "plain PyTorch": lambda: Plain(
                *(as_picture(path).tensor()[None] for path in (content, style))
            ).step,
        }  # fmt: skip
        report(turns(makers, options.rounds))


def turns(makers: dict[str, Callable[[], Turn]], rounds: int) -> dict[str, list[float]]:
    """Return name -> seconds of each round; two rounds before them are not counted."""
    prepared = {}
    for name, make in makers.items():
        began = time.perf_counter()
        prepared[name] = make()
        print(f"{name}: ready after {time.perf_counter() - began:.2f} s", flush=True)
    seconds: dict[str, list[float]] = {name: [] for name in makers}
    for number in range(rounds + 2):
        for name, turn in prepared.items():
            began = time.perf_counter()
            turn()
            if number > 1:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def impasto_turn(content: Path, style: Path, settings: Settings) -> Turn:
    """Return one evaluation and L-BFGS step of impasto."""
    run = prepare(content, style, settings, Resources(device="cpu"))
    level = run.levels[-1]
    objective = objective_of(run, 1, build(settings, settings.layers))
    image = resize(run.content.tensor()[None], level.height, level.width)
    stepper = make_stepper(image, settings)
    return lambda: stepper.step(objective)


def report(seconds: dict[str, list[float]]) -> None:
    """Print medians, spreads and how many times faster than pastiche, within a round."""
    print("\n| | median s | fastest | slowest | times pastiche's speed |\n|---|---|---|---|---|")
    peer = seconds["pastiche 1.6.0"]
    for name, row in seconds.items():
        ratio = statistics.median(theirs / ours for theirs, ours in zip(peer, row, strict=True))
        times = " | ".join(f"{value:.2f}" for value in (statistics.median(row), min(row), max(row)))
        print(f"| {name} | {times} | {ratio:.2f} |")


def _cut(path: Path, options: argparse.Namespace, where: Path) -> Path:
    """Save the picture at the benchmark's size, so that all read the same pixels."""
    tensor = resize(as_picture(path).tensor()[None], options.height, options.width)
    Picture(tensor[0].permute(1, 2, 0).contiguous().numpy()).save(where)
    return where


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    for name, default in (("width", 512), ("height", 384), ("rounds", 9), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
