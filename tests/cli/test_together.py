"""Pictures that torchrun's processes paint together, as a new user starts them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import random_pixels
from forked import Forked, run
from PIL import Image
from torch.distributed import TCPStore

from impasto.cli import main

# Tiles of which each process has some, of a single small level.
OPTIONS = ["--size=96", "--levels=1", "--tolerance=0", "--tile=64", "--precision=float32"]


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "photo.png", tmp_path / "style.png"]
    for number, path in enumerate(paths):
        Image.fromarray(random_pixels(72, 96, number)).save(path)
    return list(map(str, paths))


TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node"]


def _torchrun(processes: int, *words: str) -> subprocess.CompletedProcess[str]:
    return run([*TORCHRUN, str(processes), "-m", "impasto", *words], text=True)


@contextlib.contextmanager
def _started(processes: int, *words: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Start what torchrun starts, by hand: it tells no exit code but 1."""
    store = TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=60))
    store.set_timeout(timedelta(seconds=60))
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(store.port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "TORCHELASTIC_RUN_ID": "test",
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "OMP_NUM_THREADS": "1",
    }
    started = [
        Forked(
            [sys.executable, "-m", "impasto", *words],
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    try:
        yield started
    finally:
        for one in started:
            one.kill()
            with one:
                pass


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 100
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)


def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def test_torchrun_paints_what_one_process_paints(pictures: list[str], tmp_path: Path):
    alone, together, mask = (tmp_path / f"{name}.png" for name in ("alone", "together", "mask"))
    Image.fromarray(np.pad(np.full((24, 32), 255, np.uint8), ((40, 8), (60, 4)))).save(mask)
    words = [*pictures, *OPTIONS, "--levels=2", "--iterations=3", "--protect", str(mask)]
    words += ["--json-progress"]
    assert main(["paint", *words, "-o", str(alone)]) == 0
    true = [*TORCHRUN, "2", "-m", "impasto", "paint", *words, "-o", str(together)]
    done = subprocess.run(true, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert np.abs(_pixels(alone) - _pixels(together)).max() <= 1
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["step", "step", "done"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "7"], "size"),
        (["--processes", "3"], "processes cannot be 3: torchrun started 2"),
        (["--weights", "nowhere.pth"], "nowhere.pth"),
    ],
)
def test_an_error_is_told_once_and_all_end(pictures: list[str], words: list[str], said: str):
    done = _torchrun(2, "paint", *pictures, "-o", "never.png", *words)
    assert done.returncode == 1
    assert done.stderr.count("impasto: ") == 1
    assert said in done.stderr


def test_other_commands_are_done_by_the_first_process_alone():
    done = _torchrun(2, "--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("impasto ") == 1


def test_several_processes_are_not_asked_for_in_vain(pictures: list[str], capsys, tmp_path: Path):
    assert main(["paint", *pictures, "-o", str(tmp_path / "never.png"), "--processes", "2"]) == 2
    assert "torchrun --nproc-per-node" in capsys.readouterr().err


def test_where_a_process_dies_the_others_end_and_the_run_goes_on_by_other_numbers(
    pictures: list[str], tmp_path: Path
):
    checkpoint, out, alone = (tmp_path / name for name in ("kept", "out.png", "alone.png"))
    words = [*pictures, *OPTIONS, "--iterations", "8"]
    more = ["--checkpoint", str(checkpoint), "--checkpoint-every", "0"]
    with _started(2, "paint", *words, "-o", str(out), *more) as (leader, other):
        _wait_for(checkpoint)
        other.send_signal(signal.SIGKILL)
        _, said = leader.communicate(timeout=30)
    assert leader.returncode == 6, said
    assert said.count("impasto: ") == 1
    assert "another process of the group is gone" in said
    assert "impasto resume" in said
    assert checkpoint.exists()
    done = _torchrun(3, "resume", str(checkpoint), "--overwrite")
    assert done.returncode == 0, done.stderr
    assert main(["paint", *words, "-o", str(alone)]) == 0
    # The same way, on which rounding grows for 8 evaluations.
    assert np.abs(_pixels(alone) - _pixels(out)).mean() < 1


def test_where_the_leader_dies_another_process_says_so(pictures: list[str], tmp_path: Path):
    words = [*pictures, *OPTIONS, "--iterations", "4000", "-o", str(tmp_path / "never.png")]
    with _started(2, "paint", *words, "--save-every", "1") as (leader, other):
        _wait_for(tmp_path / "never.so-far.png")
        leader.send_signal(signal.SIGKILL)
        _, said = other.communicate(timeout=30)
    assert other.returncode == 6, said
    assert said.count("process 1 of 2 is gone") == 1


def test_a_signal_ends_all_between_two_evaluations(pictures: list[str], tmp_path: Path):
    words = [*pictures, *OPTIONS, "--iterations", "4000", "-o", str(tmp_path / "out.png")]
    with _started(2, "paint", *words, "--save-every", "1") as processes:
        _wait_for(tmp_path / "out.so-far.png")
        for process in [*processes, *processes]:  # a terminal asks all, and so does torchrun
            process.send_signal(signal.SIGINT)
        said = [process.communicate(timeout=30)[1] for process in processes]
    assert [process.returncode for process in processes] == [130, 0], said
    assert "saved what was there as" in said[0]
    assert not said[1]
