"""A real studio in a process of its own, and one inside the test for what paints nothing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import random_pixels
from forked import Forked
from PIL import Image

if TYPE_CHECKING:  # loaded for the tests that need it alone
    from starlette.testclient import TestClient

ORIGIN = "http://127.0.0.1"
TINY = {"size": 64, "levels": 1, "tolerance": 0, "faces": "style"}
ENOUGH = 14  # evaluations, to be stopped in the middle of


class Server:
    """`impasto studio` as a person starts it, or one forked, with its helpers, to start at once."""

    def __init__(
        self, folder: Path, *words: str, started_by: type[subprocess.Popen] = Forked
    ) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "impasto", "studio", "--no-browser", "--port", "0"]
        self.process = started_by(
            [*command, "--folder", str(folder), *words], stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        found = None
        for line in self.process.stderr:  # notes may come before
            if found := re.search(r"http://\S+", line):
                break
        assert found, "the studio did not start"
        self.address = found[0].rstrip("/")

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON, or the bytes, of an answer."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, method=method)
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as fault:
            return fault.code, _read(fault)

    def get(self, path: str) -> Any:
        status, found = self.ask("GET", path)
        assert status == 200, found
        return found

    def post(self, path: str, body: Any = None) -> Any:
        status, found = self.ask("POST", path, {} if body is None else body)
        assert status < 300, found
        return found

    def upload(self, path: Path) -> str:
        return self.post(f"/api/pictures?name={path.name}", path.read_bytes())["id"]

    def job(self, id: str) -> dict[str, Any]:
        return self.get(f"/api/jobs/{id}")

    def wait(
        self, id: str, until: Callable[[dict[str, Any]], Any], seconds: float = 90
    ) -> dict[str, Any]:
        """Wait until a job is as it should be."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job = self.job(id)
            if until(job):
                return job
            assert job["state"] != "failed", job
            time.sleep(0.03)
        job.pop("losses", None)
        raise AssertionError(f"not within {seconds} s: {job}")

    def wait_for(self, id: str, *states: str) -> dict[str, Any]:
        return self.wait(id, lambda job: job["state"] in states)

    def held(self, id: str, count: int) -> dict[str, Any]:
        """Wait until so many evaluations of a job were made, and hold it there."""
        self.evaluated(id, count)
        self.post(f"/api/jobs/{id}/pause")
        return self.wait_for(id, "paused")

    def evaluated(self, id: str, count: int) -> dict[str, Any]:
        """Wait until so many evaluations of a job were made."""
        return self.wait(id, lambda job: (job["progress"] or {}).get("evaluations", 0) >= count)

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def end(self) -> int:
        """Ask it to end, as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(30)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


def _read(answer: Any) -> Any:
    data = answer.read()
    return json.loads(data) if "json" in answer.headers.get("content-type", "") else data


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A photograph and a painting."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = folder / "photo.png", folder / "painting.png"
    for number, path in enumerate(paths):
        Image.fromarray(random_pixels(80, 96, number)).save(path)
    return paths


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    servers: list[Server] = []

    def start_one(folder: Path | None = None, *words: str) -> Server:
        servers.append(Server(folder or tmp_path / "studio", *words))
        return servers[-1]

    yield start_one
    for server in servers:
        if server.process.poll() is None:
            server.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One true server for the tests of a file that leave it as it was."""
    folder = tmp_path_factory.mktemp("server") / "studio"
    found = Server(folder, started_by=subprocess.Popen)
    yield found
    found.end()


@pytest.fixture(scope="module")
def asked(server: Server, pictures: tuple[Path, Path]) -> dict[str, Any]:
    """A tiny job of that server's."""
    return asked_of(server, pictures)


def asked_of(
    server: Server, pictures: tuple[Path, Path], evaluations: int = 6, **options: Any
) -> dict[str, Any]:
    """Hand the pictures in, and return a job of so many evaluations at 64 px."""
    content, style = (server.upload(path) for path in pictures)
    values = {**TINY, "iterations": str(evaluations), **options}
    return {"content": content, "styles": [{"picture": style}], "options": values}


@pytest.fixture(scope="module")
def undisturbed(pictures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of `asked_of(..., ENOUGH)`, painted in one go."""
    from impasto.cli import main

    out = tmp_path_factory.mktemp("undisturbed") / "out.png"
    flags = [f"--{name}={value}" for name, value in TINY.items()]
    words = ["paint", *map(str, pictures), "-o", str(out), "--quiet", *flags]
    assert main([*words, f"--iterations={ENOUGH}"]) == 0
    return out.read_bytes()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application inside the test, with small limits."""
    from starlette.testclient import TestClient

    from impasto.studio.app import make_app
    from impasto.studio.folder import Folder
    from impasto.studio.studio import Limits, Studio

    limits = Limits(upload_bytes=200_000, pixels=1_000_000, queue=5)
    studio = Studio(Folder(tmp_path_factory.mktemp("inside") / "studio"), limits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", Forked)  # the studio's helpers are as well
        with TestClient(make_app(studio), base_url=ORIGIN, raise_server_exceptions=False) as found:
            found.get("/api/examples")  # which are taken in meanwhile
            yield found


def is_running(pid: int) -> bool:
    """Return whether a process is there, and no zombie."""
    with contextlib.suppress(OSError):
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def painters_of(server: Server) -> list[int]:
    """Return the numbers of a server's painters."""
    import psutil

    children = psutil.Process(server.process.pid).children()
    # By a name's 15 letters where it was forked.
    names = ((child.pid, {*child.cmdline(), child.name()}) for child in children)
    known = {"impasto.workshop.worker", "workshop.worker"}
    return [number for number, found in names if found & known]


def painter_of(server: Server) -> int:
    """Return the number of a server's painter."""
    return painters_of(server)[0]
