"""Measure peak memory: whether a budget holds, how memory and time grow with the size.

    python benchmarks/memory.py budget CONTENT STYLE SIZE MEMORY
    python benchmarks/memory.py evaluation CONTENT STYLE SIZE MEMORY
    python benchmarks/memory.py plain CONTENT STYLE SIZE auto
    python benchmarks/memory.py curve CONTENT STYLE OUT.svg        (needs matplotlib)

`budget` paints all levels with few evaluations, `evaluation` evaluates at a single size (twice, or
as often as a last argument says), `plain` does so with plain PyTorch (benchmarks/plain.py);
`curve` does that for 0.2 to 16 megapixels. All run in a program of their own, whose anonymous
memory (RssAnon in /proc) is read fifty times a second.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FEW = "3,2"
SIDES = (512, 1024, 2048, 4608)

EVALUATE = """
import sys, time
import impasto
content, style, size, memory, count = [*sys.argv[1:], 2][:5]
settings = impasto.Settings(size=int(size), levels=1, iterations=count, tolerance=0)
resources = impasto.Resources(memory=memory)
began = time.perf_counter()
for step in impasto.iterate(content, style, settings, resources):
    print(f"{step.plan.tiles[0]} {time.perf_counter() - began:.2f}", flush=True)
    began = time.perf_counter()
"""

PLAIN = """
import sys, time
sys.path.insert(0, "benchmarks")
from plain import Plain
from impasto import Settings
from impasto import prepare
from impasto.pictures.resample import resize
content, style, size = sys.argv[1:4]
run = prepare(content, style, Settings(size=int(size), levels=1))
level = run.levels[-1]
photo = resize(run.originals.content.tensor()[None], level.height, level.width)
style = run.originals.styles[0].picture.tensor()[None]
painter = Plain(photo, resize(style, *level.style_sizes[0]))
for _ in range(2):
    began = time.perf_counter()
    painter.step()
    print(f"None {time.perf_counter() - began:.2f}", flush=True)
"""


def main() -> None:
    """Do what the first argument says."""
    what, content, style, *rest = sys.argv[1:]
    if what == "curve":
        curve(content, style, Path(rest[0]))
        return
    size, memory, *count = rest
    if what == "budget":
        with tempfile.TemporaryDirectory() as folder:
            command = ["-m", "impasto", "paint", content, style, "-o", f"{folder}/out.png"]
            command += ["--size", size, "--memory", memory, "--iterations", FEW, "--tolerance", "0"]
            peak, _, seconds = watched(command)
        print(f"| {size} px | {memory} | peak {peak / 1e9:.2f} GB | {seconds:.0f} s |")
    else:
        program = PLAIN if what == "plain" else EVALUATE
        peak, output, _ = watched(["-c", program, content, style, size, memory, *count])
        tile, pace = output.split()[-2:]
        print(
            f"| {size} px | {memory} | tiles of {tile} px | peak {peak / 1e9:.2f} GB | {pace} s |"
        )


def curve(content: str, style: str, where: Path) -> None:
    """Measure whole pictures and pictures within 4 GB, print a table, and draw both."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    print("| Mpx | memory | tiles | peak GB | seconds an evaluation |\n|---|---|---|---|---|")
    for memory in ("auto", "4GB"):
        rows = []
        for side in SIDES:
            command = ["-c", EVALUATE, content, style, str(side), memory, "1"]
            peak, output, _ = watched(command)
            tile, pace = output.split()[-2:]
            size, peak_gb, seconds = side * side * 0.75 / 1e6, peak / 1e9, float(pace)
            rows.append((size, peak_gb, seconds))
            row = f"| {size:.1f} | {memory} | {tile} | {peak_gb:.2f} | {seconds:.1f} |"
            print(row, flush=True)
        sizes, peaks, paces = zip(*rows, strict=True)
        left.plot(sizes, peaks, "o-", label=f"--memory {memory}")
        right.plot(sizes, paces, "o-", label=f"--memory {memory}")
    for axes, unit in ((left, "peak memory, GB"), (right, "seconds an evaluation")):
        axes.set(xlabel="megapixels", ylabel=unit, xscale="log", yscale="log")
        axes.legend()
        axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(where)


def watched(command: list[str]) -> tuple[int, str, float]:
    """Run Python with these arguments; return peak anonymous bytes, stdout and seconds."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        with subprocess.Popen([sys.executable, *command], stdout=output) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, _anonymous(process.pid))
                time.sleep(0.02)
        if process.returncode:
            raise SystemExit(process.returncode)
        output.seek(0)
        return peak, output.read(), math.ceil(time.monotonic() - began)


def _anonymous(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/status").read_text().split("RssAnon:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
