"""The studio's folder: what lies where in it, and that one server at a time works there."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from impasto.errors import OutputError
from impasto.files import make_folder

_PATIENCE_SECONDS = 4.0  # a server that was killed lets go as soon as its painter has noticed


class Folder:
    """Jobs, pictures and what was thrown away, each under a random name of ours."""

    def __init__(self, path: Path) -> None:
        """Make the folder and what is in it where it is not there; raise OutputError."""
        self.path = path.absolute()
        make_folder(self.path)
        for place in (self.jobs, self.pictures, self.trash, self.scratch):
            make_folder(place)
        self._lock: IO[bytes] | None = None

    @property
    def jobs(self) -> Path:
        """A folder for each job."""
        return self.path / "jobs"

    @property
    def pictures(self) -> Path:
        """A folder for each picture that was handed in."""
        return self.path / "pictures"

    @property
    def trash(self) -> Path:
        """Jobs that were thrown away, for people to empty."""
        return self.path / "trash"

    @property
    def scratch(self) -> Path:
        """What may be gone at any time: uploads under way, pixels that are looked at."""
        return self.path / "scratch"

    @property
    def log(self) -> Path:
        """What the helpers say where something breaks."""
        return self.path / "studio.log"

    def lock(self) -> int:
        """Keep others out until this process, and all that it hands the number to, are gone.

        Raises OutputError where another server works in the folder.
        """
        stream = (self.path / "studio.lock").open("ab")
        for _ in _attempts(_PATIENCE_SECONDS):
            if _locked(stream):
                self._lock = stream
                self._sweep()
                return stream.fileno()
        stream.close()
        raise OutputError(
            f"another studio works in {self.path}; use that one, or give --folder another"
        )

    def unlock(self) -> None:
        """Let others in."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def throw_away(self, job: str) -> None:
        """Move a job into the trash."""
        place = self.jobs / job
        if place.exists():
            os.replace(place, self.trash / f"{job}-{secrets.token_hex(4)}")

    def _sweep(self) -> None:
        for path in self.scratch.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def new_id() -> str:
    """Return a name that nobody can guess and nothing has."""
    return secrets.token_hex(10)


def is_id(text: str) -> bool:
    """Return whether a text is such a name: nothing else ever becomes a part of a path."""
    return len(text) == 20 and all(char in "0123456789abcdef" for char in text)


def _attempts(seconds: float) -> Iterator[None]:
    """Go on for so long, waiting a moment between two attempts."""
    until = time.monotonic() + seconds
    yield
    while time.monotonic() < until:
        time.sleep(0.1)
        yield


def _locked(stream: IO[bytes]) -> bool:
    """Take a file's lock, which the system gives up with the last process that has it open."""
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
