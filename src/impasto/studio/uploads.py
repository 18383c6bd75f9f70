"""Bodies of requests: taken in as they come, and never more than is let in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request

# Between two pieces of an upload, and for all of them: they may come one letter at a time.
_SILENCE_SECONDS = 30.0
_WHOLE_SECONDS = 1800.0
_MOST_AT_ONCE = 8


class Uploads:
    """So many at once, each of so many bytes at most."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._count = most_bytes, 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[int]:
        """Let one in; raise HTTPException where there are too many."""
        if self._count >= _MOST_AT_ONCE:
            headers = {"retry-after": "10"}
            raise HTTPException(503, "too many uploads at once; wait for one", headers)
        self._count += 1
        try:
            yield self._most_bytes
        finally:
            self._count -= 1


async def save_upload(request: Request, path: Path, most: int) -> None:
    """Write a request's body to a file; nothing is left where that ends early.

    Raises HTTPException for one that is too long, whatever its headers say, empty, or stops.
    """
    too_long = HTTPException(413, f"the file is larger than {most / 1e6:g} MB")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_long
    count = 0
    try:
        with path.open("xb") as stream:
            async for piece in _in_time(request.stream()):
                count += len(piece)
                if count > most:
                    raise too_long
                await asyncio.to_thread(stream.write, piece)
        if not count:
            raise HTTPException(422, "the file is empty")
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def _in_time(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Hand pieces on for as long as they come; raise HTTPException where they do not."""
    end = time.monotonic() + _WHOLE_SECONDS
    while time.monotonic() < end:
        try:
            piece = await asyncio.wait_for(anext(pieces), _SILENCE_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            break
        yield piece
    raise HTTPException(408, "the upload stopped on its way")
