"""How soon things start: --help, and the first evaluation once torch has been imported.

python benchmarks/startup.py CONTENT STYLE
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

FIRST_STEP = """
import sys, time
import torch
began = time.perf_counter()
import impasto
next(impasto.iterate(sys.argv[1], sys.argv[2], impasto.Settings(size=int(sys.argv[3]))))
print(time.perf_counter() - began)
"""


def main() -> None:
    """Start each several times and print medians."""
    help_times = [_seconds("-m", "impasto", "paint", "--help")[0] for _ in range(9)]
    print(f"impasto paint --help: {statistics.median(help_times):.3f} s")
    for size in (128, 512):
        first = [float(_seconds("-c", FIRST_STEP, *sys.argv[1:3], str(size))[1]) for _ in range(5)]
        print(f"first step at {size} px after importing torch: {statistics.median(first):.2f} s")


def _seconds(*arguments: str) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - began, done.stdout


if __name__ == "__main__":
    main()
