"""Who works on a film's frames: one process on all, or several on scenes of their own."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from impasto.errors import UsageError
from impasto.files import make_folder
from impasto.jobs.locks import Locks

NAME = "lock"
# The bytes for looking at the journal, for writing the film, and from which on each frame has one.
_LOOKING, _WRITING, _FRAMES = 0, 1, 2
_ALL = 1 << 30


class Lock:
    """What one process holds of a film whose frames are in a folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, made where there is none; raise OutputError where that cannot be."""
        make_folder(folder)
        self.folder = folder
        self._locks = Locks(folder / NAME)

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Keep all others from beginning inside the block."""
        with self._locks.holding(_LOOKING):
            yield

    @property
    def is_there(self) -> bool:
        """Whether the folder is still the one that others find: who ends removes it."""
        return self._locks.is_there

    def take_all(self, what: str) -> None:
        """Hold all frames; raise UsageError where another process holds one."""
        if not self._locks.take(_FRAMES, _ALL):
            raise UsageError(_busy(self.folder, what))

    def release_all(self) -> None:
        """Let go of them."""
        self._locks.release(_FRAMES, _ALL)

    def take(self, scenes: Sequence[range], what: str) -> None:
        """Hold scenes; raise UsageError where another process holds one."""
        for scene in scenes:
            if not self._locks.take(_FRAMES + scene.start):
                raise UsageError(_busy(self.folder, what))

    def empty(self) -> None:
        """Remove all that the folder holds of another film."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != NAME:
                path.unlink(missing_ok=True)

    def take_writing(self) -> bool:
        """Hold the film's own file; return whether nobody else does."""
        return self._locks.take(_WRITING)

    def close(self) -> None:
        """Let go of everything."""
        self._locks.close()


def _busy(folder: Path, what: str) -> str:
    return (
        f"another process is painting {what}, with its frames in {folder}; let it end, or choose "
        "another name"
    )
