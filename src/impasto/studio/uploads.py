"""Bodies of requests: taken in as they come, and never more than is let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

# Between two pieces of an upload.
_SILENCE_SECONDS = 30.0


class TooLarge(Exception):
    """More bytes came than are let in, whatever the headers said."""


class Silent(Exception):
    """Nothing came for too long."""


async def save_upload(pieces: AsyncIterator[bytes], path: Path, most: int) -> int:
    """Write what comes to a file and return its bytes; nothing is left where that ends early."""
    count = 0
    try:
        with path.open("xb") as stream:
            async for piece in _in_time(pieces):
                count += len(piece)
                if count > most:
                    raise TooLarge
                await asyncio.to_thread(stream.write, piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return count


async def _in_time(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            piece = await asyncio.wait_for(anext(pieces), _SILENCE_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError as fault:
            raise Silent from fault
        yield piece
