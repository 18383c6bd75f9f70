"""What a studio outlives: the end of its server, of its painter, and both at once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from studio_server import ENOUGH, Server, asked_of, is_running, painter_of

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

Start = Callable[..., Server]


@posix
def test_a_killed_server_takes_up_its_jobs_to_the_same_bits(
    start: Start, pictures: tuple[Path, Path], undisturbed: bytes
):
    server = start()
    asked, small = asked_of(server, pictures, ENOUGH), asked_of(server, pictures, 2)
    job = server.post("/api/jobs", asked)["id"]
    painter = painter_of(server)
    _checkpointed(server, job)
    second, third = (server.post("/api/jobs", small)["id"] for _ in range(2))
    server.kill()
    _gone(painter)
    server = start()
    assert [found["id"] for found in server.get("/api/jobs")["jobs"]] == [third, second, job]
    done = server.wait_for(job, "done")
    assert server.get(done["files"]["result"]) == undisturbed
    assert done["losses"][-1][0] == ENOUGH
    for other in (second, third):
        server.wait_for(other, "done")
    one, two = server.job(second), server.job(third)
    assert done["ended"] <= one["ended"] <= two["ended"]


@posix
def test_a_killed_painter_is_followed_by_another(
    start: Start, pictures: tuple[Path, Path], undisturbed: bytes
):
    server = start()
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    _checkpointed(server, job)
    os.kill(painter_of(server), signal.SIGKILL)
    server.wait_for(job, "interrupted")
    assert server.get("/api/about")["ready"] is False
    done = server.wait_for(job, "done")
    assert server.get(done["files"]["result"]) == undisturbed


@posix
def test_what_kills_every_painter_is_given_up(start: Start, pictures: tuple[Path, Path]):
    server = start()
    job = server.post("/api/jobs", asked_of(server, pictures, 400))["id"]
    after = server.post("/api/jobs", asked_of(server, pictures, 2))["id"]
    for _ in range(3):
        server.wait_for(job, "running")
        os.kill(painter_of(server), signal.SIGKILL)
        found = server.wait(job, _is_not_running)
    assert found["state"] == "failed"
    assert "ended 3 times" in found["error"]["message"]
    server.wait_for(after, "done")


@posix
def test_ending_the_studio_parks_its_job(
    start: Start, pictures: tuple[Path, Path], undisturbed: bytes
):
    server = start()
    asked = asked_of(server, pictures, ENOUGH)
    job, held = (server.post("/api/jobs", asked)["id"] for _ in range(2))
    server.post(f"/api/jobs/{held}/pause")
    server.evaluated(job, 2)
    painter = painter_of(server)
    began = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - began < 5  # it is not begun again meanwhile
    _gone(painter)
    server = start()
    done = server.wait_for(job, "done")
    assert server.get(done["files"]["result"]) == undisturbed
    assert server.job(held)["state"] == "paused"


@posix
def test_a_change_survives_a_kill(start: Start, pictures: tuple[Path, Path]):
    server = start()
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    server.held(job, 2)
    server.post(f"/api/jobs/{job}/change", {"options": {"strength": 70}})
    made = server.wait(job, lambda job: job["changes"])["changes"]
    kept = server.folder / "jobs" / job / "job.json"
    # Written a moment later: it would be made once more if the kill came before.
    server.wait(job, lambda _: b'"changes":[{' in kept.read_bytes())
    server.kill()
    server = start()
    found = server.job(job)
    assert (found["state"], found["changes"]) == ("paused", made)
    server.post(f"/api/jobs/{job}/go")
    done = server.wait_for(job, "done")
    recipe = server.get(done["files"]["recipe"])
    assert [one["settings"] for one in recipe["changes"]] == [{"strength": 70}]


@posix
def test_what_a_painter_had_not_heard_of_outlives_it_and_the_server(
    start: Start, pictures: tuple[Path, Path], tmp_path: Path
):
    server = start()
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    server.held(job, 2)
    Image.new("L", (96, 80), 255).save(tmp_path / "mask.png")
    mask = server.upload(tmp_path / "mask.png")
    os.kill(painter_of(server), signal.SIGSTOP)
    server.post(f"/api/jobs/{job}/change", {"options": {"strength": 70}, "protect": mask})
    server.post(f"/api/jobs/{job}/go")
    os.kill(painter_of(server), signal.SIGKILL)
    server.kill()
    # The folder may be elsewhere by then.
    moved = server.folder.rename(tmp_path / "moved")
    server = start(moved)
    done = server.wait_for(job, "done")
    [change] = done["changes"]
    assert (change["options"], change["protect"]) == ({"strength": 70}, mask)


@posix
def test_a_job_whose_picture_is_gone_fails_alone(
    start: Start, pictures: tuple[Path, Path], tmp_path: Path
):
    server = start()
    long = server.post("/api/jobs", asked_of(server, pictures, 400))["id"]
    Image.new("RGB", (80, 80), "#888").save(tmp_path / "grey.png")
    asked, other = (
        asked_of(server, (tmp_path / "grey.png", pictures[1]), 2),
        asked_of(server, pictures, 2),
    )
    lost, kept = (server.post("/api/jobs", one)["id"] for one in (asked, other))
    server.kill()
    shutil.rmtree(server.folder / "pictures" / asked["content"])
    (server.folder / "jobs" / ("f" * 20)).mkdir()
    server = start()
    server.post(f"/api/jobs/{long}/cancel")
    failed = server.wait(lost, lambda job: job["state"] == "failed")
    assert "not in the studio's folder any more" in failed["error"]["message"]
    server.wait_for(kept, "done")


def test_one_studio_at_a_time_works_in_a_folder(start: Start, tmp_path: Path):
    start()
    second = _studio("--port", "0", "--folder", str(tmp_path / "studio"))
    assert second.returncode == 5
    assert second.stderr.count("\n") == 1
    assert "another studio works in" in second.stderr


def test_a_port_that_is_taken_is_told_with_a_free_one(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = _studio("--port", str(port), "--folder", str(tmp_path))
    assert found.returncode == 5
    assert f"port {port} cannot be had" in found.stderr
    free = int(found.stderr.rpartition("--port ")[2])
    assert free > port
    with socket.create_server(("127.0.0.1", free)):
        pass


def test_a_folder_that_cannot_be_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    found = _studio("--port", "0", "--folder", str(tmp_path / "file" / "studio"))
    assert found.returncode in (2, 5)
    assert found.stderr.count("\n") == 1


def test_the_missing_extra_is_named(tmp_path: Path):
    code = (
        "import sys; sys.modules['uvicorn'] = None; from impasto.cli import run; "
        f"sys.argv = ['impasto', 'studio', '--folder', {str(tmp_path / 'studio')!r}]; run()"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert found.returncode == 2
    assert found.stderr.endswith("the studio needs its extra: pip install 'impasto[studio]'\n")


def test_the_server_and_the_reader_load_no_torch():
    code = (
        "import sys; import impasto.studio.serve, impasto.workshop.reader; "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _studio(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "impasto", "studio", "--no-browser", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def _checkpointed(server: Server, job: str) -> None:
    """Wait until a job has a checkpoint, and goes on from there."""
    count = server.held(job, 2)["progress"]["evaluations"]
    server.post(f"/api/jobs/{job}/go")
    server.evaluated(job, count + 1)


def _is_not_running(job: dict[str, Any]) -> bool:
    return job["state"] != "running"


def _gone(pid: int) -> None:
    end = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < end, "the painter lives on"
        time.sleep(0.05)
