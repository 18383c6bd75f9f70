"""Painting a film into its file, whatever stops it: what is done is kept, and can be played."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path
from typing import Any, Protocol

from impasto.engine.step import Step
from impasto.errors import ImpastoError
from impasto.files import keeps_what_is_open
from impasto.film.course import Mark, course_of, last_needs
from impasto.film.film import Film
from impasto.film.journal import Journal, Words, begun, folder_beside
from impasto.film.lock import Lock
from impasto.film.painting import Painter
from impasto.film.result import Result
from impasto.film.scenes import beginnings, scenes_of
from impasto.jobs.shard import Shard
from impasto.jobs.stopping import Interrupted, Stopped

_log = logging.getLogger(__name__)

# Of so many frames it is said that they are looked at, which takes a while.
_MANY = 200


class Watcher(Protocol):
    """Whoever follows a film."""

    def began(self, count: int, there: int) -> None:
        """Take in how many frames there will be in all passes, and how many are there already."""

    def evaluated(self, step: Step) -> None:
        """Take in an evaluation."""

    def frame(self, number: int, evaluations: int, seconds: float) -> None:
        """Take in that so many are done, and what the last took."""

    def written(self, path: Path, frames: int, seconds: float) -> None:
        """Take in that the film is written."""


def paint_film(film: Film, result: Result, watcher: Watcher, shard: Shard | None = None) -> None:
    """Paint and write a film, on from where an earlier run of the same was stopped.

    Of its scenes a `shard` is painted alone; who finds all frames there writes the film. Raises
    Interrupted where it is stopped, and what the painting raises, with notes of what was written
    and how to go on.
    """
    began = time.monotonic()
    lock, journal = _begun(film, result, shard)
    try:
        _paint(film, journal, watcher, shard)
        if shard is not None and not _is_last(film, journal, lock):
            return
        result.write(film, journal)
        journal.remove()
    except (ImpastoError, Stopped) as fault:
        raise _kept(fault, film, result, journal, shard) from fault
    finally:
        lock.close()
        if keeps_what_is_open() and not journal.is_there:  # its lock, until now
            journal.remove()
    watcher.written(result.output, len(film.picks), time.monotonic() - began)


def scenes_begun(film: Film, result: Result) -> list[range]:
    """Begin a film where it was not, and return each scene's frames, for others to paint."""
    lock, journal = _begun(film, result, None)
    lock.close()
    return _scenes(film, journal.words)


def _begun(film: Film, result: Result, shard: Shard | None) -> tuple[Lock, Journal]:
    """Open the folder of frames for this process, and begin the film where it was not."""
    depth = result.codec.depth or 8
    identity = {**film.identity(), "depth": depth}
    begun(result.output, identity, overwrite=result.overwrite)  # before anything is made
    lock = _opened(result.output)
    try:
        with lock.looking():
            words = begun(result.output, identity, overwrite=result.overwrite)
            is_new = words is None
            if shard is None or is_new:
                lock.take_all(str(result.output))
            if words is None:
                words = _new(film, result, identity, lock)
            if shard is not None:
                if is_new:
                    lock.release_all()
                lock.take(shard.of(_scenes(film, words)), f"its part of {result.output}")
    except BaseException:
        lock.close()
        raise
    return lock, Journal(lock.folder, words, film.passes, depth)


def _new(film: Film, result: Result, identity: dict[str, Any], lock: Lock) -> Words:
    """Begin a film in a folder that is held, which goes where that cannot be."""
    try:
        result.check_free()  # another may have ended meanwhile
        lock.empty()
        if len(film.picks) >= _MANY:
            _log.info("looking for cuts in %d frames", len(film.picks))
        words = Words(film=identity, plan=film.run.plan, scenes=beginnings(film.frames()))
        Journal(lock.folder, words).write()
    except BaseException:
        shutil.rmtree(lock.folder, ignore_errors=True)
        raise
    return words


def _opened(output: Path) -> Lock:
    """Open the lock of a result's frames; who ends meanwhile takes the folder along."""
    while True:
        lock = Lock(folder_beside(output))
        with lock.looking():
            if lock.is_there:
                return lock
        lock.close()


def _scenes(film: Film, words: Words) -> list[range]:
    return scenes_of(words.scenes, len(film.picks))


def _paint(film: Film, journal: Journal, watcher: Watcher, shard: Shard | None) -> None:
    """Paint what is not there yet."""
    scenes = _scenes(film, journal.words)
    own = scenes if shard is None else shard.of(scenes)
    course = course_of(own, passes=film.passes, keyframes=film.keyframes, loop=film.loop)
    needed = last_needs(course)
    painter = Painter(film, journal, watcher.evaluated)
    missing = [place for place, piece in enumerate(course) if not journal.has(piece.mark)]
    watcher.began(len(course), len(course) - len(missing))
    for done, place in enumerate(missing, len(course) - len(missing) + 1):
        began, piece = time.monotonic(), course[place]
        evaluations = painter.paint(piece, is_needed=needed.get(piece.mark, -1) > place)
        for mark in piece.needs:
            if needed[mark] <= place:
                journal.forget(mark)
        watcher.frame(done, evaluations, time.monotonic() - began)


def _is_last(film: Film, journal: Journal, lock: Lock) -> bool:
    """Return whether all other shares are painted, and the film is to be written here."""
    count, there = len(film.picks), _painted(film, journal, film.passes)
    if there < count:
        told = "%d of %d frames are painted; the rest is for other shards, or the same command "
        _log.info(told + "without --shard", there, count)
        return False
    return lock.take_writing() and lock.is_there


def _painted(film: Film, journal: Journal, turn: int) -> int:
    """Return how many frames are painted as far as a pass, wherever they stand."""
    return sum(journal.has(Mark(turn, number)) for number in range(len(film.picks)))


def _kept(
    fault: BaseException, film: Film, result: Result, journal: Journal, shard: Shard | None
) -> ImpastoError:
    """Write what was painted before a fault, unless others paint, and say so."""
    count, all_ = _painted(film, journal, 1), len(film.picks)
    raised = fault
    if isinstance(fault, Stopped):
        told = f"after {count} of {all_} frames" if count else "before the first frame was painted"
        raised = Interrupted(f"stopped by {fault.name} {told}", fault.number)
    assert isinstance(raised, ImpastoError)
    if shard is None and not count:
        journal.remove()
        return raised
    try:
        if shard is None and journal.count():
            result.write(film, journal)
            journal.note_partial(result.first)
            raised.add_note(f"saved what was there as {result.output}")
    except ImpastoError as other:
        raised.add_note(str(other))
    raised.add_note(f"the frames are in {journal.folder}; the same command goes on")
    return raised
