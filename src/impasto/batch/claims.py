"""Who paints what: claims that one process holds at a time, and that a crash lets go of."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from impasto.jobs.locks import Locks

NAME = ".impasto-batch.lock"
# The byte for writing the journal; those of pictures are somewhere beyond.
_JOURNAL = 0
_LARGEST = 1 << 62


class Claims:
    """The claims of one process on the pictures of one folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's file of claims; raise OutputError where that cannot be."""
        self._locks = Locks(folder / NAME)
        self._own: set[str] = set()

    def take(self, name: str) -> bool:
        """Claim a picture; return whether nobody else has."""
        if name in self._own or not self._locks.take(_place(name)):
            return False
        self._own.add(name)
        return True

    def release(self, name: str) -> None:
        """Let go of a picture."""
        self._own.remove(name)
        self._locks.release(_place(name))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keep all others from writing the journal inside the block."""
        with self._locks.holding(_JOURNAL):
            yield

    def close(self) -> None:
        """Let go of everything."""
        self._locks.close()


def _place(name: str) -> int:
    """Return the byte of a picture."""
    digest = hashlib.sha256(os.fsencode(name)).digest()
    return 1 + int.from_bytes(digest[:8], "big") % (_LARGEST - 1)
