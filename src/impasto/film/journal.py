"""A film under way: the folder of its frames beside the result, whole whenever it is looked at.

A frame counts as painted as soon as its picture has its name; what the next frames are held to,
the painting in full precision, has been written by then.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from impasto.errors import OutputError, UsageError
from impasto.files import fitting, make_folder, replacing
from impasto.film.holding import BACK, Painted
from impasto.film.manner import Manner
from impasto.pictures import writing
from impasto.pictures.picture import Picture
from impasto.planning.plan import Plan
from impasto.reading.load import digest_of, load
from impasto.schema import fitted

_MARK, _FORM = "impasto film", 1


class Scene(msgspec.Struct):
    """The number of the frame that a scene begins with, and the manner that it keeps."""

    first: int
    manner: Manner


class Words(msgspec.Struct, kw_only=True):
    """What the journal says: which film this is, by which plan, its scenes in order.

    `partial` is the digest of the result as far as it was written when a run was stopped.
    """

    film: dict[str, Any]
    plan: Plan
    scenes: list[Scene] = []
    partial: str = ""


@dataclass(eq=False)
class Journal:
    """The folder of a film's frames, counted from 0."""

    folder: Path
    words: Words
    depth: int = 8
    done: int = field(init=False)

    def __post_init__(self) -> None:
        self.done = 0
        while self.frame(self.done).exists():
            self.done += 1

    def frame(self, number: int) -> Path:
        """Return the path of a frame's picture."""
        return self.folder / f"{number:06}.png"

    def add(self, number: int, painted: Painted, picture: Picture) -> None:
        """Write a frame: what later ones are held to, then its picture."""
        with replacing(self._state(number)) as stream:
            np.save(stream, np.concatenate([painted.image, painted.ripe[..., None]], 2))
        writing.save(picture, self.frame(number), depth=self.depth, metadata=False)
        self.done = number + 1
        self._state(number - max(BACK)).unlink(missing_ok=True)

    def painted(self, number: int) -> Painted:
        """Read a painting in full precision; raise OutputError where it is damaged."""
        path = self._state(number)
        try:
            planes = np.load(path, allow_pickle=False)
            image, ripe = (np.ascontiguousarray(one) for one in (planes[..., :3], planes[..., 3]))
        except (OSError, ValueError, IndexError) as fault:
            raise OutputError(
                f"{path}, from which the film goes on, cannot be read: {fault}; begin anew with "
                "--overwrite"
            ) from fault
        return Painted(image, ripe)

    def picture(self, number: int) -> Picture:
        """Read a frame's picture."""
        return load(self.frame(number))

    def begin_scene(self, scene: Scene) -> None:
        """Note that a frame begins another scene, before it is added."""
        earlier = [one for one in self.words.scenes if one.first < scene.first]
        self.words.scenes = [*earlier, scene]
        self.write()

    def scene_of(self, number: int) -> Scene | None:
        """Return the scene that a frame goes on with, if any began before it."""
        return max(
            (one for one in self.words.scenes if one.first < number),
            key=lambda one: one.first,
            default=None,
        )

    def note_partial(self, result: Path) -> None:
        """Remember the result so far as this run's own."""
        self.words.partial = digest_of(result)
        self.write()

    def write(self) -> None:
        """Write what is said of the film."""
        values = {_MARK: _FORM, **msgspec.to_builtins(self.words)}
        with replacing(self.folder / "journal.json") as stream:
            stream.write(json.dumps(values, indent=1).encode())

    def remove(self) -> None:
        """Remove it all, when the result is there."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _state(self, number: int) -> Path:
        return self.folder / f"{number:06}.npy"


def folder_beside(output: Path) -> Path:
    """Return the name of the folder of a result's frames."""
    return fitting(output.parent, output.name, ".frames")


def known(output: Path) -> Words | None:
    """Return what the journal of a result says, None where there is none that can be read."""
    try:
        values = json.loads((folder_beside(output) / "journal.json").read_text("utf-8"))
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
    if folder.exists() and not overwrite:
        what = "something else" if words is None else _other(words.film, film)
        raise UsageError(
            f"{folder} holds {what}; go on with the command that began it, choose another name, or "
            "begin anew with --overwrite"
        )
    return None


def opened(output: Path, words: Words, *, anew: bool, depth: int) -> Journal:
    """Open a film's folder, made if it is not there and emptied where it begins `anew`."""
    folder = folder_beside(output)
    if anew:
        shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    journal = Journal(folder, words, depth)
    journal.write()
    return journal


def _other(there: Mapping[str, Any], film: Mapping[str, Any]) -> str:
    """Say what differs between the film that is there and the one that is asked for."""
    names = sorted(name for name in {*there, *film} if there.get(name) != film.get(name))
    return f"the frames of another film (other {', '.join(names)})"
