"""What one picture costs on many GPUs: a simulation from counted bytes and stated assumptions.

    python benchmarks/scale.py [--processes 1,8,64] [--megapixels 100,1000,10000]

Tiles, encoded pixels and memory are the planner's own. Seconds a megapixel, the links and the
memory of a GPU are assumptions, given as flags; docs/scale.md says where they come from.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from math import sqrt

from impasto import Settings
from impasto.losses.loss import style_loss
from impasto.network.architecture import layer_table
from impasto.planning.costs import costs_of
from impasto.planning.levels import Level, history
from impasto.planning.plan import Plan

PICTURE_BYTES = 12  # a pixel: three float32
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Machine:
    """What is assumed: seconds a megapixel encoded, bytes a second, seconds, bytes."""

    seconds_a_megapixel: float = 0.02
    link: float = 50e9  # between any two, in each direction
    latency: float = 20e-6
    memory_speed: float = 3e12
    memory: float = 141e9
    tile_px: int = 4096


@dataclass(frozen=True)
class Evaluation:
    """One evaluation at one size by so many processes: seconds of its parts, bytes of one."""

    encoding: float
    sums: float
    gradient: float
    gathering: float
    moving: float
    memory: float

    @property
    def seconds(self) -> float:
        """Its parts, one after another: nothing overlaps yet."""
        return self.encoding + self.sums + self.gradient + self.gathering + self.moving


def evaluation(megapixels: float, processes: int, machine: Machine) -> Evaluation:
    """Simulate one evaluation of a square picture."""
    settings, side = Settings(), round(sqrt(megapixels * 1e6))
    level = Level(side, side, ((side, side),), 1, 1.0)
    costs = costs_of(settings, "bfloat16", "tensor", processes=processes)
    plan = Plan(
        device="cuda",
        precision="bfloat16",
        threads=1,
        tiles=(machine.tile_px,),
        history=(history(level, settings),),
        evaluations=(1,),
        scratch=(None,),
        processes=processes,
    )
    (expected,) = costs.forecast([level], plan)
    picture = PICTURE_BYTES * side * side
    vectors = 2 * (2 * plan.history[0] + 3) * picture / processes  # read twice
    return Evaluation(
        encoding=expected.pixels / 1e6 * machine.seconds_a_megapixel,
        sums=reduced(sum_bytes(settings), processes, machine),
        gradient=reduced(picture, processes, machine),
        gathering=reduced(picture, processes, machine) / 2,
        moving=vectors / machine.memory_speed,
        memory=expected.memory,
    )


def sum_bytes(settings: Settings) -> int:
    """Return the bytes of all style sums of one region: count, sum and products of each layer."""
    table = layer_table()
    channels = [table[name].channels for name, weight in settings.style_layers if weight]
    if style_loss(settings.style_loss).joins:
        channels = [own + before for own, before in zip(channels, [0, *channels], strict=False)]
    return FLOAT_BYTES * sum(count * count + count + 1 for count in channels)


def reduced(size: float, processes: int, machine: Machine) -> float:
    """Return the seconds of a ring's all-reduce: twice round, a share of the bytes each time."""
    turns = 2 * (processes - 1)
    return turns * (size / processes / machine.link + machine.latency)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", default="1,8,64")
    parser.add_argument("--megapixels", default="100,1000,10000")
    for name, default in vars(Machine()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    given = vars(parser.parse_args())
    counts, sizes = (
        [int(number) for number in given.pop(name).split(",")]
        for name in ("processes", "megapixels")
    )
    machine = Machine(**given)
    print(
        "| Mpx | processes | encoding | sums | gradient | picture | L-BFGS | s | times | memory |"
    )
    print("|--:" * 10 + "|")
    for size in sizes:
        one = evaluation(size, 1, machine).seconds
        for count in counts:
            print(_row(size, count, evaluation(size, count, machine), one, machine))


def _row(size: int, count: int, found: Evaluation, one: float, machine: Machine) -> str:
    parts = found.encoding, found.sums, found.gradient, found.gathering, found.moving, found.seconds
    cells = [
        f"{size}",
        f"{count}",
        *(f"{part:.3g}" for part in parts),
        f"{one / found.seconds:.1f}",
    ]
    fits = "" if found.memory <= machine.memory else " (too much)"
    return f"| {' | '.join(cells)} | {found.memory / 1e9:.0f} GB{fits} |"


if __name__ == "__main__":
    main()
