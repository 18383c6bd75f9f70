"""Who paints what: claims that one process holds at a time, and that a crash lets go of.

Each is a byte of one file, locked by the system: nothing is left behind by whoever is killed. On a
network file system they hold between machines where it has locks (NFS 4, or 3 with its lock
service); where it has none, a note says so once, and nothing is claimed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from impasto.errors import OutputError

_log = logging.getLogger(__name__)

NAME = ".impasto-batch.lock"
# What a lock that another holds is answered with, and a file system that has none.
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_NONE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
# The byte for writing the journal; those of pictures are somewhere beyond.
_JOURNAL = 0
_LARGEST = 1 << 62
_WAIT_SECONDS = 0.005


class Claims:
    """The claims of one process on the pictures of one folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's file of claims; raise OutputError where that cannot be."""
        path = folder / NAME
        try:
            # Open once in a process: to close it lets go of all claims (POSIX).
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as fault:
            raise OutputError(f"cannot write {path}: {fault.strerror}") from fault
        self._own: set[str] = set()
        self._works = True

    def take(self, name: str) -> bool:
        """Claim a picture; return whether nobody else has."""
        if name in self._own or not self._locked(_place(name)):
            return False
        self._own.add(name)
        return True

    def release(self, name: str) -> None:
        """Let go of a picture."""
        self._own.remove(name)
        self._unlock(_place(name))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keep all others from writing the journal inside the block."""
        while not self._locked(_JOURNAL):
            time.sleep(_WAIT_SECONDS)
        try:
            yield
        finally:
            self._unlock(_JOURNAL)

    def close(self) -> None:
        """Let go of everything."""
        os.close(self._file)

    def _locked(self, place: int) -> bool:
        if not self._works:
            return True
        try:
            _lock(self._file, place)
        except OSError as fault:
            if fault.errno in _HELD:
                return False
            if fault.errno not in _NONE:
                raise OutputError(f"cannot lock {NAME}: {fault.strerror}") from fault
            self._works = False
            _log.info(
                "this folder's file system has no locks: let no other process paint into it, or "
                "give each its --shard"
            )
        return True

    def _unlock(self, place: int) -> None:
        if self._works:
            _let_go(self._file, place)


def _place(name: str) -> int:
    """Return the byte of a picture."""
    digest = hashlib.sha256(os.fsencode(name)).digest()
    return 1 + int.from_bytes(digest[:8], "big") % (_LARGEST - 1)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _let_go(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)

    def _let_go(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, place)
