"""Jobs on disk: each in its folder, written whole, one writing after another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from impasto.errors import OutputError
from impasto.files import replacing
from impasto.studio.folder import Folder, is_id
from impasto.studio.job import Job
from impasto.workshop.places import CHECKPOINT

_log = logging.getLogger(__name__)

_NOTE_SECONDS = 3.0  # between two notes of how far a job is
_FILE = "job.json"


class Shelf:
    """Keeps jobs in the studio's folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._written: dict[str, float] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._saving: set[asyncio.Task[None]] = set()

    def place(self, job: Job) -> Path:
        """Return a job's folder."""
        return self._folder.jobs / job.id

    def has_checkpoint(self, job: Job) -> bool:
        """Return whether a job can go on from somewhere."""
        return (self.place(job) / CHECKPOINT).exists()

    def jobs(self) -> Iterator[Job]:
        """Read all jobs; what cannot be read is left where it is, and told."""
        for place in sorted(self._folder.jobs.iterdir()):
            if not is_id(place.name):
                continue
            try:
                yield read_job(place)
            except (OSError, ValueError) as fault:
                _log.warning("the job in %s cannot be read: %s", place, fault)

    def named(self) -> set[str] | None:
        """Return every id in the files of all jobs, those of the trash too; None if one is unread.

        Whatever version wrote them, and whatever is damaged in them: what a job names is there.
        """
        found: set[str] = set()
        try:
            for place in (*self._folder.jobs.iterdir(), *self._folder.trash.iterdir()):
                path = place / _FILE
                if path.exists():
                    found.update(re.findall(r"[0-9a-f]{20}", path.read_text("latin-1")))
        except OSError:
            return None
        return found

    async def put(self, job: Job) -> None:
        """Write a job's file; raise OutputError where that cannot be."""
        async with self._turn(job):
            self._written[job.id] = time.monotonic()
            # As it is now that it is its turn, not as it was when it asked for it.
            await asyncio.to_thread(save_job, msgspec.json.encode(job), self.place(job))

    async def keep(self, job: Job) -> None:
        """Write a job's file if that can be."""
        with contextlib.suppress(OutputError):
            await self.put(job)

    def save(self, job: Job) -> None:
        """Write a job's file soon; a disk that is full now may have room the next time."""
        task = asyncio.create_task(self.keep(job))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    def note(self, job: Job) -> None:
        """Save how far a job is, every few seconds."""
        if time.monotonic() - self._written.get(job.id, 0.0) > _NOTE_SECONDS:
            self._written[job.id] = time.monotonic()
            self.save(job)

    async def throw_away(self, job: Job) -> None:
        """Move a job into the trash."""
        await self.settle()
        async with self._turn(job):
            await asyncio.to_thread(self._folder.throw_away, job.id)
        self._written.pop(job.id, None)
        self._turns.pop(job.id, None)

    async def forget(self, jobs: Iterable[Job]) -> None:
        """Remove what was written of jobs that never came to be."""
        for job in jobs:
            await asyncio.to_thread(shutil.rmtree, self.place(job), ignore_errors=True)
            self._written.pop(job.id, None)
            self._turns.pop(job.id, None)

    async def settle(self) -> None:
        """Wait until all that is to be saved is."""
        await asyncio.gather(*self._saving)

    def _turn(self, job: Job) -> asyncio.Lock:
        return self._turns.setdefault(job.id, asyncio.Lock())


def save_job(job: bytes, place: Path) -> None:
    """Replace a job's file; raise OutputError where that cannot be."""
    try:
        place.mkdir(exist_ok=True)
    except OSError as fault:
        raise OutputError(f"cannot make {place}: {fault.strerror or fault}") from fault
    with replacing(place / _FILE) as stream:
        stream.write(job)


def read_job(place: Path) -> Job:
    """Read a job's file; raise ValueError or OSError for what is none."""
    job = msgspec.json.decode((place / _FILE).read_bytes(), type=Job)
    if job.id != place.name or Path(job.file).name != job.file:
        raise ValueError("it is another folder's")
    return job
