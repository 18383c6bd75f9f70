"""Pictures that several pictures of a batch are made from, each read once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.load import load

# What is kept at most, of those that were asked for last.
_MOST_BYTES = 1_000_000_000

_Key = tuple[Path, Reading, int, int]


class Shelf:
    """Styles and maps in memory, and with them what was measured of them."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: dict[_Key, Picture] = {}
        self._one = threading.Lock()

    def load(self, path: Path, reading: Reading) -> Picture:
        """Read a picture file as `load` does, unless it is here and the file has not changed."""
        key = _key(path, reading)
        if key is None:
            return load(path, reading)
        with self._one:  # so that two who ask at once have one picture, and measure it once
            found = self._kept.pop(key, None) or load(path, reading)
            self._kept[key] = found  # the last
            self._make_room()
        return found

    def _make_room(self) -> None:
        while len(self._kept) > 1 and self._bytes() > self._most:
            del self._kept[next(iter(self._kept))]

    def _bytes(self) -> int:
        return sum(picture.array.nbytes for picture in self._kept.values())


def _key(path: Path, reading: Reading) -> _Key | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # which `load` tells of
        return None
    return path, reading, status.st_size, status.st_mtime_ns
