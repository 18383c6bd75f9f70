"""How long a person waits for the studio, and what it costs beside `impasto paint`.

    python benchmarks/studio.py [--size 512] [--repeats 3]

Starts a real studio in a temporary folder. The page: from the start of the process until it is
answered, in a fresh process. The first preview: from posting a job until its picture can be had,
with the network loaded. The cost: a picture painted here, watched by one page, and by `impasto
paint`, in turns, from the first evaluation to the file. Memory: what each process holds to itself
(USS), with the network loaded and nothing to paint, before the first job and after the last.
Requests: how long the page's take while a picture is painted, one after another.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import psutil

EXAMPLES = Path(__file__).parents[1] / "examples"
PICTURES = EXAMPLES / "coffee.jpg", EXAMPLES / "swirl.jpg"
ASKED = "/", "/page/api.css", "/api/about", "/api/options", "/api/jobs"


def main() -> None:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print("| what | figure |")
    print("|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        started = [_page_seconds(Path(folder)) for _ in range(asked.repeats)]
        _row("page ready after the start", f"{min(started):.2f} s")
        with _studio(Path(folder)) as (address, process):
            _measure(address, process, asked.size, asked.repeats)


def _measure(address: str, process: psutil.Process, size: int, repeats: int) -> None:
    began = time.monotonic()
    while not _get(address, "/api/about")["ready"]:
        time.sleep(0.05)
    _row("network loaded after that", f"{time.monotonic() - began:.2f} s")
    ids = [_get(address, f"/api/pictures?name={p.name}", p.read_bytes())["id"] for p in PICTURES]
    time.sleep(2)
    _row("memory, network loaded, before the first job", _memory(process))
    firsts, here, there = [], [], []
    for _ in range(repeats):
        first, seconds = _painted(address, ids, size)
        firsts.append(first)
        here.append(seconds)
        there.append(_by_command(size))
    median = statistics.median(firsts)
    _row(f"first preview of {size} px", f"{min(firsts):.2f} s, median {median:.2f} s")
    slower = min(here) / min(there) - 1
    _row("painting: studio, command", f"{min(here):.1f} s, {min(there):.1f} s, {slower:+.1%}")
    waits = sorted(_waits(address, ids, size))
    half, most = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    told = ", ".join(f"{1000 * wait:.1f}" for wait in (half, most, waits[-1]))
    _row(f"{len(waits)} requests while it paints: median, p99, longest", f"{told} ms")
    time.sleep(5)
    _row("memory, network loaded, after the last job", _memory(process))


def _painted(address: str, ids: list[str], size: int) -> tuple[float, float]:
    """Paint a picture; return the seconds to its first preview, and from there to its file."""
    began = time.monotonic()
    first = None
    with urlopen(f"{address}/api/events") as events:
        job = _post(address, ids, size)["id"]
        for line in events:
            told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if told.get("id") != job:
                continue
            if first is None and told["preview"]:
                urlopen(f"{address}/api/jobs/{job}/preview").read()
                first = time.monotonic() - began
                since, evaluations = time.time(), told["progress"]["evaluations"]
            if told["state"] == "done":
                break
    seconds, count = told["ended"] - since, told["progress"]["evaluations"]
    return first, seconds * count / (count - evaluations)


def _waits(address: str, ids: list[str], size: int) -> list[float]:
    """Ask for what the page asks for while a picture is painted; return how long each took."""
    job, waits = _post(address, ids, size), []
    while job["state"] != "done":
        for path in (*ASKED, f"/api/jobs/{job['id']}"):
            asked = time.monotonic()
            urlopen(address + path).read()
            waits.append(time.monotonic() - asked)
        time.sleep(0.1)
        job = _get(address, f"/api/jobs/{job['id']}")
    return waits


def _post(address: str, ids: list[str], size: int) -> dict:
    wanted = {"content": ids[0], "styles": [{"picture": ids[1]}], "options": {"size": size}}
    return _get(address, "/api/jobs", json.dumps(wanted).encode())


def _by_command(size: int) -> float:
    """Paint the same by the command line; return the seconds from step to step."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["paint", *map(str, PICTURES), "-o", f"{folder}/out.png", "--json-progress"]
        command = [sys.executable, "-m", "impasto", *words, "--size", str(size)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            *_, done = map(json.loads, process.stdout)
    return done["seconds"]


def _page_seconds(folder: Path) -> float:
    began = time.monotonic()
    with _studio(folder) as (address, _):
        urlopen(address).read()
        return time.monotonic() - began


@contextmanager
def _studio(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    words = ["studio", "--no-browser", "--port", "0", "--folder", str(folder)]
    command = [sys.executable, "-m", "impasto", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        address = re.search(r"http://\S+\d", process.stderr.readline())[0]
        yield address, psutil.Process(process.pid)
        process.terminate()


def _memory(server: psutil.Process) -> str:
    """Say what each process holds to itself."""
    named = {"painter": "impasto.workshop.worker", "reader": "impasto.workshop.reader"}
    found = {"server": server}
    for child in server.children():
        found |= {label: child for label, module in named.items() if module in child.cmdline()}
    sizes = {label: one.memory_full_info().uss / 1e6 for label, one in found.items()}
    each = ", ".join(f"{label} {size:.0f}" for label, size in sizes.items())
    return f"{sum(sizes.values()):.0f} MB ({each})"


def _get(address: str, path: str, body: bytes | None = None) -> dict:
    return json.load(urlopen(Request(address + path, body, {"content-type": "application/json"})))


def _row(what: str, figure: str) -> None:
    print(f"| {what} | {figure} |", flush=True)


if __name__ == "__main__":
    os.environ.pop("OMP_NUM_THREADS", None)
    main()
