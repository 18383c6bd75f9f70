"""Many clients and many jobs: nothing is lost, memory stays bounded, requests are answered."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from PIL import Image
from studio_server import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "studio_client.py"
WATCHING, JOBS = 50, 20


def test_fifty_watch_twenty_jobs(server: Server, asked: dict[str, Any]):
    tiny = {**asked, "options": {**asked["options"], "iterations": "1"}}
    before = _memory(server)
    jobs, told, waits = asyncio.run(_watched(server, tiny))
    assert len(jobs) == JOBS
    for watcher in told:
        assert {job for job, state in watcher.items() if state == "done"} >= set(jobs)
    found = server.get("/api/jobs")["jobs"]
    assert [job["id"] for job in found if job["id"] in jobs] == jobs[::-1]
    assert all(job["files"]["result"] for job in found if job["id"] in jobs)
    assert _memory(server) - before < 100e6
    waits.sort()
    # Machines that test others at the same time are slow; benchmarks/studio.py measures.
    assert waits[len(waits) // 2] < 0.5


def test_the_ten_lines_for_programs_paint(
    server: Server, pictures: tuple[Path, Path], tmp_path: Path
):
    code = EXAMPLE.read_text("utf-8").replace('"size": 256', '"size": 64, "iterations": "2"')
    (tmp_path / "client.py").write_text(code)
    words = [sys.executable, "client.py", server.address, *map(str, pictures), "out.png"]
    subprocess.run(words, check=True, cwd=tmp_path, timeout=120)
    with Image.open(tmp_path / "out.png") as painted:
        assert painted.size == (64, 53)


async def _watched(
    server: Server, asked: dict[str, Any]
) -> tuple[list[str], list[dict[str, str]], list[float]]:
    """Queue jobs while clients watch; return what each was told, and how long requests took."""
    told: list[dict[str, str]] = [{} for _ in range(WATCHING)]
    watching = [asyncio.create_task(_watch(server, one, JOBS)) for one in told]
    await asyncio.sleep(0.2)
    posted = [asyncio.to_thread(server.post, "/api/jobs", asked) for _ in range(JOBS)]
    jobs = [job["id"] for job in await asyncio.gather(*posted)]
    waits = []
    while not all(task.done() for task in watching):
        began = time.monotonic()
        await asyncio.to_thread(server.get, "/api/jobs")
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    await asyncio.gather(*watching)
    order = {job["id"]: n for n, job in enumerate(server.get("/api/jobs")["jobs"])}
    return sorted(jobs, key=lambda job: -order[job]), told, waits


async def _watch(server: Server, told: dict[str, str], count: int) -> None:
    host, _, port = server.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    async with asyncio.timeout(180):
        while sum(state == "done" for state in told.values()) < count:
            line = await reader.readline()
            if line.startswith(b"data: "):
                job = json.loads(line[6:])
                told[job["id"]] = job["state"]
    writer.close()


def _memory(server: Server) -> int:
    return psutil.Process(server.process.pid).memory_info().rss
