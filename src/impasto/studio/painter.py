"""A painter, seen from the queue: its process, its device, and the job that it has."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from impasto.studio.job import Job
from impasto.workshop.child import Child
from impasto.workshop.devices import AUTO, Device
from impasto.workshop.messages import Began, FromPainter, Hello, Paint, Stop

# Before a painter that died is started again: longer each time that it dies at once.
_BREATH_SECONDS = (1.0, 60.0)


class Painter:
    """One process on one device; where it dies, another one follows it."""

    def __init__(
        self,
        device: Device,
        heard: Callable[[Painter, Any], None],
        lost: Callable[[Job], None],
        *,
        log: Path,
        holds: Sequence[int] = (),
    ) -> None:
        """Make it; what it says goes to `heard`, a job that its process took with it to `lost`."""
        self.device, self.hello, self.job = device, None, None
        self.is_parking = False  # asked to let go of its job, and has not answered
        self._heard, self._lost = heard, lost
        self._breath, self._is_ending = _BREATH_SECONDS[0], False
        self._child = Child(
            "impasto.workshop.worker",
            FromPainter,
            self._hear,
            self._died,
            log=log,
            holds=holds,
            words=device.words,
            environment=device.environment(),
        )

    device: Device
    hello: Hello | None
    job: Job | None

    @property
    def is_free(self) -> bool:
        """Whether it is there and has no job."""
        return self._child.pid is not None and self.job is None

    @property
    def kind(self) -> str | None:
        """What it paints on, None where it has not said yet."""
        if self.device.kind != AUTO:
            return self.device.kind
        return None if self.hello is None else self.hello.device

    @property
    def label(self) -> str:
        """How people tell its device from others."""
        if self.device.kind != AUTO:
            return self.device.label
        return AUTO if self.hello is None else self.hello.label

    def suits(self, job: Job) -> bool:
        """Return whether a job that was begun goes on here as it began."""
        return job.kind is None or self.kind in (None, job.kind)

    async def start(self) -> None:
        """Start the process, where there is none."""
        await self._child.start()

    async def stop(self) -> None:
        """End the process for good."""
        self._is_ending = True
        await self._child.stop()

    def begin(self, job: Job, message: Paint) -> None:
        """Take on a job, with what is still wanted of it."""
        self.job, self.is_parking = job, False
        self.send(message)
        for wanted in job.wanted:
            self.send(wanted)

    def park(self) -> bool:
        """Ask it to let go of its job, which is on disk then; return whether it has one."""
        if self.job is None:
            return False
        if not self.is_parking:
            self.is_parking = self.send(Stop(self.job.id, park=True))
        return self.is_parking

    def let_go(self) -> None:
        """Take in that its job is over here."""
        self.job, self.is_parking = None, False

    def send(self, message: Any) -> bool:
        """Hand a message over; False where nobody is there to take it."""
        return self._child.send(message)

    def _hear(self, message: Any) -> None:
        if isinstance(message, Hello):
            self.hello, self._breath = message, _BREATH_SECONDS[0]
        elif isinstance(message, Began) and self.job is not None:
            self.job.kind = self.kind
        self._heard(self, message)

    async def _died(self) -> None:
        """Take in that the process is gone, and start another."""
        job, self.hello = self.job, None
        self.let_go()
        if job is not None:
            self._lost(job)
        while not self._is_ending:
            self._breath = min(2 * self._breath, _BREATH_SECONDS[1])
            await asyncio.sleep(self._breath)
            with contextlib.suppress(OSError):  # no room for a process just now
                if not self._is_ending:
                    await self.start()
                    self._heard(self, None)
                return


def device_view(painter: Painter) -> dict[str, Any]:
    """Return what the interface says of where a painter paints."""
    hello = painter.hello
    return {
        "device": painter.label,
        "ready": hello is not None,
        "name": None if hello is None else hello.name,
        "threads": None if hello is None else hello.threads,
    }
