"""What files were when they were painted from: the same still, without reading them again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from impasto.reading.load import digest_of


class Stamp(Struct, frozen=True, array_like=True):
    """A file's size, time of change and SHA-256, empty where it changed while it was read."""

    size: int
    mtime_ns: int
    sha256: str


class Stamps:
    """The stamps of files, each read once as long as it stays."""

    def __init__(self) -> None:
        self._known: dict[str, Stamp] = {}

    def of(self, paths: Iterable[str]) -> tuple[Stamp, ...]:
        """Return what files are now; raise OSError for one that cannot be read."""
        return tuple(self._stamp(path) for path in paths)

    def are(self, paths: Sequence[str], stamps: Sequence[Stamp]) -> bool:
        """Return whether files hold what they held, under whatever names and times."""
        if len(paths) != len(stamps):
            return False
        return all(self._is(path, stamp) for path, stamp in zip(paths, stamps, strict=True))

    def _is(self, path: str, stamp: Stamp) -> bool:
        try:
            now = _version(path)
            if now == (stamp.size, stamp.mtime_ns) and stamp.sha256:
                return True
            return now[0] == stamp.size and self._stamp(path).sha256 == stamp.sha256 != ""
        except OSError:
            return False

    def _stamp(self, path: str) -> Stamp:
        before, known = _version(path), self._known.get(path)
        if known is not None and (known.size, known.mtime_ns) == before:
            return known
        digest = digest_of(Path(path))
        found = Stamp(*before, digest if _version(path) == before else "")
        self._known[path] = found
        return found


def _version(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns
