"""Files that are replaced whole: a name holds the old file or a complete new one, always."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

from impasto.errors import OutputError, UsageError

# There nothing that is open or mapped can be removed or replaced.
WINDOWS = sys.platform == "win32"

# Of a name, where the system does not say.
_LONGEST = 255
# Bytes of a text file; ours have some thousand.
_LARGEST_TEXT = 1_000_000
# What a temporary name has beside the file's own: `.NAME.impasto-PID-RANDOM.tmp`.
_MARK = len(".") + len(".impasto-") + 10 + len("-") + 8 + len(".tmp")


class Taken(OutputError):
    """A name that was to be a new file's has become another file's."""


@contextlib.contextmanager
def replacing(path: Path, *, fresh: bool = False) -> Iterator[IO[bytes]]:
    """Open what will be `path` when the block ends well; else nothing has happened.

    Written beside it, synchronised and renamed; what a link leads to is replaced, not the link, and
    keeps its mode. Raises OutputError when that cannot be done, Taken where a `fresh` file would
    replace another.
    """
    path = landing(path)
    _sweep(path)
    temporary = None
    try:
        with _opened_beside(path) as stream:
            temporary = Path(stream.name)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        (_put if fresh else os.replace)(temporary, path)
    except FileExistsError as fault:
        raise Taken(f"{path} is another file by now; choose another name") from fault
    except OSError as fault:
        raise OutputError(f"cannot write {path}: {fault.strerror or fault}") from fault
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Make sure that `replacing` can write `path`, before there is anything to write.

    Raises UsageError for a name that cannot be a file's, OutputError for a folder that is missing
    or cannot be written to.
    """
    length, most = _length(path.name), _longest(path.parent)
    if length > most:
        unit = "characters" if WINDOWS else "bytes"
        raise UsageError(
            f"the name {path.name} has {length} {unit}, its folder holds names of {most} at most; "
            "give a shorter one"
        )
    place = landing(path)
    check_folder(place.parent, place.name)


def check_free(path: Path, *, overwrite: bool = False) -> None:
    """Make sure that nothing is there which must not be replaced; raise UsageError where it is."""
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name or allow it with --overwrite")


def check_folder(folder: Path, name: str = "") -> None:
    """Make sure that a file can be made in a folder; raise OutputError where it cannot."""
    if wrong := no_folder(folder):
        raise OutputError(wrong)
    try:
        with _opened_beside(folder / (name or "probe")) as stream:
            pass
        # Closed, without which Windows removes nothing.
        os.unlink(stream.name)
    except OSError as fault:
        raise OutputError(f"cannot write to {folder}: {fault.strerror or fault}") from fault


def make_folder(folder: Path) -> None:
    """Make a folder where there is none; raise OutputError where no file can be made in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        pass  # what is there instead is said below
    except OSError as fault:
        raise OutputError(f"cannot make the folder {folder}: {fault.strerror or fault}") from fault
    check_folder(folder)


def no_folder(folder: Path) -> str:
    """Return why nothing can be put into a folder and what to do; empty where it is one."""
    if os.path.isdir(folder):
        return ""
    for path in (folder, *folder.parents):
        if os.path.lexists(path) and not os.path.isdir(path):
            return f"{path} is not a folder; give one that is"
    return f"the folder {folder} does not exist; make it first"


def landing(path: Path) -> Path:
    """Return where a file written as `path` lands: what a link leads to, else the path itself.

    Raises UsageError for what is there and no regular file, as a folder, a pipe or a device;
    OutputError for what cannot be looked at, as a link that leads to itself.
    """
    try:
        # Following also asks the system whether it trusts the link.
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        kind = stat.S_IFREG
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise OutputError(f"cannot write {path}: {reason}; choose another name") from fault
    if stat.S_ISDIR(kind):
        raise UsageError(f"{path} is a folder; give a file name in it")
    if not stat.S_ISREG(kind):
        raise UsageError(f"{path} is not a regular file; choose another name")
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def keeps_what_is_open() -> bool:
    """Return whether the system keeps a file that is open or mapped from being replaced."""
    return WINDOWS


def claim(folder: Path, name: str) -> Path:
    """Make an empty file in a folder, of this name or one like it that nothing has yet."""
    for path in names_like(folder, name):
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
            return path
    raise AssertionError


def read_small(path: Path) -> bytes:
    """Read what people write by hand; raise ValueError, with the reason, for what that cannot be.

    A pipe would be waited for, a device read for ever.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as stream:
        data = stream.read(_LARGEST_TEXT + 1)
    if len(data) > _LARGEST_TEXT:
        raise ValueError(f"it is over {_LARGEST_TEXT // 1_000_000} MB long")
    return data


def names_like(folder: Path, name: str) -> Iterator[Path]:
    """Go through the paths of a name and of those like it, which are numbered from 2."""
    stem, ending = os.path.splitext(name)
    for number in itertools.count(1):
        yield fitting(folder, stem, ending if number == 1 else f"-{number}{ending}")


def fitting(folder: Path, stem: str, ending: str) -> Path:
    """Return the path of stem and ending, the stem cut where names may not be so long.

    A cut stem ends in a digest of the whole, so that two never become one.
    """
    room = _longest(folder) - _length(ending)
    if _length(stem) <= room:
        return folder / f"{stem}{ending}"
    digest = f"-{hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]}"
    return folder / f"{_beginning(stem, room - len(digest))}{digest}{ending}"


def _length(name: str) -> int:
    """Return how long a name is, as file systems count: bytes, on Windows units of UTF-16."""
    if WINDOWS:
        return len(name.encode("utf-16-le", "surrogatepass")) // 2
    return len(os.fsencode(name))


def _longest(folder: Path) -> int:
    """Return how long a name in a folder may be."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # not on Windows; not a folder
        return _LONGEST


def _opened_beside(path: Path) -> IO[bytes]:
    """Open a new file in the folder of `path`, that may be seen by whom `path` may be seen by."""
    # The number says whose it is, for whoever finds it after a kill.
    name = f"{_leftovers(path)}{os.getpid()}-{secrets.token_hex(4)}.tmp"
    stream = path.with_name(name).open("x+b")
    if not WINDOWS:  # whose one mode forbids to remove it again
        with contextlib.suppress(OSError):  # none there, or a file system without modes
            os.chmod(stream.name, stat.S_IMODE(path.stat().st_mode) & 0o777)
    return stream


def _put(temporary: Path, path: Path) -> None:
    """Rename a file; raise FileExistsError where the name is taken, were it since a moment ago."""
    if not WINDOWS:  # whose renaming replaces nothing
        try:
            os.link(temporary, path)
            return
        except FileExistsError:
            raise
        except OSError:  # a file system without second names
            if os.path.lexists(path):
                raise FileExistsError from None
    os.rename(temporary, path)


def _sweep(path: Path) -> None:
    """Remove what runs that were killed left of this file."""
    pattern = re.compile(re.escape(_leftovers(path)) + r"(\d+)-.*\.tmp")
    try:
        names = os.listdir(path.parent)
    except OSError:  # whoever opens a file there is told what is wrong
        return
    for name in names:
        found = pattern.fullmatch(name)
        if found and not psutil.pid_exists(int(found[1])):
            with contextlib.suppress(OSError):
                (path.parent / name).unlink()


def _leftovers(path: Path) -> str:
    return f".{_beginning(path.name[:60], _longest(path.parent) - _MARK)}.impasto-"


def _beginning(name: str, most: int) -> str:
    """Return as many whole characters as fit into such a length."""
    while _length(name) > most:
        name = name[:-1]
    return name
