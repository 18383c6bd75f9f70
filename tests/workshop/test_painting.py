"""Painting through a real server: one job after another, and all that is done with them."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from studio_server import ENOUGH, Server, asked_of, painter_of

from impasto.cli import main
from impasto.studio.told import ToldJob, ToldLooks

LONG = 400  # evaluations, of which few are made


def test_a_job_is_painted_and_told_of(server: Server, asked: dict[str, Any]):
    with _watched(server) as events:
        job = server.post("/api/jobs", asked)
        done = server.wait_for(job["id"], "done")
    ToldJob.model_validate(done)  # as it is documented
    assert (done["title"], done["size"]) == ("photo by painting", [64, 53])
    assert done["progress"]["fraction"] == 1
    assert [row[0] for row in done["losses"]] == [1, 2, 3, 4, 5, 6]
    assert done["losses"][-1][1] < done["losses"][0][1]
    states = [told["state"] for told in events if told["id"] == job["id"]]
    assert states[-1] == "done"
    assert all("asked" not in told for told in events)
    result = server.get(done["files"]["result"])
    assert Image.open(io.BytesIO(result)).size == (64, 53)
    recipe = server.get(done["files"]["recipe"])
    assert recipe["settings"]["size"] == 64
    assert recipe["ingredients"]["content"]["name"] == "photo.png"
    preview = Image.open(io.BytesIO(server.get(f"/api/jobs/{job['id']}/preview")))
    assert preview.format == "JPEG"
    assert Image.open(io.BytesIO(server.get(done["files"]["timelapse"]))).format == "WEBP"
    assert Image.open(io.BytesIO(server.get(done["files"]["sheet"]))).format == "PNG"
    part = Image.open(io.BytesIO(server.get(f"/api/jobs/{job['id']}/crop?x=60&y=50&w=9&h=9")))
    whole = Image.open(io.BytesIO(result))
    assert part.size == (4, 3)
    assert part.getpixel((0, 0)) == whole.getpixel((60, 50))


def test_one_job_is_painted_after_another(server: Server, asked: dict[str, Any]):
    first, second, third = (server.post("/api/jobs", asked) for _ in range(3))
    assert [first["position"], second["position"], third["position"]] == [None, 1, 2]
    for job in (first, second, third):
        server.wait_for(job["id"], "done")
    jobs = {job["id"]: job for job in server.get("/api/jobs")["jobs"]}
    one, two, three = (jobs[job["id"]] for job in (first, second, third))
    assert one["ended"] <= two["started"] <= two["ended"] <= three["started"]


def test_cancelling_is_for_every_state_and_any_number_of_times(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path]
):
    long = asked_of(server, pictures, LONG)
    running, queued, after = (server.post("/api/jobs", job) for job in (long, asked, asked))
    server.evaluated(running["id"], 2)
    for _ in range(2):
        assert server.post(f"/api/jobs/{queued['id']}/cancel")["state"] == "cancelled"
        server.post(f"/api/jobs/{running['id']}/cancel")
    cancelled = server.wait_for(running["id"], "cancelled")
    assert cancelled["files"]["result"]  # what was painted is kept
    assert server.job(queued["id"])["files"]["result"] is None
    done = server.wait_for(after["id"], "done")
    assert done["started"] >= cancelled["ended"]
    for job in (running, queued):
        assert server.post(f"/api/jobs/{job['id']}/cancel")["state"] == "cancelled"
    assert server.post(f"/api/jobs/{after['id']}/cancel")["state"] == "done"


def test_a_job_is_held_and_goes_on_to_the_same_bits(
    server: Server, pictures: tuple[Path, Path], undisturbed: bytes
):
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    held = server.held(job, 3)
    assert server.job(job)["progress"] == held["progress"]
    assert held["size"] == [64, 53]
    with urllib.request.urlopen(server.address + "/api/events", timeout=30) as stream:
        come = b"".join(stream.readline() for _ in range(5))
    assert job.encode() in come  # whoever comes is told of what is not over
    server.post(f"/api/jobs/{job}/go")
    done = server.wait_for(job, "done")
    assert _result(server, done) == undisturbed


def test_who_is_held_lets_others_go_first(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path], undisturbed: bytes
):
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    server.evaluated(job, 3)
    other = server.post("/api/jobs", asked)["id"]
    server.post(f"/api/jobs/{job}/pause")
    server.wait_for(other, "done")
    assert server.job(job)["state"] == "paused"
    server.post(f"/api/jobs/{job}/go")
    done = server.wait_for(job, "done")
    assert _result(server, done) == undisturbed


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_what_is_wanted_of_a_job_while_it_makes_room_is_not_lost(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path]
):
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    server.held(job, 2)
    painter = painter_of(server)
    os.kill(painter, signal.SIGSTOP)  # so that all of it is under way at once
    try:
        other = server.post("/api/jobs", asked)["id"]
        server.post(f"/api/jobs/{job}/change", {"options": {"strength": 70}})
        server.post(f"/api/jobs/{job}/go")
    finally:
        os.kill(painter, signal.SIGCONT)
    done = server.wait_for(job, "done")
    assert [one["options"] for one in done["changes"]] == [{"strength": 70}]
    server.wait_for(other, "done")


def test_a_change_is_made_recorded_and_painted_again(
    server: Server, pictures: tuple[Path, Path], tmp_path: Path
):
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    held = server.held(job, 3)
    mask = server.upload(_mask(tmp_path / "mask.png"))
    server.post(f"/api/jobs/{job}/change", {"options": {"strength": 80}, "protect": mask})
    changed = server.wait(job, lambda job: job["changes"])
    server.post(f"/api/jobs/{job}/go")
    done = server.wait_for(job, "done")
    ToldJob.model_validate(changed)
    [change] = changed["changes"]
    assert change["evaluations"] == held["progress"]["evaluations"]
    assert (change["options"], change["protect"]) == ({"strength": 80}, mask)
    recipe = server.get(done["files"]["recipe"])
    assert [one["settings"] for one in recipe["changes"]] == [{"strength": 80}]
    (tmp_path / "painted.png").write_bytes(_result(server, done))
    for path in pictures:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    again = tmp_path / "again.png"
    assert main(["rerun", str(tmp_path / "painted.png"), "-o", str(again), "--quiet"]) == 0
    assert again.read_bytes() == _result(server, done)


def test_a_job_goes_back_to_an_earlier_step(server: Server, pictures: tuple[Path, Path]):
    job = server.post("/api/jobs", asked_of(server, pictures, 24))["id"]
    server.wait(job, lambda job: job["steps"])
    server.held(job, 1)
    server.post(f"/api/jobs/{job}/change", {"options": {"smoothness": 3}})
    changed = server.wait(job, lambda job: job["changes"])
    n = changed["steps"][0]["n"]
    shown = Image.open(io.BytesIO(server.get(f"/api/jobs/{job}/steps/{n}")))
    assert shown.size == (64, 53)
    server.post(f"/api/jobs/{job}/back", {"n": n})
    # What was changed after the step is taken back with it.
    server.wait(job, lambda job: not job["changes"])
    done = server.wait_for(job, "done")
    recipe = server.get(done["files"]["recipe"])
    [change] = recipe["changes"]
    assert (change["iteration"], change["settings"]) == (n, {})
    assert recipe["evaluations"] == [24]
    assert [row[0] for row in done["losses"]] == list(range(1, 25))
    status, _ = server.ask("POST", f"/api/jobs/{job}/back", {"n": n})
    assert status == 409


def test_going_back_keeps_what_was_changed_before(
    server: Server, pictures: tuple[Path, Path], tmp_path: Path
):
    job = server.post("/api/jobs", asked_of(server, pictures, LONG))["id"]
    server.held(job, 2)
    mask = server.upload(_mask(tmp_path / "mask.png"))
    server.post(f"/api/jobs/{job}/change", {"protect": mask})
    [change] = server.wait(job, lambda job: job["changes"])["changes"]
    server.post(f"/api/jobs/{job}/go")
    later = server.wait(job, lambda job: job["steps"] and job["steps"][-1]["n"] > 7)
    n = later["steps"][-1]["n"]
    server.post(f"/api/jobs/{job}/back", {"n": n})
    server.evaluated(job, n + 1)
    server.post(f"/api/jobs/{job}/stop")
    stopped = server.wait_for(job, "stopped")
    assert stopped["changes"] == [change]
    recipe = server.get(stopped["files"]["recipe"])
    # Of a step that was gone back to, and not yet painted on, there is no other change.
    assert [one["iteration"] for one in recipe["changes"]][:1] == [change["iteration"]]
    assert not [note for note in stopped["notes"] if "/" in note]


def test_stopping_keeps_what_is_there_and_it_can_go_on(
    server: Server, pictures: tuple[Path, Path], undisturbed: bytes
):
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    server.evaluated(job, 3)
    server.post(f"/api/jobs/{job}/stop")
    stopped = server.wait_for(job, "stopped")
    assert stopped["size"] == [64, 53]
    assert server.get(stopped["files"]["recipe"])["interrupted"]
    server.post(f"/api/jobs/{job}/go")
    done = server.wait_for(job, "done")
    assert _result(server, done) == undisturbed


def test_a_long_evaluation_is_stopped_in_its_middle(server: Server, pictures: tuple[Path, Path]):
    job = server.post("/api/jobs", asked_of(server, pictures, LONG, size=1600))["id"]
    server.wait_for(job, "running")
    time.sleep(1.0)  # an evaluation of this size takes many
    server.post(f"/api/jobs/{job}/cancel")
    assert server.wait_for(job, "cancelled")["progress"] is None


def test_four_looks_differ(server: Server, pictures: tuple[Path, Path]):
    asked = asked_of(server, pictures, 3)
    made = server.post("/api/looks", asked)
    ToldLooks.model_validate(made)
    assert len(made["jobs"]) == 4
    assert {job["group"] for job in made["jobs"]} == {made["group"]}
    done = [server.wait_for(job["id"], "done") for job in made["jobs"]]
    assert all(job["size"] == [64, 53] for job in done)
    assert len({_result(server, job) for job in done}) == 4
    assert len({job["look"]["name"] for job in done}) == 4


def test_a_dropped_result_opens_its_recipe(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path], tmp_path: Path
):
    styled = {**asked, "options": {**asked["options"], "strength": 61}}
    done = server.wait_for(server.post("/api/jobs", styled)["id"], "done")
    (tmp_path / "painted.png").write_bytes(_result(server, done))
    found = server.post("/api/pictures?name=painted.png", _result(server, done))["recipe"]
    assert found["missing"] == []
    assert found["options"]["strength"] == 61
    again = {"content": found["content"], "styles": found["styles"], "options": found["options"]}
    repeated = server.wait_for(server.post("/api/jobs", again)["id"], "done")
    assert _result(server, repeated) == _result(server, done)


def test_regions_protection_and_textures_are_painted(
    server: Server, pictures: tuple[Path, Path], tmp_path: Path
):
    asked = asked_of(server, pictures, 2)
    map_ = Image.new("RGB", (96, 80), "#ff0000")
    map_.paste("#00ff00", (0, 0, 48, 80))
    map_.save(tmp_path / "map.png")
    style = asked["styles"][0]["picture"]
    regions = {
        **asked,
        "styles": [
            {"picture": style, "regions": "#ff0000", "scale": 0.8},
            {"picture": asked["content"], "regions": "#00ff00", "weight": 2},
        ],
        "regions": server.upload(tmp_path / "map.png"),
        "protect": server.upload(_mask(tmp_path / "mask.png")),
    }
    texture = {**asked, "content": None, "options": {**asked["options"], "size": "64x48"}}
    jobs = [server.post("/api/jobs", one)["id"] for one in (regions, texture)]
    done = [server.wait_for(job, "done") for job in jobs]
    assert [job["size"] for job in done] == [[64, 53], [64, 48]]
    recipe = server.get(done[0]["files"]["recipe"])["ingredients"]
    assert [one["regions"] for one in recipe["styles"]] == [[255, 0, 0], [0, 255, 0]]
    assert recipe["protect"]["name"] == "mask.png"


def test_who_left_the_device_is_ended_with_a_picture(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path]
):
    job = server.post("/api/jobs", asked_of(server, pictures, LONG))["id"]
    held = server.held(job, 2)
    server.wait_for(server.post("/api/jobs", asked)["id"], "done")
    server.post(f"/api/jobs/{job}/stop")
    stopped = server.wait_for(job, "stopped")
    assert stopped["files"]["result"]
    assert stopped["progress"]["evaluations"] == held["progress"]["evaluations"]
    assert server.get(stopped["files"]["recipe"])["interrupted"]


def test_what_cannot_be_painted_fails_in_one_sentence(
    server: Server, asked: dict[str, Any], tmp_path: Path
):
    # Its map names a region that nobody has painted, which is seen where pixels are.
    map_ = server.upload(_mask(tmp_path / "map.png"))
    styles = [{**asked["styles"][0], "regions": "#ff0000"}]
    job = server.post("/api/jobs", {**asked, "styles": styles, "regions": map_})["id"]
    failed = server.wait(job, lambda job: job["state"] == "failed")
    assert failed["error"]["code"] == 2
    assert "serves the region #ff0000" in failed["error"]["message"]
    assert str(server.folder) not in json.dumps(failed["error"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits another process")
def test_a_disk_that_is_full_is_told_and_what_is_there_stays(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path], undisturbed: bytes
):
    job = server.post("/api/jobs", asked_of(server, pictures, ENOUGH))["id"]
    server.held(job, 2)
    jobs = {path.name for path in (server.folder / "jobs").iterdir()}
    uploaded = {path.name for path in (server.folder / "pictures").iterdir()}
    with _full_disk(server.process.pid), _full_disk(painter_of(server)):
        for path, body in (("/api/jobs", asked), ("/api/looks", asked), _PICTURE):
            status, told = server.ask("POST", path, body)
            assert (status, "studio's folder" in told["detail"] or "write" in told["detail"]) == (
                507,
                True,
            )
        assert server.ask("POST", f"/api/jobs/{job}/go", {})[0] == 200
        failed = server.wait(job, lambda job: job["state"] == "failed")
        assert server.get("/api/jobs")["jobs"]
    assert (failed["error"]["code"], failed["files"]["result"]) == (5, None)
    assert str(server.folder) not in json.dumps(failed["error"])
    assert {path.name for path in (server.folder / "jobs").iterdir()} == jobs
    assert {path.name for path in (server.folder / "pictures").iterdir()} == uploaded
    assert not [path for path in server.folder.rglob("*") if ".tmp" in path.name]
    # With room again it goes on from where it was, to the same bits.
    server.post(f"/api/jobs/{job}/go")
    assert _result(server, server.wait_for(job, "done")) == undisturbed


_PICTURE = "/api/pictures?name=a.png", b"\x89PNG\r\n\x1a\n" + bytes(5000)


@contextmanager
def _full_disk(pid: int) -> Iterator[None]:
    """Let a process write no file beyond its first bytes, as a full disk does."""
    import resource

    kind = resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (100, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before)


def test_an_ended_job_is_thrown_into_the_trash(server: Server, asked: dict[str, Any]):
    job = server.post("/api/jobs", asked)["id"]
    assert server.ask("DELETE", f"/api/jobs/{job}")[0] == 409
    server.wait_for(job, "done")
    with _watched(server, "removed") as events:
        assert server.ask("DELETE", f"/api/jobs/{job}")[0] == 204
        assert server.ask("GET", f"/api/jobs/{job}")[0] == 404
    assert events == [{"id": job}]
    assert not (server.folder / "jobs" / job).exists()
    assert [path for path in (server.folder / "trash").iterdir() if path.name.startswith(job)]


class _watched:  # noqa: N801
    """Events that come inside the block."""

    def __init__(self, server: Server, kind: str = "job") -> None:
        self._stream = urllib.request.urlopen(server.address + "/api/events", timeout=30)
        self._kind, self.events = kind, []
        assert self._stream.readline() == b": hello\n"
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> list[dict[str, Any]]:
        self._thread.start()
        return self.events

    def __exit__(self, *_: object) -> None:
        self._thread.join(1.0)

    def _read(self) -> None:
        kind = ""
        for line in self._stream:
            if line.startswith(b"event: "):
                kind = line[7:].strip().decode()
            elif line.startswith(b"data: ") and kind == self._kind:
                self.events.append(json.loads(line[6:]))
                if kind == "removed" or self.events[-1].get("state") == "done":
                    break
        self._stream.close()


def _result(server: Server, job: dict[str, Any]) -> bytes:
    return server.get(f"/api/jobs/{job['id']}/result")


def _mask(path: Path) -> Path:
    mask = Image.new("L", (96, 80))
    mask.paste(255, (0, 0, 40, 80))
    mask.save(path)
    return path
