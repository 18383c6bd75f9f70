"""How much longer does it take beside other programs? Quiet and busy, in turns.

python benchmarks/busy.py CONTENT STYLE [--size 512] [--others 1] [--rounds 3] [--threads auto]

A quiet run is followed by one beside so many other processes that compute, each in one thread.
Prints the seconds of the first step (the network, the targets and one evaluation), the median and
the longest of the evaluations after it, and their ratios. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import impasto
from impasto import Resources, Settings

_SPIN = "while True: sum(range(100_000))"


def main() -> None:
    """Measure each round, then print medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--others", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="auto")
    given = parser.parse_args()
    rows: dict[bool, list[tuple[float, float, float]]] = {False: [], True: []}
    for _ in range(given.rounds):
        for busy in (False, True):
            with others(given.others if busy else 0):
                rows[busy].append(_seconds(given))
    medians = [map(statistics.median, zip(*rows[busy], strict=True)) for busy in (False, True)]
    for name, one, other in zip(("first step", "median", "longest"), *medians, strict=True):
        print(f"{name}: quiet {one:.2f} s, busy {other:.2f} s, {other / one:.2f} times")


def _seconds(given: argparse.Namespace) -> tuple[float, float, float]:
    settings = Settings(size=given.size, levels=1, iterations=7, tolerance=0)
    steps = impasto.iterate(
        given.content, given.style, settings, Resources(threads=given.threads, device="cpu")
    )
    found = []
    before = time.perf_counter()
    for _ in steps:
        now = time.perf_counter()
        found.append(now - before)
        before = now
    return found[0], statistics.median(found[1:]), max(found[1:])


@contextmanager
def others(count: int) -> Iterator[None]:
    """Let so many other processes compute, each in one thread."""
    spinning = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
