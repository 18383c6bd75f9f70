"""Where a run writes: under names that are its own, over nothing that others have put there."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from impasto.files import Taken, names_like

_log = logging.getLogger(__name__)


class Writer(Protocol):
    """Writes a file whole; raises Taken where it is to be `fresh` and would replace another."""

    def __call__(self, path: Path, *, fresh: bool) -> None:
        """Write the file."""
        ...


@dataclass
class Place:
    """A file that a run writes, again and again, by its path at the time.

    What the run has not written is replaced only with `overwrite`; where another's file has the
    name, the run goes on under the next free one. `own` says that what is there now is the run's.
    """

    path: Path
    overwrite: bool = False
    own: bool = False
    _asked: Path = field(init=False)
    _written: tuple[int, int] | None = field(init=False)

    def __post_init__(self) -> None:
        self._asked = self.path
        self._written = _version(self.path) if self.own else None

    @property
    def holds_ours(self) -> bool:
        """Whether what is there now is what this run wrote last."""
        return self._written is not None and self._written == _version(self.path)

    @property
    def moved(self) -> str:
        """Why the path is not the one that was asked for; empty where it is."""
        moved = self.path != self._asked
        return f"{self._asked}, which is another file by now, is kept" if moved else ""

    def write(self, writer: Writer) -> None:
        """Write the file, whatever has become of its name."""
        if self.overwrite or self.holds_ours:
            writer(self.path, fresh=False)
        else:
            self.path = _written_free(writer, self.path)
        self._written = _version(self.path)

    def write_beside(self, writer: Writer) -> None:
        """Write a file beside the result; say so where another's has its name."""
        before = self.path
        self.write(writer)
        if self.path != before:
            _log.info("%s is written instead: %s", self.path, self.moved)


def _written_free(writer: Writer, wanted: Path) -> Path:
    """Write under a name like the wanted one that nothing has; return its path."""
    for path in names_like(wanted.parent, wanted.name):
        if not path.exists():  # which spares the writing; what counts is asked in the end
            with contextlib.suppress(Taken):
                writer(path, fresh=True)
                return path
    raise AssertionError


def _version(path: Path) -> tuple[int, int] | None:
    """Return what another file of the name would not share; None where there is none."""
    # No number of a file's, which some file systems change while it stays the same.
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
