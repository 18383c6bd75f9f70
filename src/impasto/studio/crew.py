"""The painters of a studio, one for each device, and which of them has which job."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from impasto.studio.job import Job
from impasto.studio.painter import Painter
from impasto.workshop.devices import AUTO, Device
from impasto.workshop.messages import Hello

_PARK_SECONDS = 5.0


class Crew:
    """Painters, each with one job at a time."""

    def __init__(
        self,
        devices: Sequence[Device],
        heard: Callable[[Painter, Any], None],
        lost: Callable[[Job], None],
        *,
        log: Path,
        holds: Sequence[int] = (),
    ) -> None:
        """Give every device its painter; see `Painter` for `heard` and `lost`."""
        self._heard, self._lost, self._log, self._holds = heard, lost, log, holds
        self.painters = [self._painter(device) for device in devices]
        self._starting: set[asyncio.Task[None]] = set()

    @property
    def are_several(self) -> bool:
        """Whether it matters where a job is painted."""
        return len(self.painters) > 1

    @property
    def are_busy(self) -> bool:
        """Whether all of them have a job."""
        return all(painter.job is not None for painter in self.painters)

    def having(self, job: Job) -> Painter | None:
        """Return who has a job."""
        return next((one for one in self.painters if one.job is job), None)

    def free_for(self, job: Job) -> Painter | None:
        """Return who can take on a job now; one that was begun goes on where it is as it was."""
        return next((one for one in self._suiting(job) if one.is_free), None)

    def make_room(self, waiting: Sequence[Job]) -> None:
        """Have jobs that are held make room on their devices for so many that wait."""
        coming = sum(painter.is_parking for painter in self.painters)
        for job in waiting[coming:]:
            held = (one for one in self._suiting(job) if one.job is not None and one.job.held)
            if painter := next((one for one in held if not one.is_parking), None):
                painter.park()

    async def start(self) -> None:
        """Start their processes."""
        await asyncio.gather(*(painter.start() for painter in self.painters))

    async def stop(self) -> None:
        """End their processes; what can be parked on disk in a few seconds is."""
        asked = [painter for painter in self.painters if painter.park()]
        end = time.monotonic() + _PARK_SECONDS
        while any(painter.job is not None for painter in asked) and time.monotonic() < end:
            await asyncio.sleep(0.05)
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(painter.stop() for painter in self.painters))

    def greet(self, painter: Painter, hello: Hello) -> None:
        """Take in what a painter says of itself; "auto" is every device of that kind."""
        if painter.device.kind != AUTO or self.are_several:
            return
        for name in hello.others:
            self.painters.append(self._painter(Device(name, 1, name)))
            task = asyncio.create_task(self.painters[-1].start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    def _suiting(self, job: Job) -> list[Painter]:
        """Return who may paint a job: those of the kind that it began on, if there are any."""
        return [one for one in self.painters if one.suits(job)] or self.painters

    def _painter(self, device: Device) -> Painter:
        return Painter(device, self._heard, self._lost, log=self._log, holds=self._holds)
