"""Several devices: a painter for each, which has one job at a time and dies alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from studio_server import ENOUGH, TINY, Server, asked_of, is_running, painters_of

from impasto.cli import main
from impasto.errors import UsageError
from impasto.planning.machine import available_threads

pytest.importorskip("fastapi", reason="needs the extra studio")

from impasto.studio.asked import Asked, AskedStyle
from impasto.studio.crew import Crew
from impasto.studio.job import Job
from impasto.workshop.devices import Device, devices_of
from impasto.workshop.messages import Hello

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
TWO = ("--device", "cpu", "--device", "cpu")


@pytest.fixture(scope="module")
def alone(pictures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of `asked_of(..., ENOUGH)`, painted on half of the machine."""
    out = tmp_path_factory.mktemp("alone") / "out.png"
    threads = max(1, available_threads() // 2)
    flags = [f"--{name}={value}" for name, value in TINY.items()]
    words = ["paint", *map(str, pictures), "-o", str(out), "--quiet", f"--threads={threads}"]
    assert main([*words, *flags, f"--iterations={ENOUGH}"]) == 0
    return out.read_bytes()


@posix
def test_two_are_painted_at_once_and_both_go_on_after_a_kill(
    start: Callable[..., Server], pictures: tuple[Path, Path], alone: bytes
):
    server = start(None, *TWO)
    asked = asked_of(server, pictures, ENOUGH)
    jobs = [server.post("/api/jobs", asked)["id"] for _ in range(3)]
    running, other, third = jobs
    held = [server.held(job, 2) for job in (running, other)]
    assert {job["device"] for job in held} == {"cpu (1)", "cpu (2)"}
    # The third has waited, and one of those that are held made room for it.
    server.wait_for(third, "done")
    devices = server.get("/api/about")["devices"]
    assert [one["device"] for one in devices] == ["cpu (1)", "cpu (2)"]
    # All are killed while both are painted.
    for job in (running, other):
        if server.job(job)["state"] == "paused":  # who made room goes on by itself
            server.post(f"/api/jobs/{job}/go")
    server.kill()
    server = start(None, *TWO)
    for job in jobs:
        done = server.wait_for(job, "done")
        assert server.get(done["files"]["result"]) == alone


@posix
def test_a_painter_that_is_killed_leaves_the_other_alone(
    start: Callable[..., Server], pictures: tuple[Path, Path], alone: bytes
):
    server = start(None, *TWO)
    long, short = asked_of(server, pictures, 400), asked_of(server, pictures, ENOUGH)
    running, held = (server.post("/api/jobs", asked)["id"] for asked in (long, short))
    server.held(held, 2)
    count = server.evaluated(running, 2)["progress"]["evaluations"]
    victim, other = _idlest_first(painters_of(server))
    os.kill(victim, signal.SIGKILL)
    server.post(f"/api/jobs/{held}/go")
    done = server.wait_for(held, "done")
    assert server.get(done["files"]["result"]) == alone
    assert is_running(other)
    found = server.job(running)
    assert (found["state"], found["notes"]) == ("running", [])
    assert found["progress"]["evaluations"] > count
    server.post(f"/api/jobs/{running}/cancel")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), [("auto", 1, "")]),
        (("cpu", "cpu"), [("cpu", 2, "cpu (1)"), ("cpu", 2, "cpu (2)")]),
        (("cuda", "cuda:1"), [("cuda:0", 1, "cuda:0"), ("cuda:1", 1, "cuda:1")]),
    ],
)
def test_devices_are_named_as_torch_does(names: tuple[str, ...], found: list[tuple]):
    told = [(one.name, one.sharers, one.label) for one in devices_of(names)]
    assert [(name, sharers, label) for name, sharers, label in told][1:] == found[1:]
    assert told[0][:2] == found[0][:2]


@pytest.mark.parametrize("names", [("gpu",), ("cuda:x",), ("cpu",) * 99, ("auto", "cpu"), ("",)])
def test_what_is_no_device_is_refused(names: tuple[str, ...]):
    with pytest.raises(UsageError, match="device"):
        devices_of(names)


def test_a_painter_sees_no_device_but_its_own():
    first, second = devices_of(["cuda", "cuda:1"])
    assert first.environment({}) == {"CUDA_VISIBLE_DEVICES": "0"}
    assert second.environment({"CUDA_VISIBLE_DEVICES": "2, 5"}) == {"CUDA_VISIBLE_DEVICES": "5"}
    assert devices_of(["cpu"])[0].environment({}) == {}
    assert (first.words, second.words) == (["cuda", "1", "cuda:0"], ["cuda", "1", "cuda:1"])


def test_a_device_that_is_not_there_is_said_before_anything_is_served(tmp_path: Path):
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("it is there")
    words = ["studio", "--no-browser", "--port", "0", "--device", "mps", "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "impasto", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (6, 1)
    assert "device mps is not there; this machine has " in done.stderr


def test_every_device_of_a_machine_gets_its_painter(tmp_path: Path):
    # No machine of several GPUs is at hand: what its painter would say is said here.
    async def greeted() -> list[str]:
        [first] = crew.painters
        for _ in range(2):  # it died, and came again
            crew.greet(first, Hello("cuda", 8, "a GPU", ["cuda:1", "cuda:2"]))
        return [painter.device.name for painter in crew.painters]

    async def start() -> None:
        started.append(1)

    started: list[int] = []
    crew = _crew(tmp_path, [Device()])
    make = crew._painter

    def painter(device: Device) -> Any:
        made = make(device)
        made.start = start
        return made

    crew._painter = painter  # type: ignore[method-assign]
    assert asyncio.run(greeted()) == ["auto", "cuda:1", "cuda:2"]
    assert len(started) == 2


def test_a_job_goes_on_where_it_was_begun_if_that_is_there(tmp_path: Path):
    job = Job(
        id="a" * 20,
        number=1,
        title="",
        file="a.png",
        asked=Asked("c", (AskedStyle("s"),)),
        created=0,
    )
    crew = _crew(tmp_path, devices_of(["cpu", "cuda", "cuda:1"]))
    assert [one.label for one in crew._suiting(job)] == ["cpu", "cuda:0", "cuda:1"]
    job.kind = "cuda"
    assert [one.label for one in crew._suiting(job)] == ["cuda:0", "cuda:1"]
    job.kind = "mps"
    assert len(crew._suiting(job)) == 3


def _crew(path: Path, devices: list[Device]) -> Crew:
    return Crew(devices, lambda *_: None, lambda _: None, log=path / "log")


def _idlest_first(painters: list[int]) -> list[int]:
    """Return painters by what they compute in a moment: one that is held computes nothing."""
    seen = [psutil.Process(painter) for painter in painters]
    before = [process.cpu_times().user for process in seen]
    time.sleep(1)
    spent = [process.cpu_times().user - was for process, was in zip(seen, before, strict=True)]
    return [painter for _, painter in sorted(zip(spent, painters, strict=True))]
