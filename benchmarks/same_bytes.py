"""Whether many runs give the same bytes, quiet and beside two busy processes.

python benchmarks/same_bytes.py CONTENT STYLE [--runs 50]
"""

from __future__ import annotations

import argparse
import hashlib

from busy import others

from impasto import Resources, Run, Settings, paint
from impasto.engine.prepare import prepare


def main() -> None:
    """Paint as often quiet as busy, and count the digests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--runs", type=int, default=50, help="of either kind")
    given = parser.parse_args()
    settings = Settings(size=128, levels=1, iterations=2, tolerance=0)
    run = prepare(given.content, given.style, settings, Resources(device="cpu", threads=2))
    quiet = {_digest(run) for _ in range(given.runs)}
    with others(2):
        busy = {_digest(run) for _ in range(given.runs)}
    print(f"{2 * given.runs} runs, half of them busy: {len(quiet | busy)} digest(s)")


def _digest(run: Run) -> str:
    for step in paint(run):
        last = step
    return hashlib.sha256(last.image.numpy().tobytes()).hexdigest()


if __name__ == "__main__":
    main()
