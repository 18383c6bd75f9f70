"""A film's scenes on many machines, by Ray: handed out one by one, each a shard of its own."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.engine.step import Step
from impasto.errors import DeviceError, ImpastoError, OutputError
from impasto.film.film import Film
from impasto.film.journal import folder_beside
from impasto.film.result import Result
from impasto.film.work import Watcher, paint_film, scenes_begun
from impasto.jobs.crew import POLL_SECONDS, Cluster, Crew, comes, connected, crew_of
from impasto.jobs.shard import Shard
from impasto.jobs.stopping import Stopped
from impasto.planning.machine import sharing

# How often a scene is begun whose worker died.
_TRIES = 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """A scene for a worker, which paints it as a shard of the film, from this folder."""

    film: Film
    result: Result
    shard: Shard
    folder: str


@dataclass(frozen=True)
class Report:
    """How a scene's painting ended: by which code, and what was told of it."""

    code: int = 0
    told: str = ""


class RemotePainter:
    """A worker: paints scenes by so many threads, in its share of a machine's memory."""

    def __init__(self, threads: int, share: float) -> None:
        """Take both from the film's plan, which is one for all."""

    def ready(self) -> bool:
        """Say that the worker is there."""
        return True

    def paint(self, task: Task) -> Report:
        """Paint a scene into the film's frames, and the film if it is the last of them."""
        try:
            os.chdir(task.folder)
            paint_film(task.film, task.result, _Nobody(), task.shard)
        except ImpastoError as fault:
            return Report(fault.exit_code, "; ".join((str(fault), *_notes(fault))))
        except Exception as fault:
            return Report(1, f"a bug in impasto: {type(fault).__name__}: {fault}")
        return Report()


def paint_there(film: Film, result: Result, watcher: Watcher, cluster: Cluster) -> None:
    """Paint a film's scenes on a cluster whose machines all see its files and its result's folder.

    A scene whose worker dies is painted again by another, once. Raises what `paint_film` does.
    """
    began = time.monotonic()
    with connected(cluster) as ray:
        crew = crew_of(ray, cluster, RemotePainter, len(film.picks))
        resources = film.resources
        if resources.threads == "auto":
            resources = replace(resources, threads=crew.threads)
        film = replace(film, resources=sharing(resources, crew.share))
        scenes = scenes_begun(film, result)
        watcher.began(len(film.picks), 0)
        try:
            _Handing(film, result, watcher, crew, scenes).run()
            if not comes(result.first):
                told = "was painted and is not here; its folder must be on all machines"
                raise OutputError(f"{result.first} {told}")
        except (ImpastoError, Stopped) as fault:
            fault.add_note("the scenes that are painted are kept; the same command goes on")
            raise
    watcher.written(result.output, len(film.picks), time.monotonic() - began)


class _Handing:
    """Hands scenes out until none is left."""

    def __init__(
        self,
        film: Film,
        result: Result,
        watcher: Watcher,
        crew: Crew[int],
        scenes: list[range],
    ) -> None:
        self._film, self._result, self._watcher = film, result, watcher
        self._crew, self._scenes = crew, scenes
        # The longest first: whoever has it should not be the last to begin.
        order = sorted(range(len(scenes)), key=lambda number: -len(scenes[number]))
        self._waiting = deque(order)
        self._tries: Counter[int] = Counter()
        self._frames = 0

    def run(self) -> None:
        """Hand out, and take in, to the end; what scenes failed by is raised after all others."""
        crew, failed = self._crew, list[Report]()
        try:
            while self._waiting or crew.busy:
                crew.fill(len(self._waiting))
                while self._waiting and crew.idle:
                    self._hand_out(self._waiting.popleft())
                for number, report in crew.answers():
                    failed += self._taken_in(number, report)
                crew.check_any()
                time.sleep(POLL_SECONDS)
        finally:
            crew.stop()
        if failed:
            raise _fault(failed, len(self._scenes))

    def _hand_out(self, number: int) -> None:
        task = Task(
            film=self._film,
            result=self._result,
            shard=Shard(number + 1, len(self._scenes)),
            folder=str(Path.cwd()),
        )
        self._tries[number] += 1
        self._crew.hand(number, task)

    def _taken_in(self, number: int, report: Report | None) -> list[Report]:
        """Take in what became of a scene; return it where that is a failure."""
        if report is None and self._is_written():
            report = Report()
        if report is None and self._tries[number] < _TRIES:
            self._waiting.appendleft(number)
            return []
        if report is None:
            told = f"its worker died {_TRIES} times, as when memory runs out on its machine"
            return [Report(DeviceError.exit_code, told)]
        if report.code:
            return [report]
        self._frames += len(self._scenes[number])
        self._watcher.frame(self._frames, 0, 0.0)
        return []

    def _is_written(self) -> bool:
        """Return whether a worker died when all was done."""
        frames = folder_beside(self._result.output)
        return self._result.first.exists() and not frames.exists()


class _Nobody:
    """Follows a film on a worker, whose driver is told scene by scene."""

    def began(self, count: int, there: int) -> None:
        pass

    def evaluated(self, step: Step) -> None:
        pass

    def frame(self, number: int, evaluations: int, seconds: float) -> None:
        pass

    def written(self, path: Path, frames: int, seconds: float) -> None:
        pass


def _fault(failed: list[Report], count: int) -> ImpastoError:
    more = f", and {len(failed) - 1} more" if failed[1:] else ""
    raised = ImpastoError(f"{len(failed)} of {count} scenes failed: {failed[0].told}{more}")
    raised.exit_code = failed[0].code
    return raised


def _notes(fault: BaseException) -> list[str]:
    return getattr(fault, "__notes__", [])
