"""Where the result and the files beside it go."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from impasto.engine.run import Run
from impasto.errors import ImpastoError, OutputError, UsageError
from impasto.files import check_folder, check_place, claim
from impasto.jobs.curve import LossCurve, check_curve
from impasto.jobs.observers import (
    Checkpoints,
    Observer,
    SoFar,
    Timelapse,
    check_film,
    checkpoint_beside,
    so_far_beside,
)
from impasto.jobs.places import Place
from impasto.pictures import writing
from impasto.pictures.picture import Picture
from impasto.settings.numbers import CHECKPOINT_SECONDS


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What is written, and how."""

    output: Path
    overwrite: bool = False
    depth: Literal[8, 16] | None = None
    metadata: bool = True
    fallback_dir: Path | None = None
    checkpoint: Path | None = None
    checkpoint_every: float = CHECKPOINT_SECONDS
    save_every: int | None = None
    timelapse: Path | None = None
    plot: Path | None = None

    def check(self, inputs: Sequence[str], own: Sequence[Path] = ()) -> None:
        """Make sure, before the work, that all can be written and nothing else is lost.

        `inputs` are the files that go in; `own` those that this run goes on to write.
        """
        read = tuple(Path(path) for path in inputs)
        if own and not os.path.isdir(self.output.parent):
            raise OutputError(
                f"the folder {self.output.parent}, where the result was to go, is not there; say "
                "with -o where it goes"
            )
        writing.check_output(self.output, overwrite=self.overwrite, inputs=read)
        self._check_beside(read)
        self._check_lost(own)
        if self.fallback_dir is not None:
            check_folder(self.fallback_dir)

    def _check_lost(self, own: Sequence[Path]) -> None:
        """Make sure that nothing of another run is replaced, unless that is allowed."""
        remedies = {
            self.checkpoint: "go on from it with 'impasto resume', choose another name",
            self._so_far: "choose another name for the result",
        }
        for path, remedy in remedies.items():
            taken = path is not None and path.exists() and path not in own
            if taken and not self.overwrite:
                raise UsageError(f"{path} exists; {remedy}, or allow it with --overwrite")

    def _check_beside(self, inputs: tuple[Path, ...]) -> None:
        """Make sure that what is written beside the result has names and places of its own."""
        places = self.timelapse, self.plot, self._so_far, self._checkpoint
        beside = [path for path in places if path]
        for path in beside:
            check_place(path)
        if self.timelapse is not None:
            check_film(self.timelapse, overwrite=self.overwrite)
        if self.plot is not None:
            check_curve(self.plot, overwrite=self.overwrite)
        written = [os.path.realpath(path) for path in (self.output, *beside)]
        if twice := [path for path in written if written.count(path) > 1]:
            raise UsageError(f"two files would be written as {twice[0]}; choose another name")
        read = {os.path.realpath(path) for path in inputs}
        for path in beside:
            if os.path.realpath(path) in read:
                raise UsageError(f"{path} is also an input; choose another name")

    def with_depth(self, depth: int) -> Outputs:
        """Return what writes so many bits a channel, where nothing else is asked for."""
        form = writing.WRITABLE[self.output.suffix.lower()]
        if self.depth is not None or not form.sixteen_bit:
            return self
        return replace(self, depth=16 if depth == 16 else 8)

    def check_fits(self, run: Run) -> None:
        """Make sure that the format holds a picture of the run's size and depth."""
        finest = run.levels[-1]
        writing.check_fits(self.output, finest.height, finest.width, self.depth)

    def checkpoints(self, notes: dict[str, Any], resumed: bool = False) -> Checkpoints:
        """Return what writes the run's checkpoints."""
        place = Place(self._checkpoint, self.overwrite, own=resumed)
        always = self.checkpoint is not None
        return Checkpoints(place, notes, self.checkpoint_every, always=always)

    def as_plain(self) -> dict[str, Any]:
        """Return what a resumed run needs to write the same, for JSON."""
        plain = {name: getattr(self, name) for name in Outputs.__dataclass_fields__}
        return {
            name: str(value.absolute()) if isinstance(value, Path) else value
            for name, value in plain.items()
        }

    def observers(self, resumed: bool = False) -> list[Observer]:
        """Return what else is written while the run goes on."""
        found: list[Observer] = []
        if self._so_far is not None and self.save_every is not None:
            place = Place(self._so_far, self.overwrite, own=resumed)
            found.append(SoFar(place, self.save_every, self.depth, self.metadata))
        if self.timelapse is not None:
            found.append(Timelapse(Place(self.timelapse, self.overwrite)))
        if self.plot is not None:
            found.append(LossCurve(Place(self.plot, self.overwrite)))
        return found

    @cached_property
    def place(self) -> Place:
        """Where the result is written, which need not be where it was to go."""
        return Place(self.output, self.overwrite)

    def save(self, picture: Picture) -> None:
        """Write the result; where it cannot be, save it in another folder and raise OutputError."""
        try:
            writer = partial(writing.save, picture, depth=self.depth, metadata=self.metadata)
            self.place.write(writer)
        except Exception as fault:  # an encoder may raise anything
            raise OutputError(self._elsewhere(picture, _reason(fault, self.output))) from fault

    def _elsewhere(self, picture: Picture, reason: str) -> str:
        """Save the result where there is room; return what went wrong and where it is."""
        folders = [] if self.fallback_dir is None else [self.fallback_dir]
        with contextlib.suppress(OSError):
            folders.append(Path(tempfile.gettempdir()))
        # At last without its metadata: what is amiss may be the format, or what it should carry.
        plain = f"{self.output.stem}.png"
        for name, metadata in ((self.output.name, self.metadata), (plain, False)):
            for folder in folders:
                with contextlib.suppress(Exception):
                    place = _saved(picture, claim(folder, name), self.depth, metadata)
                    return f"{reason}; the result is in {place}"
        places = " or ".join(map(str, folders)) or "any temporary folder"
        return f"{reason}; nor can it be written to {places}: the result is lost"

    @property
    def _checkpoint(self) -> Path:
        return self.checkpoint or checkpoint_beside(self.output)

    @property
    def _so_far(self) -> Path | None:
        return None if self.save_every is None else so_far_beside(self.output)


def _saved(picture: Picture, claimed: Path, depth: int | None, metadata: bool) -> Path:
    """Save a picture under a name that was claimed for it; where that cannot be, let go of it."""
    try:
        writing.save(picture, claimed, depth=depth, metadata=metadata)
    except BaseException:
        claimed.unlink()
        raise
    return claimed


def _reason(fault: Exception, path: Path) -> str:
    if isinstance(fault, ImpastoError):
        return str(fault)
    words = " ".join(f"{type(fault).__name__}: {fault}".split())
    return f"cannot write {path}: {words}"
