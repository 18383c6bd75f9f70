"""Which photographs are meant by files, folders and patterns."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.errors import UsageError

_log = logging.getLogger(__name__)

# What a folder's pictures are called; a file that is named, or fits a pattern, may have any name.
ENDINGS = {
    *(".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".jp2"),
    *(".heic", ".heif"),
}


@dataclass(frozen=True)
class Photograph:
    """A file, and the folder below what was named that it is in."""

    path: Path
    folder: str = ""


def photographs(words: Sequence[str], output: Path) -> list[Photograph]:
    """Return what files, folders and patterns name, each once, in an order that is always the same.

    A folder's own pictures are meant, not those of folders in it: a pattern with ** finds them.
    Raises UsageError for what names nothing, or pictures among the results.
    """
    found: dict[str, Photograph] = {}
    for word in words:
        for photo in _named(word, output):
            found.setdefault(os.path.abspath(photo.path), photo)
    return list(found.values())


def _named(word: str, output: Path) -> Iterable[Photograph]:
    path = Path(word)
    if word == "-":
        raise UsageError("a batch reads no picture from stdin; give files, folders or patterns")
    if path.is_dir():
        return _in_folder(path, output)
    if glob.has_magic(word) and not os.path.lexists(word):
        return _matching(word, output)
    if _same(path.parent, output):
        raise UsageError(
            f"{path} is in the folder of the results, which might be taken for photographs next "
            "time; give another -o"
        )
    return [Photograph(path)]  # there or not: what cannot be read is told with all others


def _in_folder(folder: Path, output: Path) -> list[Photograph]:
    if _same(folder, output):
        raise UsageError(f"{folder} is to hold the results as well; give another -o")
    try:
        entries = sorted(entry.name for entry in os.scandir(folder) if not entry.is_dir())
    except OSError as fault:
        raise UsageError(f"the folder {folder} cannot be read: {fault.strerror}") from fault
    seen = [name for name in entries if not name.startswith(".")]
    pictures = [name for name in seen if os.path.splitext(name)[1].lower() in ENDINGS]
    if len(pictures) < len(seen):
        others = len(seen) - len(pictures)
        _log.info("%d files of %s are no pictures by their names, and are left out", others, folder)
    if not pictures:
        raise UsageError(f"there are no pictures in {folder}; give a folder that has some")
    return [Photograph(folder / name) for name in pictures]


def _matching(pattern: str, output: Path) -> list[Photograph]:
    start = _fixed_part(pattern)
    if _same(start, output):
        raise UsageError(f"{pattern} may find the results in {output} as well; give another -o")
    files = sorted(_files(pattern))
    found = [path for path in files if _is_below(start, output) or not _is_below(path, output)]
    if not found:
        why = "but the results" if files else ""
        raise UsageError(f"no file fits {pattern!r} {why}".rstrip() + "; give another pattern")
    return [Photograph(path, _below(path.parent, start)) for path in found]


def _files(pattern: str) -> Iterator[Path]:
    for name in glob.iglob(pattern, recursive=True):
        if os.path.isfile(name):
            yield Path(name)


def _fixed_part(pattern: str) -> Path:
    """Return the folder that all files of a pattern are in or below."""
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed])


def _below(folder: Path, start: Path) -> str:
    relative = os.path.relpath(folder, start)
    return "" if relative == "." else Path(relative).as_posix()


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
