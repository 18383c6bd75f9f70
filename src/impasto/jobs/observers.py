"""Who follows a run: checkpoints, the picture so far, a film of the run, and whoever shows it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from impasto.engine.checkpoint import write_checkpoint
from impasto.engine.step import Step
from impasto.errors import PictureError, UsageError
from impasto.files import check_free, fitting, landing
from impasto.jobs.meter import Meter
from impasto.jobs.places import Place, Writer
from impasto.pictures.film import FILMS, save_film
from impasto.pictures.writing import save
from impasto.settings.numbers import CHECKPOINT_SECONDS

_log = logging.getLogger(__name__)

# A run that takes longer than this is worth a checkpoint, which takes at most this share of it.
_WORTH_SECONDS = 120.0
_SHARE = 0.03


class Observer(Protocol):
    """Told of every step, and of the end, well or not."""

    what: str  # it makes, as in "no timelapse: ..."

    def see(self, step: Step, meter: Meter) -> None:
        """Take in one evaluation, before the next is asked for."""

    def end(self) -> None:
        """Take in that there are no more steps."""


@dataclass
class Observers:
    """Several, whatever breaks in one of which is said once; the run goes on."""

    each: Sequence[Observer]
    _failed: set[str] = field(default_factory=set)

    def see(self, step: Step, meter: Meter) -> None:
        """Show one evaluation to all."""
        for observer in self.each:
            with self._noting(observer):
                observer.see(step, meter)

    def end(self) -> None:
        """Tell all that there are no more steps."""
        for observer in self.each:
            with self._noting(observer):
                observer.end()

    @contextlib.contextmanager
    def _noting(self, observer: Observer) -> Iterator[None]:
        try:
            yield
        except PictureError:  # numbers that broke just now; the run says so
            pass
        except Exception as fault:  # an encoder may raise anything
            if observer.what not in self._failed:
                _log.info("no %s: %s", observer.what, str(fault) or type(fault).__name__)
            self._failed.add(observer.what)


@dataclass
class Checkpoints:
    """Writes a run's state every few seconds, never for more than a small share of its time.

    Without `always`, only for a run that is expected to last. The file goes when the result is
    there. Another run's stays, unless the place may be overwritten: it may be all that is left.
    """

    place: Place
    notes: dict[str, Any]
    every_seconds: float = CHECKPOINT_SECONDS
    always: bool = False

    what = "checkpoint of this run"

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._due = self._began + self.every_seconds
        self._gave_up = False
        self._written = self.place.own
        if self.place.path.exists() and not self.place.own:
            then = "replaces it when it writes" if self.place.overwrite else "keeps it, and writes"
            told = (
                "%s is there from an earlier run; 'impasto resume' goes on from it, this run %s "
                "its own"
            )
            _log.info(told, self.place.path, then)

    def see(self, step: Step, meter: Meter) -> None:
        """Write when it is time; when that cannot be done, never again."""
        now = time.monotonic()
        lasting = self.always or now - self._began + meter.seconds_left > _WORTH_SECONDS
        if self._gave_up or not lasting or now < self._due or step.final:
            return
        self._gave_up = True
        self.place.write_beside(self._writer(step))
        self._gave_up = False
        self._written = True
        after = time.monotonic()
        self._due = after + max(self.every_seconds, (after - now) / _SHARE)

    def _writer(self, step: Step) -> Writer:
        def write(path: Path, *, fresh: bool) -> None:
            notes = {**self.notes, "checkpoint": str(path.absolute())}
            write_checkpoint(path, step.checkpoint(notes), fresh=fresh)

        return write

    def end(self) -> None:
        """Leave the file to whoever goes on from it."""

    def remove(self) -> None:
        """Remove the file of a finished run."""
        if self._written and self.place.holds_ours:
            with contextlib.suppress(OSError):
                landing(self.place.path).unlink()

    @property
    def written(self) -> Path | None:
        """Where a run that stopped early can be picked up."""
        return self.place.path if self._written else None


@dataclass
class SoFar:
    """Saves the picture so far beside the result, every so many evaluations."""

    place: Place
    every: int
    depth: int | None = None
    metadata: bool = True
    _count: int = 0

    what = "picture so far"

    def see(self, step: Step, meter: Meter) -> None:
        """Save when it is time."""
        self._count += 1
        if self._count % self.every == 0:
            writer = partial(save, step.picture, depth=self.depth, metadata=self.metadata)
            self.place.write_beside(writer)

    def end(self) -> None:
        """Leave the last one where it is."""


def so_far_beside(output: Path) -> Path:
    """Return the name of the picture so far."""
    return fitting(output.parent, output.stem, f".so-far{output.suffix}")


def checkpoint_beside(output: Path) -> Path:
    """Return the name of a run's checkpoint where none is given."""
    return fitting(output.parent, output.name, ".checkpoint")


@dataclass
class Timelapse:
    """Makes a film of the run, of pictures of at most 640 px."""

    place: Place
    _frames: list[Image.Image] = field(default_factory=list)
    _count: int = 0
    _stride: int = 1

    LONG_SIDE = 640
    FRAMES = 120
    FRAMES_A_SECOND = 12

    what = "timelapse"

    def see(self, step: Step, meter: Meter) -> None:
        """Keep every so manyth picture, fewer the longer the run, and the last."""
        self._count += 1
        if len(self._frames) == self.FRAMES:
            del self._frames[1::2]
            self._stride *= 2
        if self._count % self._stride == 0 or step.final:
            finest = step.levels[-1]
            scale = min(1.0, self.LONG_SIDE / max(finest.height, finest.width))
            # Even sides, which film formats want.
            size = [max(2, round(side * scale / 2) * 2) for side in (finest.width, finest.height)]
            self._frames.append(step.picture.image.convert("RGB").resize(size))

    def end(self) -> None:
        """Write the film, of whatever there is."""
        if self._frames:
            writer = partial(save_film, self._frames, frames_a_second=self.FRAMES_A_SECOND)
            self.place.write_beside(writer)


def check_film(path: Path, *, overwrite: bool) -> None:
    """Make sure, before the run, that a film can be written; raise UsageError where it cannot."""
    if path.suffix.lower() not in FILMS:
        raise UsageError(f"cannot write the timelapse {path.name}; choose from {', '.join(FILMS)}")
    check_free(path, overwrite=overwrite)
    if path.suffix.lower() == ".mp4":
        try:
            import av  # noqa: F401
        except ImportError as fault:
            raise UsageError(
                "an .mp4 needs its extra: pip install 'impasto[film]'; .gif and .webp do not"
            ) from fault
