"""The process that looks at pictures, seen from the server: asked, it answers."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import msgspec

from impasto.studio.folder import Folder
from impasto.workshop.child import Child
from impasto.workshop.messages import Answer, FromReader

# A picture that takes longer is one that nobody wants to wait for.
_SECONDS = 120.0
_GONE = "this picture could not be read: the program that looks at pictures broke on it"


class ReadingRoom:
    """Asks the reader, one request after another; what breaks it breaks that request alone."""

    def __init__(self, folder: Folder) -> None:
        self._child = Child(
            "impasto.workshop.reader", FromReader, self._heard, self._ended, log=folder.log
        )
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._turn = asyncio.Lock()

    async def ask(self, request: Any) -> Answer:
        """Return what a request comes to."""
        async with self._turn:
            await self._child.start()
            number = next(self._numbers)
            waiting = self._asked[number] = asyncio.get_running_loop().create_future()
            self._child.send(msgspec.structs.replace(request, number=number))
            try:
                return await asyncio.wait_for(waiting, _SECONDS)
            except TimeoutError:
                await self._child.stop()
                return Answer(number, _GONE)
            finally:
                self._asked.pop(number, None)

    async def stop(self) -> None:
        """End the process."""
        await self._child.stop()

    def _heard(self, answer: Answer) -> None:
        waiting = self._asked.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def _ended(self) -> None:
        for number, waiting in self._asked.items():
            if not waiting.done():
                waiting.set_result(Answer(number, _GONE))
