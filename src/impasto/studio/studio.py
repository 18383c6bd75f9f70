"""All that the routes need: the folder, its pictures and jobs, and who watches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import impasto
from impasto.errors import ImpastoError
from impasto.studio.events import Watchers
from impasto.studio.folder import Folder, new_id
from impasto.studio.pictures import Pictures
from impasto.studio.queue import Queue
from impasto.studio.reading_room import ReadingRoom
from impasto.studio.uploads import Uploads
from impasto.workshop.devices import Device

_log = logging.getLogger(__name__)

# Which of the pictures that come with impasto are offered, and as what.
_EXAMPLES = {
    "coffee.jpg": "content",
    "rocket.jpg": "content",
    "swirl.jpg": "style",
    "woodblock.jpg": "style",
    "ink.jpg": "style",
}


@dataclass(frozen=True)
class Limits:
    """What is let in."""

    upload_bytes: int = 100_000_000
    pixels: int = 40_000_000
    queue: int = 50


class Studio:
    """One folder's jobs and pictures, worked on as long as it is open."""

    def __init__(
        self,
        folder: Folder,
        limits: Limits | None = None,
        devices: Sequence[Device] = (Device(),),
    ) -> None:
        """Take the folder, and devices to paint on.

        Raises OutputError where another studio works in the folder.
        """
        self.folder, self.limits = folder, limits or Limits()
        held = folder.lock()
        self.watchers = Watchers()
        self.reader = ReadingRoom(folder)
        self.pictures = Pictures(folder, self.reader, self.limits.pixels)
        self.queue = Queue(
            folder,
            self.pictures,
            self.watchers,
            most=self.limits.queue,
            holds=held,
            devices=devices,
        )
        self.uploads = Uploads(self.limits.upload_bytes)
        self._examples: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the painters."""
        await self.queue.start()
        self._examples = asyncio.create_task(self._bring_examples())

    async def close(self) -> None:
        """End the helpers, and let others into the folder."""
        if self._examples is not None:
            self._examples.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._examples
        await self.queue.stop()
        await self.reader.stop()
        self.folder.unlock()

    async def examples_are_there(self) -> None:
        """Wait until the examples can be offered."""
        if self._examples is not None:
            await asyncio.shield(self._examples)

    async def _bring_examples(self) -> None:
        """Take in the pictures that came with impasto, where they are not there yet."""
        there = {(one.name, one.role) for one in self.pictures.examples()}
        for name, role in _EXAMPLES.items():
            source = _examples() / name
            if (name, role) not in there and source.is_file():
                copy = self.folder.scratch / new_id()
                try:
                    await asyncio.to_thread(shutil.copyfile, source, copy)
                    await self.pictures.take_in(copy, name, role)
                except (OSError, ImpastoError) as fault:  # the page does without them
                    _log.warning("the example %s cannot be kept: %s", name, fault)
                finally:
                    copy.unlink(missing_ok=True)


def _examples() -> Path:
    """Return where the examples are: in the package, in a checkout beside it."""
    package = Path(impasto.__file__).parent
    packaged = package / "sheets" / "examples"
    return packaged if packaged.is_dir() else package.parents[1] / "examples"
