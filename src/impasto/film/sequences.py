"""Films as numbered pictures in a folder: frames/%04d.png."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path

from impasto.errors import PictureError, UsageError
from impasto.film.clip import Clip
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.load import load

_NUMBER = re.compile(r"%(0?)(\d*)d")
# Frames a second where nothing says how many.
_USUAL_RATE = Fraction(25)


def is_pattern(path: Path) -> bool:
    """Return whether a name stands for numbered ones, as %04d.png does."""
    return _NUMBER.search(path.name) is not None


def numbered(pattern: Path, number: int) -> Path:
    """Return the name of a number, as printf would write it."""
    found = _NUMBER.search(pattern.name)
    assert found is not None
    filler, width = found[1] or " ", int(found[2] or 0)
    name = pattern.name[: found.start()] + str(number).rjust(width, filler)
    return pattern.with_name(name + pattern.name[found.end() :])


def sequence_clip(pattern: Path, reading: Reading, fps: float | None) -> Clip:
    """Look at numbered pictures: from the lowest number on, in order, none left out.

    Raises UsageError where there are none or one lacks.
    """
    return listed_clip(pattern, _paths(pattern), reading, fps)


def listed_clip(
    path: Path, paths: Sequence[Path], reading: Reading, fps: float | None = None
) -> Clip:
    """Look at pictures one after another, of a pattern or a folder."""
    first = load(paths[0], replace(reading, frame=0))
    rate = _USUAL_RATE if fps is None else Fraction(fps).limit_denominator(1001)
    return Clip(
        path=path,
        files=tuple(paths),
        read=partial(_frames, paths, reading, first.size),
        times=tuple(number / rate for number in range(len(paths))),
        tick=1 / rate,
        size=first.size,
        depth=first.origin.depth,
    )


def _frames(
    paths: Sequence[Path], reading: Reading, size: tuple[int, int], first: int
) -> Iterator[Picture]:
    for path in paths[first:]:
        picture = load(path, replace(reading, frame=0))
        if picture.size != size:
            rows, columns = picture.size
            raise PictureError(
                f"{path} has {columns} x {rows} px, the frames before it {size[1]} x {size[0]}; a "
                "film's frames have one size"
            )
        yield picture


def there(pattern: Path) -> list[Path]:
    """Return the numbered pictures that there are, in order; none for the name of a single file."""
    known = is_pattern(pattern) and pattern.parent.is_dir()
    return [numbered(pattern, number) for number in _numbers(pattern)] if known else []


def _paths(pattern: Path) -> list[Path]:
    """Return the pictures from the lowest number on; raise UsageError where one lacks."""
    numbers = _numbers(pattern)
    if not numbers:
        raise UsageError(f"there are no pictures {pattern}")
    for before, number in pairwise(numbers):
        if number != before + 1:
            lacking = numbered(pattern, before + 1)
            raise UsageError(f"there is no {lacking}, and there are later ones; a frame lacks")
    return [numbered(pattern, number) for number in numbers]


def _numbers(pattern: Path) -> list[int]:
    found = _NUMBER.search(pattern.name)
    assert found is not None
    before, after = pattern.name[: found.start()], pattern.name[found.end() :]
    form = re.compile(rf"{re.escape(before)} *(\d+){re.escape(after)}")
    names = [form.fullmatch(path.name) for path in _listed(pattern.parent)]
    numbers = (int(one[1]) for one in names if one)
    return sorted(number for number in numbers if numbered(pattern, number).exists())


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as fault:
        raise UsageError(f"cannot look into {folder}: {fault.strerror or fault}") from fault
