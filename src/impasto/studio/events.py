"""Who watches, and what they have not been told yet: the newest of each job, never more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

MOST_WATCHERS = 200


class Watcher:
    """One stream: what is new since it last took something in."""

    def __init__(self) -> None:
        self._news: dict[str, tuple[str, Any]] = {}
        self._woken = asyncio.Event()

    def tell(self, key: str, event: str, say: Callable[[], Any]) -> None:
        """Put the newest in the place of what it has not taken in yet."""
        self._news.pop(key, None)
        self._news[key] = event, say
        self._woken.set()

    async def next(self, seconds: float) -> bytes:
        """Return what is new as server-sent events; a comment where nothing is for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return b": nothing new\n\n"
        news, self._news = self._news, {}
        self._woken.clear()
        return b"".join(_event(event, say()) for event, say in news.values())


class Watchers:
    """All streams; a slow one is told less, and nobody waits for it."""

    def __init__(self) -> None:
        self._all: set[Watcher] = set()

    def join(self) -> Watcher | None:
        """Let another one watch; None where there are too many."""
        if len(self._all) >= MOST_WATCHERS:
            return None
        watcher = Watcher()
        self._all.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Let one go."""
        self._all.discard(watcher)

    def tell(self, key: str, event: str, say: Callable[[], Any]) -> None:
        """Tell all, in the words that `say` finds when they take it in."""
        for watcher in self._all:
            watcher.tell(key, event, say)


def _event(event: str, data: Any) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
