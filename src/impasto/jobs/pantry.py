"""The files of a recipe, found by their contents: whatever else it says, no other is opened."""

from __future__ import annotations

import math
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from impasto.errors import UsageError
from impasto.memory.free import free_bytes
from impasto.pictures.limits import Reading
from impasto.pictures.origin import Source
from impasto.pictures.picture import Picture
from impasto.reading.load import digest_of, load

# A file of another name is looked into up to this size: a film is no picture that was renamed.
_LARGEST_BYTES = 2 << 30
# What a pixel takes while it is read: four channels of float32, and the decoder's own.
_PIXEL_BYTES = 32


class Pantry:
    """Finds the files of a recipe by their contents."""

    def __init__(self, folders: Sequence[Path], paths: Iterable[str | Path] = ()) -> None:
        """Look at `paths` first, then at everything in `folders`."""
        self._candidates = [
            *(Path(path) for path in paths),
            *(path for folder in folders for path in _listed(folder)),
        ]
        self._digests: dict[Path, str] = {}
        self._loaded: dict[Source, Picture] = {}
        self.used: list[str] = []

    def load(self, wanted: Source) -> Picture:
        """Read the picture; raise UsageError where there is none, or it was never a file."""
        if wanted not in self._loaded:
            path = self._find(wanted)
            self._loaded[wanted] = load(path, reading(wanted.frame, allow_truncated=True))
        return self._loaded[wanted]

    def given(self, path: Path) -> Picture:
        """Read a picture that is given instead."""
        self.used.append(str(path.absolute()))
        return load(path, reading())

    def with_digest(self, name: str, sha256: str) -> Path:
        """Return the file of these contents, whatever its name is now."""
        # Those of the right name first: hashing a folder of photographs takes its time.
        named = [path for path in self._candidates if path.name == name and _size(path) < math.inf]
        others = [path for path in self._candidates if path.name != name]
        small = (path for path in others if _size(path) <= _LARGEST_BYTES)
        for path in (*named, *small):
            if self._digest(path) == sha256:
                self.used.append(str(path.absolute()))
                return path
        reason = f"{named[0]} has other contents now" if named else "it is not there"
        raise UsageError(
            f"the recipe needs {name} (sha256 {sha256[:16]}...) and {reason}; put it into the "
            "same folder"
        )

    def _find(self, wanted: Source) -> Path:
        if not wanted.name:
            raise UsageError(
                "the recipe's pictures came from memory, not from files; give them again"
            )
        return self.with_digest(wanted.name, wanted.sha256)

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            try:
                self._digests[path] = digest_of(path)
            except OSError:
                self._digests[path] = ""
        return self._digests[path]


def reading(frame: int = 0, *, allow_truncated: bool = False) -> Reading:
    """Return what lets in a picture as large as the memory allows, for commands without flags."""
    most = free_bytes(torch.device("cpu")) // _PIXEL_BYTES
    return Reading(max(most, 1), frame, allow_truncated, by_flags=False)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # may not be looked into, which is no reason to stop
        return []


def _size(path: Path) -> float:
    """Return a file's bytes, infinity for what is no regular file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return math.inf
    return status.st_size if stat.S_ISREG(status.st_mode) else math.inf
