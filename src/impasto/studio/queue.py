"""The jobs: kept on disk, painted one after another, whoever watches and whatever breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from impasto.studio.asked import Asked, is_colour
from impasto.studio.child import Child
from impasto.studio.events import Watchers
from impasto.studio.folder import Folder, is_id, new_id
from impasto.studio.job import (
    WAITING,
    Job,
    file_name,
    read_job,
    save_job,
    short_view,
    view,
)
from impasto.studio.pictures import Pictures
from impasto.workshop.messages import (
    Back,
    Began,
    Change,
    Changed,
    Ended,
    FromPainter,
    Go,
    Held,
    Hello,
    Kept,
    Noted,
    Paint,
    Pause,
    Progress,
    Stop,
    StyleFile,
    WentBack,
)
from impasto.workshop.places import CHECKPOINT

_log = logging.getLogger(__name__)

# A job whose painter dies is tried again so often.
_ATTEMPTS = 2
_SAVE_SECONDS = 3.0  # between two notes of how far a job is
_BREATH_SECONDS = 1.0  # before a painter that died is started again
_DIED = (
    "the painter ended {times} times in the middle of this job, maybe for want of memory; "
    "try a smaller size, and see studio.log in the studio's folder"
)


class Full(Exception):
    """As many jobs wait as are let in."""


class Refused(Exception):
    """What is asked of a job cannot be done in its state; the message says why."""


class Queue:
    """Owns the jobs and the painter."""

    def __init__(
        self, folder: Folder, pictures: Pictures, watchers: Watchers, *, most: int, holds: int
    ) -> None:
        """Read the jobs that are there; what was painted is interrupted, and waits again."""
        self._folder, self._pictures, self._watchers, self._most = (
            folder,
            pictures,
            watchers,
            most,
        )
        self._painter = Child(
            "impasto.workshop.worker",
            FromPainter,
            self._heard,
            self._died,
            log=folder.log,
            holds=[holds],
        )
        self.hello: Hello | None = None
        self.jobs: dict[str, Job] = {}
        self._painting: Job | None = None
        self._saved: dict[str, float] = {}
        self._saving: set[asyncio.Task[None]] = set()
        self._turns: dict[str, asyncio.Lock] = {}
        self._read()

    async def start(self) -> None:
        """Start the painter, and paint what waits."""
        await self._painter.start()
        self._next()

    async def stop(self) -> None:
        """End the painter; its job goes on from its checkpoint when the studio is opened again."""
        job = self._painting
        if job is not None and self._painter.send(Stop(job.id, park=True)):
            for _ in range(50):
                if self._painting is not job:
                    break
                await asyncio.sleep(0.1)
        await self._painter.stop()
        for job in self.jobs.values():
            if job.state == "running":
                job.state = "interrupted"
                self._save(job)
        await asyncio.gather(*self._saving)

    # What is asked of it.

    async def add(
        self,
        asked: Asked,
        *,
        group: str | None = None,
        look: dict[str, Any] | None = None,
    ) -> Job:
        """Queue a job; raise Full where too many wait."""
        self.check_room(1)
        title = asked.title[:200] or self._title(asked)
        number = 1 + max((job.number for job in self.jobs.values()), default=0)
        job = Job(
            id=new_id(),
            number=number,
            title=title,
            file=file_name(title),
            asked=asked,
            group=group,
            look=look,
            created=time.time(),
        )
        self.jobs[job.id] = job
        try:
            await self._save(job)
        except BaseException:
            del self.jobs[job.id]
            raise
        self._tell(job)
        self._next()
        return job

    def check_room(self, count: int) -> None:
        """Raise Full where so many more may not wait."""
        if sum(job.state in WAITING for job in self.jobs.values()) + count > self._most:
            raise Full

    def pause(self, job: Job) -> None:
        """Hold a job that is painted; one that waits stays out of the queue."""
        if job.state in WAITING:
            job.state = "paused"
            self._changed(job)
        elif job.state == "running":
            self._painter.send(Pause(job.id))
        elif job.state != "paused":
            raise Refused(f"this job is {job.state}")

    def go(self, job: Job) -> None:
        """Go on with a job that is held, or was stopped before its end."""
        if job.state in (*WAITING, "running"):
            return
        if job.state == "done":
            raise Refused("this job is done")
        if job.held:
            self._painter.send(Go(job.id))
            return
        job.state, job.wish, job.ended, job.error, job.first = "queued", None, None, None, True
        job.attempts = 0
        self._changed(job)
        self._next()

    def end(self, job: Job, wish: Literal["stop", "cancel"]) -> None:
        """End a job, wherever it is; does nothing to one that has ended.

        What was painted is kept either way; how it ended is told.
        """
        if job.is_over:
            return
        if job is self._painting:
            # The first wish counts: what ends already is not asked again.
            if job.wish is None:
                job.wish = wish
                self._painter.send(Stop(job.id))
        elif self._has_checkpoint(job):
            # Taken up once more, so that what was painted becomes a file.
            job.wish, job.state, job.first = wish, "interrupted", True
        else:
            job.end("cancelled")
        self._changed(job)
        self._next()

    async def change(
        self, job: Job, options: dict[str, Any], protects: bool, protect: str | None
    ) -> None:
        """Change settings of a job that is painted; and what it protects, if it `protects`."""
        if job is not self._painting:
            raise Refused(f"this job is {job.state}: what is painted just now can be changed")
        file = None if protect is None else self._pictures.file(protect)
        if protect is not None:
            # Before the painter knows: its checkpoint will need the file.
            job.brought = [*job.brought, protect]
            await self._save(job)
        self._painter.send(Change(job.id, options, protects, file, protect))

    def back(self, job: Job, n: int) -> None:
        """Go on from an earlier step."""
        if job is not self._painting:
            raise Refused(f"this job is {job.state}: what is painted just now can go back")
        if all(step[0] != n for step in job.steps):
            raise Refused(f"there is no step {n} to go back to")
        self._painter.send(Back(job.id, n))

    async def remove(self, job: Job) -> None:
        """Throw a job away that has ended."""
        if not job.is_over:
            raise Refused(f"this job is {job.state}: cancel it first")
        del self.jobs[job.id]
        async with self._turn(job):
            await asyncio.to_thread(self._folder.throw_away, job.id)
        self._turns.pop(job.id, None)
        self._watchers.tell(job.id, "removed", lambda: {"id": job.id})

    # What is said of it.

    def view(self, job: Job) -> dict[str, Any]:
        """Return a job as the interface shows it."""
        return view(job, self.position(job), self.place(job))

    def views(self) -> list[dict[str, Any]]:
        """Return all jobs, the newest first."""
        newest = sorted(self.jobs.values(), key=lambda job: -job.number)
        return [self.view(job) for job in newest]

    def short_view(self, job: Job) -> dict[str, Any]:
        """Return a job as events show it."""
        return short_view(job, self.position(job), self.place(job))

    def place(self, job: Job) -> Path:
        """Return a job's folder."""
        return self._folder.jobs / job.id

    def position(self, job: Job) -> int | None:
        """Return how many are painted before a job that waits, None for one that does not."""
        if job.state not in WAITING:
            return None
        return self._line().index(job) + (self._painting is not None)

    # How it goes.

    def _read(self) -> None:
        for place in sorted(self._folder.jobs.iterdir()):
            if not is_id(place.name):
                continue
            try:
                job = read_job(place)
            except (OSError, ValueError) as fault:
                _log.warning("the job in %s cannot be read: %s", place, fault)
                continue
            if job.id != place.name:
                continue
            job.held = False
            if job.state == "running":
                job.state, job.first = "interrupted", True
            if job.wish is not None and not self._has_checkpoint(job):
                job.end("cancelled")
            self.jobs[job.id] = job

    def _line(self) -> list[Job]:
        """Return the jobs that wait, the next first."""
        waiting = [job for job in self.jobs.values() if job.state in WAITING]
        return sorted(waiting, key=lambda job: (not job.first, job.number))

    def _next(self) -> None:
        """Paint the next job where the painter is free, or can be freed of one that is held."""
        line = self._line()
        if not line or self._painter.pid is None:
            return
        if self._painting is not None:
            if self._painting.held:
                self._painter.send(Stop(self._painting.id, park=True))
            return
        job = line[0]
        self._painting, job.state, job.first = job, "running", False
        job.started = job.started or time.time()
        self.place(job).mkdir(exist_ok=True)
        self._painter.send(self._message(job))
        if job.wish is not None:
            self._painter.send(Stop(job.id))
        self._changed(job)
        for other in line[1:]:
            self._tell(other)

    def _message(self, job: Job) -> Paint:
        asked, file = job.asked, self._pictures.file
        return Paint(
            job=job.id,
            folder=str(self.place(job)),
            output=job.file,
            content=None if asked.content is None else file(asked.content),
            styles=[
                StyleFile(
                    file(style.picture),
                    style.weight,
                    style.scale,
                    style.regions
                    if style.regions is None or is_colour(style.regions)
                    else file(style.regions),
                )
                for style in asked.styles
            ],
            regions=None if asked.regions is None else file(asked.regions),
            protect=None if asked.protect is None else file(asked.protect),
            options={"preset": asked.preset, **asked.options},
            others=[file(id_) for id_ in job.brought],
            steps=job.steps,
        )

    def _heard(self, message: Any) -> None:
        """Take in what the painter says."""
        if isinstance(message, Hello):
            self.hello = message
            return
        job = self.jobs.get(message.job)
        if job is None:
            return
        match message:
            case Began():
                job.forget_after(message.evaluations)
            case Progress():
                job.see(message)
                self._tell(job)
                if time.monotonic() - self._saved.get(job.id, 0) > _SAVE_SECONDS:
                    self._save(job)
                return
            case Kept():
                job.steps = message.steps
            case Changed():
                made: dict[str, Any] = {
                    "level": message.level,
                    "iteration": message.iteration,
                    "evaluations": message.evaluations,
                    "options": message.options,
                }
                if message.protects:
                    made["protect"] = message.protect_id
                job.changes = [*job.changes, made]
            case WentBack():
                job.forget_after(message.n)
            case Held():
                job.held = message.held
                job.state = "paused" if message.held else "running"
                self._changed(job)
                self._next()
                return
            case Noted():
                job.note(message.text)
            case Ended():
                self._ended(job, message)
                return
        self._changed(job)

    def _ended(self, job: Job, message: Ended) -> None:
        if message.size is not None:
            job.size = message.size[1], message.size[0]
        match message.how:
            case "parked":
                job.state = "paused" if job.held else "interrupted"
                job.held = False
            case "stopped":
                job.end("cancelled" if job.wish == "cancel" else "stopped")
            case "failed":
                job.error = {"message": message.message, "code": message.code}
                job.end("failed")
            case _:
                if job.progress is not None:
                    job.progress |= {"fraction": 1.0, "seconds_left": 0.0}
                job.end("done")
        self._painting = None
        self._changed(job)
        self._next()

    async def _died(self) -> None:
        """Take in that the painter is gone: its job waits again, another painter is started."""
        self.hello = None
        job, self._painting = self._painting, None
        if job is not None:
            job.attempts += 1
            job.held = False
            if job.wish is not None and not self._has_checkpoint(job):
                job.end("cancelled")
            elif job.attempts > _ATTEMPTS:
                job.error = {"message": _DIED.format(times=job.attempts), "code": 1}
                job.end("failed")
            else:
                job.state, job.first = "interrupted", True
            self._changed(job)
        await asyncio.sleep(_BREATH_SECONDS)
        await self.start()

    def _has_checkpoint(self, job: Job) -> bool:
        return (self.place(job) / CHECKPOINT).exists()

    def _title(self, asked: Asked) -> str:
        names = [asked.content, *(style.picture for style in asked.styles)]
        stems = [Path(self._pictures.known[id_].name).stem for id_ in names if id_ is not None]
        return " by ".join((stems[0], " and ".join(stems[1:]))) if stems[1:] else stems[0]

    def _changed(self, job: Job) -> None:
        self._save(job)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        self._watchers.tell(job.id, "job", self._saying(job))

    def _saying(self, job: Job) -> Callable[[], Any]:
        return lambda: self.short_view(job) if job.id in self.jobs else {"id": job.id}

    def _save(self, job: Job) -> asyncio.Task[None]:
        """Write a job's file, one writing of it after another."""
        self._saved[job.id] = time.monotonic()
        task = asyncio.create_task(self._written(job))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)
        return task

    async def _written(self, job: Job) -> None:
        async with self._turn(job):
            if job.id in self.jobs:
                text = msgspec.json.encode(job)
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(save_job, text, self.place(job))

    def _turn(self, job: Job) -> asyncio.Lock:
        return self._turns.setdefault(job.id, asyncio.Lock())
