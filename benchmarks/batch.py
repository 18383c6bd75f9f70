"""Batches: against as many runs of `paint`, with a thousand files, and killed at random moments.

python benchmarks/batch.py PHOTOS_FOLDER STYLE [speed|at_once|many|journal|kills[:COUNT] ...]
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from impasto.batch.claims import Claims
from impasto.batch.journal import NAME, Journal, Line
from impasto.batch.stamps import Stamp

IMPASTO = [sys.executable, "-m", "impasto"]
SMALL = ["--size", "64", "--levels", "1", "--iterations", "2"]


def main() -> None:
    """Measure what is asked for, or all."""
    photos, style = Path(sys.argv[1]), Path(sys.argv[2])
    each = speed, at_once, many, kills, journal
    known = {function.__name__: function for function in each}
    for words in sys.argv[3:] or known:
        name, _, count = words.partition(":")
        with tempfile.TemporaryDirectory() as folder:
            known[name](photos, style, Path(folder), *([int(count)] if count else []))


def speed(photos: Path, style: Path, folder: Path, count: int = 20) -> None:
    """Paint photographs at 256 px by one batch, and by as many runs of `paint`."""
    chosen = sorted(photos.glob("*.jpg"))[:count]
    one, other = folder / "batch", folder / "paint"
    other.mkdir()
    size = ["--size", "256"]
    words = ["batch", *map(str, chosen), "--style", str(style), "-o", str(one), *size]
    lines, *batch = _timed([[*words, "--json-progress"]])
    runs = [
        [
            "paint",
            str(photo),
            str(style),
            "-o",
            str(other / f"{photo.stem}-{style.stem}.jpg"),
            *size,
        ]
        for photo in chosen
    ]
    _, *paint = _timed(runs)
    same = _same(one, other)
    events = map(json.loads, lines.splitlines())
    painted = [event["seconds"] for event in events if event["event"] == "picture"]
    for what, here, there in zip(("seconds", "of the processor's"), batch, paint, strict=True):
        print(f"{count} at 256 px, {what}: batch {here:.1f}, paint {there:.1f}: {there / here:.2f}")
    print(
        f"{same} of {count} pictures the same to the bit; in the batch the first took "
        f"{painted[0]:.2f} s, the others {np.median(painted[1:]):.2f} s"
    )


def at_once(photos: Path, style: Path, folder: Path, count: int = 10) -> None:
    """Paint photographs at 256 px by one batch, one after another and two at once."""
    chosen = map(str, sorted(photos.glob("*.jpg"))[:count])
    words = ["batch", *chosen, "--style", str(style), "--size", "256"]
    seconds = {}
    for hands in ("1", "2"):
        out = folder / hands
        _, *seconds[hands] = _timed([[*words, "--at-once", hands, "-o", str(out)]])
    same = _same(folder / "2", folder / "1")
    for what, one, two in zip(("seconds", "of the processor's"), *seconds.values(), strict=True):
        print(f"{count} at 256 px, {what}: one {one:.1f}, two at once {two:.1f}: {one / two:.2f}")
    print(f"{same} of {count} pictures the same to the bit")


def _same(one: Path, other: Path) -> int:
    """Return how many pictures of two folders are the same; their recipes tell other threads."""
    return sum(
        np.array_equal(Image.open(path), Image.open(one / path.name))
        for path in other.glob("*.jpg")
    )


def _timed(commands: list[list[str]]) -> tuple[str, float, float]:
    """Run commands; return what they say, and the seconds by the clock and of the processor."""
    began, before = time.perf_counter(), os.times()
    said = "".join(_run(words).stdout for words in commands)
    after = os.times()
    used = after.children_user + after.children_system
    return said, time.perf_counter() - began, used - before.children_user - before.children_system


def many(photos: Path, style: Path, folder: Path, count: int = 1000) -> None:
    """Paint a thousand small files of which three are bad, and watch the memory."""
    small = folder / "small"
    small.mkdir()
    chosen = sorted(photos.glob("*.jpg"))
    for number in range(count):
        path = small / f"{number:04}.jpg"
        if number in (100, 500, 900):
            path.write_bytes(b"no picture")
            continue
        with Image.open(chosen[number % len(chosen)]) as image:
            image.convert("RGB").resize((96, 64 + number % 40)).save(path)
    out = folder / "out"
    words = ["batch", str(small), "--style", str(style), "-o", str(out), *SMALL, "--quiet"]
    began, peaks = time.perf_counter(), []
    with subprocess.Popen([*IMPASTO, *words], stderr=subprocess.PIPE, text=True) as batch:
        watched = psutil.Process(batch.pid)
        while batch.poll() is None:
            done = len(list(out.glob("*.jpg"))) if out.exists() else 0
            if done:
                peaks.append((done, watched.memory_info().rss / 1e6))
            time.sleep(1)
        told = batch.stderr.read() if batch.stderr else ""
    seconds = time.perf_counter() - began
    told_bad = sum(line.startswith("failed: ") for line in told.splitlines())
    memory = {at: next(rss for done, rss in peaks if done >= at) for at in (50, 250, 500, 750, 950)}
    print(
        f"{count} files of 64 px, 2 evaluations: {seconds:.0f} s, exit code {batch.returncode}, "
        f"{len(list(out.glob('*.jpg')))} painted, {told_bad} listed; MB by pictures done: "
        + ", ".join(f"{at}: {rss:.0f}" for at, rss in memory.items())
    )


def journal(photos: Path, style: Path, folder: Path, count: int = 1000) -> None:
    """Write the two lines of a picture again and again."""
    book, seconds = Journal(folder, Claims(folder)), []
    stamps = (Stamp(1, 2, "0" * 64),) * 2
    for number in range(count):
        began = time.perf_counter()
        book.write(Line("begun", f"{number}.jpg", "0" * 16), lasting=False)
        book.write(Line("done", f"{number}.jpg", "0" * 16, stamps), lasting=True)
        seconds.append(time.perf_counter() - began)
    low, middle, high = np.percentile(seconds, [10, 50, 95]) * 1000
    print(f"journal: {middle:.2f} ms a picture ({low:.2f} to {high:.2f})")
    began = time.perf_counter()
    Journal(folder, Claims(folder))
    print(f"journal: read again, {count} pictures, in {time.perf_counter() - began:.3f} s")


def kills(photos: Path, style: Path, folder: Path, count: int = 10) -> None:
    """Kill a batch at random moments, each time from where it was, and let it end."""
    chosen = sorted(photos.glob("*.jpg"))[:40]
    out, chance = folder / "out", random.Random(1)
    words = ["batch", *map(str, chosen), "--style", str(style), "-o", str(out), *SMALL]
    killed = halves = 0
    for _ in range(count):
        with subprocess.Popen([*IMPASTO, *words], stderr=subprocess.DEVNULL) as batch:
            time.sleep(2.5 + 2.5 * chance.random())
            killed += batch.poll() is None
            batch.kill()
        halves += sum(not _is_whole(path) for path in out.glob("*.jpg"))
    code = subprocess.run([*IMPASTO, *words], check=False, capture_output=True).returncode
    lines = map(json.loads, filter(None, (out / NAME).read_text().splitlines()))
    done = Counter(line["output"] for line in lines if line.get("event") == "done")
    names = {path.name for path in out.iterdir()}
    left = names - set(done) - {NAME, ".impasto-batch.lock"}
    print(
        f"{killed} of {count} killed, then exit code {code}: {len(done)} of {len(chosen)} painted, "
        f"{sum(times > 1 for times in done.values())} twice, {halves} half files, "
        f"{len(left)} left over"
    )


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*IMPASTO, *words], check=True, capture_output=True, text=True)


if __name__ == "__main__":
    main()
