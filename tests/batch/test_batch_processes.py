"""Batches as real processes: killed at any moment, and several at once."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from conftest import random_pixels
from forked import Forked, run
from PIL import Image

from impasto.batch.journal import NAME
from impasto.reading.load import load

IMPASTO = [sys.executable, "-m", "impasto", "batch"]
SMALL = ["--size", "64", "--levels", "1", "--iterations", "2", "--threads", "1"]


def _words(folder: Path, count: int) -> list[str]:
    photos = folder / "photos"
    photos.mkdir()
    for number in range(count):
        Image.fromarray(random_pixels(48, 64, number)).save(photos / f"{number}.png")
    style = folder / "style.png"
    Image.fromarray(random_pixels(64, 56, 99)).save(style)
    return [*IMPASTO, str(photos), "--style", str(style), "-o", str(folder / "out"), *SMALL]


def _done(out: Path) -> Counter[str]:
    lines = (json.loads(line) for line in (out / NAME).read_text().splitlines())
    return Counter(line["output"] for line in lines if line.get("event") == "done")


def test_killed_at_any_moment_it_goes_on_and_paints_nothing_twice(tmp_path: Path):
    words, out = _words(tmp_path, 6), tmp_path / "out"
    chance = random.Random(3)
    for kills in range(2):
        with Forked(words, stderr=subprocess.DEVNULL) as batch:
            limit = time.monotonic() + 60
            while not list(out.glob(f"{kills}-*.png")) and time.monotonic() < limit:
                time.sleep(0.01)
            time.sleep(chance.random())
            batch.kill()
        for path in out.glob("*.png"):
            load(path)  # whole
    assert run(words).returncode == 0
    assert _done(out) == Counter(f"{number}-style.png" for number in range(6))
    names = {path.name for path in out.iterdir()}
    assert names == {*_done(out), NAME, ".impasto-batch.lock"}


def test_two_processes_share_a_folders_work(tmp_path: Path):
    words, out = _words(tmp_path, 8), tmp_path / "out"
    both = [Forked(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert _done(out) == Counter(f"{number}-style.png" for number in range(8))
    by = {json.loads(line).get("by") for line in (out / NAME).read_text().splitlines()}
    assert len(by - {None}) == 2, "one process painted all"
    assert any("by other processes" in text for text in told)


def test_what_a_killed_process_was_painting_the_other_paints(tmp_path: Path):
    words, out = [*_words(tmp_path, 2), "--iterations", "30"], tmp_path / "out"
    first = Forked(words, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 60
    while not (out / NAME).exists() and time.monotonic() < limit:
        time.sleep(0.01)
    with Forked(words, stderr=subprocess.PIPE, text=True) as second:
        while not list(out.glob("1-*.png")) and time.monotonic() < limit:
            time.sleep(0.01)
            if len(_done(out)) == 1:  # the second waits for the first's, or the other way round
                break
        first.kill()
        first.wait()
        told = second.communicate(timeout=120)[1]
        assert second.returncode == 0, told
    assert _done(out) == Counter(f"{number}-style.png" for number in range(2))
