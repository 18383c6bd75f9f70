"""Bytes of a file, each locked by one process at a time; a crash lets go of them.

Nothing is left behind by whoever is killed. On a network file system they hold between machines
where it has locks (NFS 4, or 3 with its lock service); where it has none, a note says so once, and
everything is granted.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from impasto.errors import OutputError

_log = logging.getLogger(__name__)

# What a lock that another holds is answered with, and a file system that has none.
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_NONE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
_WAIT_SECONDS = 0.005


class Locks:
    """The bytes of a file that one process holds."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raise OutputError where that cannot be."""
        self.path = path
        try:
            # Open once in a process: to close it lets go of all its locks (POSIX).
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as fault:
            raise OutputError(f"cannot write {path}: {fault.strerror}") from fault
        self._works = True

    def take(self, place: int, count: int = 1) -> bool:
        """Lock so many bytes from a place on; return whether nobody else has any."""
        if not self._works:
            return True
        try:
            _lock(self._file, place, count)
        except OSError as fault:
            if fault.errno in _HELD:
                return False
            if fault.errno not in _NONE:
                raise OutputError(f"cannot lock {self.path}: {fault.strerror}") from fault
            self._works = False
            _log.info(
                "this folder's file system has no locks: let no other process paint into it, or "
                "give each its --shard"
            )
        return True

    def release(self, place: int, count: int = 1) -> None:
        """Let go of bytes that were taken together."""
        if self._works:
            _let_go(self._file, place, count)

    @contextlib.contextmanager
    def holding(self, place: int) -> Iterator[None]:
        """Keep all others from a byte inside the block, once they let go of it."""
        while not self.take(place):
            time.sleep(_WAIT_SECONDS)
        try:
            yield
        finally:
            self.release(place)

    @property
    def is_there(self) -> bool:
        """Whether the file still has its name, by which others find it."""
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self.path))
        except OSError:
            return False

    def close(self) -> None:
        """Let go of everything."""
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, place: int, count: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, count)

    def _let_go(file: int, place: int, count: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, count)

else:
    import fcntl

    def _lock(file: int, place: int, count: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, count, place)

    def _let_go(file: int, place: int, count: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, count, place)
