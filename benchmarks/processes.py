"""Two processes of one thread each against one process of two threads: seconds and memory.

    python benchmarks/processes.py CONTENT STYLE [--size 1024] [--tile 512] [--iterations 4]

Each starts as a user would start it, and is watched from outside: the peak of each process's
anonymous memory (RssAnon in /proc), and the time from its first evaluation's end to its last's,
as --json-progress and the files' times tell it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--size", default="1024")
    parser.add_argument("--tile", default="512")
    parser.add_argument("--iterations", default="4")
    given = parser.parse_args()
    paint = [
        "-m",
        "impasto",
        "paint",
        given.content,
        given.style,
        "--levels",
        "1",
        "--json-progress",
    ]
    paint += ["--size", given.size, "--tile", given.tile, "--iterations", given.iterations]
    paint += ["--tolerance", "0", "--precision", "float32"]
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
    print("| | s an evaluation | s in all | peak of each process |")
    print("|---|---|---|---|")
    for name, command in {
        "1 process, 2 threads": [*paint, "--threads", "2"],
        "2 processes, 1 thread each": [*torchrun, *paint, "--threads", "1"],
    }.items():
        print(f"| {name} | {watched(command)} |", flush=True)


def watched(command: list[str]) -> str:
    """Run a command; return its seconds and its processes' peaks, as cells."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, *command, "-o", f"{folder}/out.png"]
        began = time.perf_counter()
        peaks: dict[int, int] = {}
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            while run.poll() is None:
                for process in [psutil.Process(run.pid), *psutil.Process(run.pid).children()]:
                    peaks[process.pid] = max(peaks.get(process.pid, 0), _anonymous(process.pid))
                time.sleep(0.02)
            assert run.stdout is not None
            events = [json.loads(line) for line in run.stdout]
        seconds = time.perf_counter() - began
    rate = next(event["evaluations_per_second"] for event in events if event["event"] == "step")
    painting = sorted(peaks.values())[-2:] if len(peaks) > 1 else list(peaks.values())
    sizes = ", ".join(f"{peak / 1e6:.0f} MB" for peak in painting)
    return f"{1 / rate:.2f} | {seconds:.0f} | {sizes}"


def _anonymous(number: int) -> int:
    try:
        status = Path(f"/proc/{number}/status").read_text("ascii")
        return int(status.split("RssAnon:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    os.environ.pop("OMP_NUM_THREADS", None)
    main()
