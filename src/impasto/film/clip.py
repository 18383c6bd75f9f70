"""What a film is in memory: its frames one after another, and what is known of it beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from impasto.pictures.picture import Picture


@dataclass(frozen=True, kw_only=True)
class Colours:
    """How a film's numbers are meant: primaries, transfer and matrix as ITU-T H.273 numbers them.

    BT.709's, of which most films are.
    """

    primaries: int = 1
    transfer: int = 1
    matrix: int = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Clip:
    """A film that can be read, of one file or of many.

    `times` are when its frames are shown, in seconds from its start. `read` reads its pictures,
    upright, from a number on, which may be fewer where the film is cut short. `tick` is what all
    times are multiples of. `aspect` is a pixel's width by its height, `audio` whether there is any.
    """

    path: Path
    files: tuple[Path, ...]
    read: Callable[[int], Iterator[Picture]]
    times: tuple[Fraction, ...]
    tick: Fraction
    size: tuple[int, int]
    depth: int = 8
    audio: bool = False
    aspect: Fraction = Fraction(1)
    colours: Colours = Colours()
    began: Fraction = Fraction(0)  # the first frame's time by the file's own clock

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        if len(self.times) < 2:
            return Fraction(25)
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])
