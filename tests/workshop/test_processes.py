"""The studio's processes by themselves: what they say, what they survive, when they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from bad_files import BAD
from forked import Forked
from PIL import Image

from impasto.jobs.stopping import Stopped
from impasto.workshop.commands import Commands
from impasto.workshop.follower import Follower, WentBackTo
from impasto.workshop.messages import (
    Answer,
    Back,
    Crop,
    Ended,
    FromReader,
    Look,
    Paint,
    PictureFile,
    Stop,
    StyleFile,
)
from impasto.workshop.places import step_state
from impasto.workshop.worker import Worker


class Talk:
    """A process and its lines."""

    def __init__(self, module: str) -> None:
        self.process = Forked(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def say(self, message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(message) + b"\n")
        self.process.stdin.flush()

    def hear(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def _talk(module: str) -> Iterator[Talk]:
    talk = Talk(module)
    with talk.process:
        try:
            yield talk
        finally:
            talk.process.kill()


def test_the_painter_greets_and_ends_with_its_stdin():
    with _talk("impasto.workshop.worker") as talk:
        told = json.loads(talk.hear())
        assert told["type"] == "hello"
        assert told["threads"] >= 1
        began = time.monotonic()
        assert talk.process.stdin is not None
        talk.process.stdin.close()
        assert talk.process.wait(10) == 0
        assert time.monotonic() - began < 5


@pytest.fixture(scope="module")
def reader() -> Iterator[Talk]:
    with _talk("impasto.workshop.reader") as talk:
        yield talk


# One of them is a sound picture, of which nothing can be seen.
@pytest.mark.parametrize("name", sorted(set(BAD) - {"transparent.png"}))
def test_the_reader_survives_bad_pictures(reader: Talk, name: str, tmp_path: Path):
    make, message = BAD[name]
    make(tmp_path / "original")
    answer = _looked_at(reader, tmp_path, name)
    assert answer.fault
    assert str(tmp_path) not in answer.fault
    assert message in answer.fault or "million" in answer.fault


def test_the_reader_makes_pictures_for_the_page(reader: Talk, tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "original", "PNG")
    answer = _looked_at(reader, tmp_path, "a.png")
    assert (answer.width, answer.height, answer.kind, answer.fault) == (160, 120, "photo", "")
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"original", "50.jpg", "100.jpg", "200.jpg"}
    with Image.open(tmp_path / "100.jpg") as small:
        assert small.size == (100, 75)


def test_few_pictures_that_were_looked_at_stay_unpacked(reader: Talk, tmp_path: Path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for number in (*range(6), 2, 7):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (40, 30), (number, 0, 0)).save(path)
        made = tmp_path / "part.png"
        crop = Crop(1, str(path), str(scratch / f"{number}.npy"), str(made), (10, 10, 5, 5))
        reader.say(crop)
        assert not msgspec.json.decode(reader.hear(), type=FromReader).fault
        with Image.open(made) as part:
            assert (part.size, part.getpixel((0, 0))) == ((5, 5), (number, 0, 0))
    assert sorted(path.stem for path in scratch.iterdir()) == ["2", "4", "5", "7"]


def test_a_painter_that_has_rested_paints_the_same(pictures: tuple[Path, Path], tmp_path: Path):
    told: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    try:
        worker = Worker(told.append)
        made = []
        for number in range(2):
            asked = _paint(pictures, tmp_path / str(number))
            worker.commands.take(asked)
            if number:
                worker._rest()
            worker._paint(worker.commands.next_job())
            made.append((Path(asked.folder) / asked.output).read_bytes())
    finally:
        signal.signal(signal.SIGINT, before)
    assert made[0] == made[1]
    ended = [message for message in told if isinstance(message, Ended)]
    assert [(one.how, one.size) for one in ended] == [("done", (53, 64))] * 2
    assert worker.commands.next_job(0.01) is None


def test_a_job_that_is_parked_before_it_begins_is_not_stopped(
    pictures: tuple[Path, Path], tmp_path: Path
):
    told: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    try:
        worker = Worker(told.append)
        asked = _paint(pictures, tmp_path / "job")
        worker.commands.take(asked)
        worker.commands.take(Stop(asked.job, park=True))
        worker._paint(worker.commands.next_job())
    finally:
        signal.signal(signal.SIGINT, before)
    assert [one.how for one in told if isinstance(one, Ended)] == ["parked"]


def test_an_end_that_is_asked_for_after_going_back_is_not_forgotten(
    pictures: tuple[Path, Path], tmp_path: Path
):
    asked, commands = _paint(pictures, tmp_path / "job"), Commands()
    commands.take(asked)
    commands.next_job()
    follower = Follower(asked, lambda message: None, commands)
    step_state(Path(asked.folder), 5).touch()
    with pytest.raises(WentBackTo):
        follower._obey(None, [Back(asked.job, 5), Stop(asked.job)])  # type: ignore[arg-type]
    with pytest.raises(Stopped):
        commands.check_stop()


def test_prints_do_not_disturb_what_is_said():
    code = (
        "import os; from impasto.workshop.lines import protected_stdout; "
        "tell = protected_stdout(); print('noise'); os.write(1, b'noise'); tell({'a': 1})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout == b'{"a":1}\n'
    assert done.stderr.count(b"noise") == 2


def test_who_speaks_to_nobody_ends():
    code = (
        "from impasto.workshop.lines import protected_stdout; tell = protected_stdout(); "
        "[tell({'a': 'x' * 1000}) for _ in range(10_000)]"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        os.close(os.dup(process.stdout.fileno()))
        process.stdout.close()
        assert process.wait(30) == 0


def _paint(pictures: tuple[Path, Path], folder: Path) -> Paint:
    folder.mkdir()
    content, style = (PictureFile(str(path), path.name) for path in pictures)
    options = {"size": 64, "levels": 1, "iterations": "2", "faces": "style"}
    return Paint(
        folder.name, str(folder), "out.png", content, [StyleFile(style)], None, None, options
    )


def _looked_at(reader: Talk, folder: Path, name: str) -> Answer:
    look = Look(1, str(folder / "original"), str(folder), name, 1_000_000, (50, 100, 200, 400))
    reader.say(look)
    return msgspec.json.decode(reader.hear(), type=FromReader)
