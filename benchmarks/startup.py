"""How soon things start: --help, and the first evaluation, torch's import counted or not.

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
import psutil
print(time.time() - psutil.Process().create_time())
"""


def main() -> None:
    """Start each several times and print medians."""
    help_times = [_seconds("-m", "impasto", "paint", "--help")[0] for _ in range(9)]
    print(f"impasto paint --help: {statistics.median(help_times):.3f} s")
    for size in (128, 512):
        told = [_seconds("-c", FIRST_STEP, *sys.argv[1:3], str(size))[1].split() for _ in range(5)]
        after, whole = (statistics.median(map(float, one)) for one in zip(*told, strict=True))
        print(f"first step of {size} px: {after:.2f} s after importing torch, {whole:.2f} s in all")


def _seconds(*arguments: str) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - began, done.stdout


if __name__ == "__main__":
    main()
