"""Files that are replaced whole: a name holds the old file or a complete new one, always."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

from impasto.errors import OutputError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open what will be `path` when the block ends well; else nothing has happened.

    Written beside it, synchronised and renamed. Raises OutputError when that cannot be done.
    """
    _sweep(path)
    # The number says whose it is, for whoever finds it after a kill.
    prefix = f"{_leftovers(path)}{os.getpid()}-"
    try:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=path.parent)
    except OSError as fault:
        raise OutputError(f"cannot write to {path.parent}: {fault.strerror}") from fault
    os.close(handle)
    temporary = Path(name)
    try:
        with temporary.open("w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as fault:
        raise OutputError(f"cannot write {path}: {fault.strerror or fault}") from fault
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_folder(path: Path) -> None:
    """Make sure that a file can be made beside `path`; raise OutputError where it cannot."""
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist; make it first")
    try:
        with tempfile.NamedTemporaryFile(prefix=_leftovers(path), dir=path.parent):
            pass
    except OSError as fault:
        raise OutputError(f"cannot write to {path.parent}: {fault.strerror}") from fault


def _sweep(path: Path) -> None:
    """Remove what runs that were killed left of this file."""
    pattern = re.compile(re.escape(_leftovers(path)) + r"(\d+)-.*\.tmp")
    try:
        names = os.listdir(path.parent)
    except OSError:  # mkstemp says what is wrong
        return
    for name in names:
        found = pattern.fullmatch(name)
        if found and not psutil.pid_exists(int(found[1])):
            with contextlib.suppress(OSError):
                (path.parent / name).unlink()


def _leftovers(path: Path) -> str:
    # Names may have 255 bytes.
    return f".{path.name[:60]}.impasto-"


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
