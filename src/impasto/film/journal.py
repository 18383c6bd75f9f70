"""A film under way: the folder of its frames beside the result, whole whenever it is looked at.

A frame counts as painted as soon as its picture has its name; what other frames are held to, the
painting in more precision, has been written by then.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec

from impasto.errors import OutputError, UsageError
from impasto.files import fitting, replacing
from impasto.film.course import Mark
from impasto.film.lock import NAME as LOCK
from impasto.film.seen import Seen
from impasto.pictures import writing
from impasto.pictures.picture import Picture
from impasto.planning.plan import Plan
from impasto.reading.load import digest_of, load
from impasto.schema import fitted

_MARK, _FORM = "impasto film", 2
_NAME = "journal.json"


class Words(msgspec.Struct, kw_only=True):
    """What the journal says: which film this is, by which plan, and which frames begin a scene.

    `partial` is the digest of the result as far as it was written when a run was stopped.
    """

    film: dict[str, Any]
    plan: Plan
    scenes: list[int]
    partial: str = ""


@dataclass(eq=False)
class Journal:
    """The folder of a film's frames, counted from 0, that are painted in so many `passes`."""

    folder: Path
    words: Words
    passes: int = 1
    depth: int = 8

    def has(self, mark: Mark) -> bool:
        """Return whether a frame is painted as far as a pass."""
        return any(
            self._picture(Mark(turn, mark.number)).exists()
            for turn in range(self.passes, mark.turn - 1, -1)
        )

    def count(self) -> int:
        """Return how many frames from the first on are there, whatever passes they have had."""
        number = 0
        while self.has(Mark(1, number)):
            number += 1
        return number

    def add(self, mark: Mark, seen: Seen | None, picture: Picture) -> None:
        """Write a frame after a pass: what others are held to, if any are, then its picture."""
        if seen is not None:
            with replacing(self._state(mark)) as stream:
                seen.save(stream)
        writing.save(picture, self._picture(mark), depth=self.depth, metadata=False)
        if mark.turn > 1:
            self._picture(Mark(mark.turn - 1, mark.number)).unlink(missing_ok=True)

    def seen(self, mark: Mark) -> Seen:
        """Read what others are held to; raise OutputError where it is damaged."""
        path = self._state(mark)
        try:
            with path.open("rb") as stream:
                return Seen.load(stream)
        except OSError as fault:
            raise OutputError(_broken(path, fault.strerror or "it is cut short")) from fault
        except (ValueError, KeyError, EOFError, BadZipFile) as fault:
            raise OutputError(_broken(path, "it is damaged")) from fault

    def forget(self, mark: Mark) -> None:
        """Remove what nothing more is held to."""
        self._state(mark).unlink(missing_ok=True)

    def picture(self, number: int) -> Picture:
        """Read a frame's picture, of its last pass so far."""
        marks = (Mark(turn, number) for turn in range(self.passes, 0, -1))
        return load(next(path for mark in marks if (path := self._picture(mark)).exists()))

    def note_partial(self, result: Path) -> None:
        """Remember the result so far as this run's own."""
        self.words.partial = digest_of(result)
        self.write()

    def write(self) -> None:
        """Write what is said of the film."""
        values = {_MARK: _FORM, **msgspec.to_builtins(self.words)}
        with replacing(self.folder / _NAME) as stream:
            stream.write(json.dumps(values, indent=1).encode())

    @property
    def is_there(self) -> bool:
        """Whether its words are there: they go first."""
        return (self.folder / _NAME).exists()

    def remove(self) -> None:
        """Remove it all, when the result is there."""
        (self.folder / _NAME).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _picture(self, mark: Mark) -> Path:
        """Return the path of a picture: those that another pass goes over say of which they are."""
        more = "" if mark.turn == self.passes else f"-{mark.turn}"
        return self.folder / f"{mark.number:06}{more}.png"

    def _state(self, mark: Mark) -> Path:
        return self.folder / f"{mark.number:06}-{mark.turn}.npz"


def folder_beside(output: Path) -> Path:
    """Return the name of the folder of a result's frames."""
    return fitting(output.parent, output.name, ".frames")


def known(output: Path) -> Words | None:
    """Return what the journal of a result says, None where there is none that can be read."""
    try:
        values = json.loads((folder_beside(output) / _NAME).read_text("utf-8"))
        return fitted(values, Words) if values.pop(_MARK) == _FORM else None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def begun(output: Path, film: Mapping[str, Any], *, overwrite: bool) -> Words | None:
    """Return what is known of the same film, which goes on; None where it begins.

    Raises UsageError where the folder holds another film, or anything else.
    """
    folder, words = folder_beside(output), known(output)
    if words is not None and words.film == film:
        return words
    if not overwrite and folder.exists() and any(one.name != LOCK for one in folder.iterdir()):
        what = "something else" if words is None else _other(words.film, film)
        raise UsageError(
            f"{folder} holds {what}; go on with the command that began it, choose another name, or "
            "begin anew with --overwrite"
        )
    return None


def _broken(path: Path, reason: str) -> str:
    told = "from which the film goes on, cannot be read"
    return f"{path}, {told}: {reason}; begin anew with --overwrite"


def _other(there: Mapping[str, Any], film: Mapping[str, Any]) -> str:
    """Say what differs between the film that is there and the one that is asked for."""
    names = sorted(name for name in {*there, *film} if there.get(name) != film.get(name))
    return f"the frames of another film (other {', '.join(names)})"
