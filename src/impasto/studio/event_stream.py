"""An answer that does not end: server-sent events, for as long as somebody takes them in."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from impasto.studio.events import Watcher, Watchers

_QUIET_SECONDS = 15.0
_SLOW_SECONDS = 60.0  # that a client may take to take in one piece


class EventStream(Response):
    """Sends what is new, and lets go of the watcher in the end, whatever ends it."""

    def __init__(self, watcher: Watcher, watchers: Watchers) -> None:
        """Make the answer of a watcher."""
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self._watcher, self._watchers = watcher, watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client is gone, or takes in nothing any more."""
        sending = asyncio.create_task(self._send(send))
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watchers.leave(self._watcher)
            for task in (sending, gone):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, TimeoutError, OSError):
                    await task

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        news = b": hello\nretry: 1000\n\n"
        while True:
            message = {"type": "http.response.body", "body": news, "more_body": True}
            async with asyncio.timeout(_SLOW_SECONDS):  # wait_for may lose a cancel that comes now
                await send(message)
            news = await self._watcher.next(_QUIET_SECONDS)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
