"""The queue: which job is painted when, whoever watches and whatever breaks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from impasto.studio.asked import Asked, is_colour
from impasto.studio.crew import Crew
from impasto.studio.events import Watcher, Watchers
from impasto.studio.folder import Folder, new_id
from impasto.studio.job import ENDED, Job, file_name, now, short_view, view
from impasto.studio.painter import Painter
from impasto.studio.pictures import Pictures
from impasto.studio.shelf import Shelf
from impasto.workshop.devices import Device
from impasto.workshop.messages import (
    Back,
    Change,
    Ended,
    Go,
    Held,
    Hello,
    Paint,
    Pause,
    PictureFile,
    Progress,
    Stop,
    StyleFile,
    Wanted,
)

# A job whose painter dies is tried again so often.
_ATTEMPTS = 2
# Styles in a title, the last of which may stand for others.
_NAMED = 3
_DIED = (
    "the painter ended {times} times in the middle of this job, maybe for want of memory; "
    "try a smaller size, and see studio.log in the studio's folder"
)


class Full(Exception):
    """As many jobs wait as are let in."""


class Refused(Exception):
    """What is asked of a job cannot be done in its state; the message says why."""


class New(Struct, frozen=True):
    """A job to be queued, one of a group of looks where it is one."""

    asked: Asked
    group: str | None = None
    look: dict[str, Any] | None = None


class Queue:
    """Owns the jobs, and hands them to the painters."""

    def __init__(
        self,
        folder: Folder,
        pictures: Pictures,
        watchers: Watchers,
        *,
        most: int,
        holds: int,
        devices: Sequence[Device] = (Device(),),
    ) -> None:
        """Read the jobs that are there; what was painted then is interrupted, and waits."""
        self._pictures, self._watchers, self._most = pictures, watchers, most
        self._shelf = Shelf(folder)
        self.crew = Crew(devices, self._heard, self._lost, log=folder.log, holds=[holds])
        self.jobs = {job.id: job for job in self._shelf.jobs()}
        for job in self.jobs.values():
            self._take_up(job)
        self._numbers = itertools.count(
            1 + max((job.number for job in self.jobs.values()), default=0)
        )
        self._wants = itertools.count(1)
        self._is_ending = False
        self._coming = 0  # jobs that are being written for the first time

    async def start(self) -> None:
        """Start the painters, and paint what waits."""
        await self._pictures.sweep(self._shelf.named)
        await self.crew.start()
        self._next()

    async def stop(self) -> None:
        """End the painters; their jobs go on from their checkpoints next time."""
        self._is_ending = True
        await self.crew.stop()
        for painter in self.crew.painters:
            if painter.job is not None:
                self._take_up(painter.job)
                self._shelf.save(painter.job)
        await self._shelf.settle()

    # What is asked of it.

    async def add(self, *wanted: New) -> list[Job]:
        """Queue jobs, all of them or none.

        Raises Full where too many wait, OutputError where they cannot be kept.
        """
        self.check_room(len(wanted))
        jobs = [self._made(new) for new in wanted]
        self._coming += len(jobs)
        try:
            for job in jobs:
                await self._shelf.put(job)  # what is answered for is not lost any more
        except BaseException:
            await self._shelf.forget(jobs)
            raise
        finally:
            self._coming -= len(jobs)
        for job in jobs:
            self.jobs[job.id] = job  # only now can it be painted
            self._tell(job)
        self._next()
        return jobs

    def _made(self, new: New) -> Job:
        title = new.asked.title or self._title(new.asked)
        return Job(
            id=new_id(),
            number=next(self._numbers),
            title=title,
            file=file_name(title),
            asked=new.asked,
            group=new.group,
            look=new.look,
            created=now(),
        )

    def check_room(self, count: int) -> None:
        """Raise Full where so many more may not wait."""
        waiting = sum(job.waits for job in self.jobs.values())
        if waiting + self._coming + count > self._most:
            raise Full

    async def pause(self, job: Job) -> None:
        """Hold a job that is painted; one that waits leaves the queue."""
        if job.waits:
            job.state = "paused"
            self._changed(job)
        elif job.state == "running":
            await self._want(job, Pause(job.id))
        elif job.state != "paused":
            raise Refused(f"this job is {job.state}")

    async def go(self, job: Job) -> None:
        """Go on with a job that is held, or was ended before it was done."""
        if job.state == "done":
            raise Refused("this job is done")
        if job.waits or job.state == "running":
            return
        if job.held:
            await self._want(job, Go(job.id))
            return
        self.check_room(1)
        job.wait("queued")
        job.attempts = 0
        self._changed(job)
        self._next()

    def end(self, job: Job, wish: Literal["stop", "cancel"]) -> None:
        """End a job, wherever it is; does nothing to one that has ended.

        What was painted is kept either way; how it ended is told.
        """
        if job.is_over or job.wish is not None:
            return
        if painter := self.crew.having(job):
            job.wish = wish
            painter.send(Stop(job.id))
        elif self._shelf.has_checkpoint(job):
            # Taken up once more, so that what was painted becomes a file.
            job.wait("interrupted")
            job.wish = wish
        else:
            job.end("cancelled")
        self._changed(job)
        self._next()

    async def change(
        self, job: Job, options: dict[str, Any], protects: bool, protect: str | None
    ) -> None:
        """Change settings of a job that is painted; and what it protects, if it `protects`."""
        self._check_painted(job)
        file = None
        if protect is not None:
            # Before the painter knows: its checkpoint will need the file.
            file = self._pictures.file(protect)
            job.brought = [*job.brought, protect]
            await self._shelf.put(job)
            if job.is_over:
                raise Refused(f"this job is {job.state}")
        await self._want(job, Change(job.id, options, protects, file, protect))

    async def back(self, job: Job, n: int) -> None:
        """Go on from an earlier step."""
        self._check_painted(job)
        if all(step.n != n for step in job.steps):
            raise Refused(f"there is no step {n} to go back to")
        await self._want(job, Back(job.id, n))

    async def remove(self, job: Job) -> None:
        """Throw a job away that has ended."""
        if not job.is_over:
            raise Refused(f"this job is {job.state}: cancel it first")
        del self.jobs[job.id]
        try:
            await self._shelf.throw_away(job)
        except BaseException:
            self.jobs[job.id] = job
            raise
        self._watchers.tell(job.id, "removed", lambda: {"id": job.id})

    def users_of(self, picture: str) -> list[Job]:
        """Return the jobs that were asked of a picture, or changed by it."""
        jobs = self.jobs.values()
        return [job for job in jobs if picture in job.pictures]

    # What is said of it.

    def tell_all(self, watcher: Watcher) -> None:
        """Tell one who has just come of all jobs that are not over."""
        for job in self.jobs.values():
            if not job.is_over:
                watcher.tell(job.id, "job", self._saying(job))

    def view(self, job: Job) -> dict[str, Any]:
        """Return a job as the interface shows it."""
        return view(job, self._position(job), self.place(job))

    def views(self) -> list[dict[str, Any]]:
        """Return all jobs, the newest first; without the losses of those that are over."""
        newest = sorted(self.jobs.values(), key=lambda job: -job.number)
        found = [self.view(job) for job in newest]
        for told in found:
            if told["state"] in ENDED:
                del told["losses"]
        return found

    def place(self, job: Job) -> Path:
        """Return a job's folder."""
        return self._shelf.place(job)

    def _position(self, job: Job) -> int | None:
        """Return how many are painted before a job that waits, None for one that does not."""
        return self._line().index(job) + self.crew.are_busy if job.waits else None

    # How it goes.

    def _line(self) -> list[Job]:
        """Return the jobs that wait, the next first."""
        waiting = [job for job in self.jobs.values() if job.waits]
        return sorted(waiting, key=lambda job: (not job.first, job.number))

    def _next(self) -> None:
        """Paint what waits where a painter is free, or can be freed of a job that is held."""
        if self._is_ending:
            return
        for job in self._line():
            if painter := self.crew.free_for(job):
                self._begin(job, painter)
        self.crew.make_room(self._line())

    def _begin(self, job: Job, painter: Painter) -> None:
        """Hand a job to a painter."""
        try:
            message = self._message(job)
            job.wanted = [self._renewed(one) for one in job.wanted]
        except KeyError:
            job.fail("a picture of this job is not in the studio's folder any more", 2)
            self._changed(job)
            return
        job.begin()
        job.device = painter.label if self.crew.are_several else None
        self.place(job).mkdir(exist_ok=True)
        painter.begin(job, message)
        self._changed(job)
        for other in self._line():
            self._tell(other)

    async def _want(self, job: Job, message: Wanted) -> None:
        """Want something of a job until its painter has heard of it, whichever that will be."""
        message = replace(message, number=next(self._wants))
        job.wanted = [*job.wanted, message]
        if painter := self.crew.having(job):
            painter.send(message)
        await self._shelf.keep(job)  # what is answered for is not lost any more

    def _renewed(self, message: Wanted) -> Wanted:
        """Return what is still wanted for another painter; raise KeyError as `_message` does."""
        number = next(self._wants)
        if isinstance(message, Change) and message.protect_id is not None:
            file = self._pictures.file(message.protect_id)
            return replace(message, number=number, protect=file)
        return replace(message, number=number)

    def _message(self, job: Job) -> Paint:
        """Return what the painter is told of a job; raise KeyError where a picture is gone."""
        asked, file = job.asked, self._pictures.file
        return Paint(
            job=job.id,
            folder=str(self.place(job)),
            output=job.file,
            content=self._file(asked.content),
            styles=[
                StyleFile(file(one.picture), one.weight, one.scale, self._map(one.regions))
                for one in asked.styles
            ],
            regions=self._file(asked.regions),
            protect=self._file(asked.protect),
            options={"preset": asked.preset, **asked.options},
            others=[file(id_) for id_ in job.brought],
            steps=job.steps,
            ends=job.wish is not None,
        )

    def _file(self, id_: str | None) -> PictureFile | None:
        return None if id_ is None else self._pictures.file(id_)

    def _map(self, regions: str | None) -> PictureFile | str | None:
        return regions if regions is not None and is_colour(regions) else self._file(regions)

    def _heard(self, painter: Painter, message: Any) -> None:
        """Take in what a painter says; None is that it is there again."""
        if isinstance(message, Hello):
            self.crew.greet(painter, message)
        job = self.jobs.get(getattr(message, "job", ""))
        if job is None:
            self._next()
            return
        match message:
            case Progress():
                job.hear(message)
                self._tell(job)
                self._shelf.note(job)
                return
            case Held():
                stays, painter.is_parking = painter.is_parking and message.held, False
                job.held = message.held
                job.state = "paused" if message.held else "running"
                if stays:  # to ask again at once would be in vain
                    return
            case Ended():
                painter.let_go()
                job.close(message)
                if job.wish is not None:  # it was parked before it heard of that
                    self._take_up(job)
            case _:
                job.hear(message)
        self._changed(job)
        self._next()

    def _lost(self, job: Job) -> None:
        """Take in that a painter died on its job, which waits again."""
        job.attempts += 1
        if job.attempts > _ATTEMPTS:
            job.fail(_DIED.format(times=job.attempts), 1)
        else:
            self._take_up(job)
        self._changed(job)
        self._next()

    def _take_up(self, job: Job) -> None:
        """Let a job wait that was painted, or to be ended, when its painter or the studio ended."""
        job.held = False
        if job.wish is not None and not self._shelf.has_checkpoint(job):
            job.end("cancelled")
        elif job.state == "running" or job.wish is not None:
            job.wait("interrupted")
        job.leave()

    def _check_painted(self, job: Job) -> None:
        if self.crew.having(job) is None:
            raise Refused(f"this job is {job.state}: only what is painted just now can change")

    def _title(self, asked: Asked) -> str:
        ids = [asked.content, *(style.picture for style in asked.styles)]
        first, *others = (Path(self._pictures.known[id_].name).stem for id_ in ids if id_)
        if len(others) > _NAMED:
            others = [*others[: _NAMED - 1], f"{len(others) - _NAMED + 1} others"]
        return f"{first} by {' and '.join(others)}" if others else first

    def _changed(self, job: Job) -> None:
        self._shelf.save(job)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        self._watchers.tell(job.id, "job", self._saying(job))

    def _saying(self, job: Job) -> Callable[[], Any]:
        return lambda: short_view(job, self._position(job), self.place(job))
