"""In which order a film's frames are painted, and what each is held to. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

# How many frames back is looked, nearest first: what is covered now may have been seen then.
BACK = (1, 2, 4)
# Beyond these every so manyth frame is asked, as far back: little is kept, and much is remembered.
FAR, FARTHEST = 8, 32
# Over so many frames at most the end of a loop turns into its beginning.
CLOSING = 12


class Mark(NamedTuple):
    """A frame, from 0, as it was after a pass, from 1."""

    turn: int
    number: int


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A frame to paint in a pass.

    In the first pass it is `held` to earlier frames, nearest first, and anew where there are none;
    later ones paint on from its `own` painting, held to the neighbour that came before it. One that
    is `between` two keyframes, so far of the way from the first, is not painted but blended. The
    last ones of a loop are led to its `first` frame, by a share.
    """

    mark: Mark
    held: tuple[Mark, ...] = ()
    own: Mark | None = None
    between: float | None = None
    first: Mark | None = None
    share: float = 0.0

    @property
    def needs(self) -> set[Mark]:
        """Return what must be there, or may be asked for."""
        return {*self.held} | {one for one in (self.own, self.first) if one is not None}


def course_of(
    scenes: Sequence[range], *, passes: int = 1, keyframes: int = 1, loop: bool = False
) -> list[Piece]:
    """Return all that is to be painted of these scenes, in order."""
    found: list[Piece] = []
    for scene in scenes:
        keys = [*scene[::keyframes]]
        if keys[-1] != scene[-1]:
            keys.append(scene[-1])
        is_last = loop and scene is scenes[-1] and scene[-1] > 0
        opening = Mark(1 if len(scenes) == 1 else passes, scenes[0][0])
        found += _closed(_first(keys), opening) if is_last else _first(keys)
        for turn in range(2, passes + 1):
            around = is_last and (len(scenes) == 1 or turn % 2 == 0)
            found += _again(keys, turn, _around(turn, keys, opening) if around else None)
        found += _between(keys, passes)
    return found


def last_needs(course: Sequence[Piece]) -> dict[Mark, int]:
    """Return the place of the last piece that needs each painting."""
    return {mark: place for place, piece in enumerate(course) for mark in piece.needs}


def _first(keys: Sequence[int]) -> list[Piece]:
    """Return the first pass."""
    return [
        Piece(mark=Mark(1, number), held=tuple(Mark(1, keys[one]) for one in _earlier(place)))
        for place, number in enumerate(keys)
    ]


def _earlier(place: int) -> Iterator[int]:
    """Yield the places, nearest first, that a place of the first pass is held to."""
    yield from (place - back for back in BACK if back <= place)
    for far in range(place - place % FAR, -1, -FAR):
        if max(BACK) < place - far <= FARTHEST:
            yield far


def _again(keys: Sequence[int], turn: int, around: Mark | None) -> Iterator[Piece]:
    """Yield a later pass: backward when it is even."""
    beside = around
    for number in keys if turn % 2 else reversed(keys):
        held = () if beside is None else (beside,)
        yield Piece(mark=Mark(turn, number), held=held, own=Mark(turn - 1, number))
        beside = Mark(turn, number)


def _around(turn: int, keys: Sequence[int], opening: Mark) -> Mark:
    """Return what a pass round a loop comes from."""
    if turn % 2:
        return Mark(turn - 1, keys[-1])
    return opening if opening.number != keys[0] else Mark(turn - 1, keys[0])


def _between(keys: Sequence[int], passes: int) -> Iterator[Piece]:
    """Yield what lies between keyframes."""
    for left, right in pairwise(keys):
        held = Mark(passes, left), Mark(passes, right)
        for number in range(left + 1, right):
            way = (number - left) / (right - left)
            yield Piece(mark=Mark(passes, number), held=held, between=way)


def _closed(pieces: Iterable[Piece], opening: Mark) -> list[Piece]:
    """Lead the last pieces to the first frame, each by as much more."""
    found = [*pieces]
    count = min(CLOSING, len(found) // 2)
    for step in range(1, count + 1):
        piece = found[step - count - 1]
        found[step - count - 1] = Piece(
            mark=piece.mark, held=piece.held, first=opening, share=step / (count + 1)
        )
    return found
