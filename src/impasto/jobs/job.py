"""One piece of work from a prepared run to its file, whoever asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.engine.checkpoint import State
from impasto.engine.iterate import paint
from impasto.engine.run import Run
from impasto.engine.step import Step
from impasto.errors import NonFiniteError
from impasto.jobs.meter import Meter
from impasto.jobs.notes import notes_of
from impasto.jobs.observers import Observer, Observers
from impasto.jobs.outputs import Outputs
from impasto.jobs.stopping import Interrupted, Stopped
from impasto.pictures.picture import Picture


@dataclass(frozen=True)
class Done:
    """A finished job: where the result is, its (height, width), and the seconds it took.

    `moved` says why it is not where it was to go; it is empty where it is.
    """

    path: Path
    size: tuple[int, int]
    seconds: float
    moved: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """Paints a run into a file; what is there when it ends early is saved all the same.

    `inputs` are the paths that went in, for a checkpoint to find again; `observers` follow the run
    beside those that the outputs ask for; `resume` is a checkpoint's state.
    """

    run: Run
    outputs: Outputs
    inputs: Sequence[str] = ()
    observers: Sequence[Observer] = ()
    resume: State | None = None

    def paint(self) -> Done:
        """Paint and save. Raises what the run does, with notes on what was saved and where.

        An error whose run can be picked up has the checkpoint's path as `checkpoint`; Stopped, by
        which a step or a signal ends the job, becomes Interrupted.
        """
        self.outputs.check_fits(self.run)
        resumed, meter = self.resume is not None, Meter()
        notes = notes_of(self.outputs, self.inputs)
        checkpoints = self.outputs.checkpoints(notes, resumed)
        beside = self.outputs.observers(resumed)
        observers = Observers([*self.observers, *beside, checkpoints])
        try:
            picture = self._followed(observers, meter)
        except (Exception, Stopped) as fault:
            # The same numbers would break again.
            if checkpoints.written is not None and not isinstance(fault, NonFiniteError):
                fault.checkpoint = checkpoints.written  # type: ignore[union-attr]
            raise
        finally:
            # After the picture, which matters more.
            observers.end()
        checkpoints.remove()
        place = self.outputs.place
        return Done(place.path, picture.size, meter.seconds, place.moved)

    def _followed(self, observers: Observers, meter: Meter) -> Picture:
        """Paint and save; what ends the run early, its own or not, says where the picture is."""
        step = None
        try:
            for step in paint(self.run, resume=self.resume):
                meter.see(step)
                observers.see(step, meter)
            assert step is not None
            picture = step.picture
        except Stopped as stop:
            raise self._saved(_interrupted(stop, step), step) from stop
        except Exception as fault:
            self._saved(fault, step)
            raise
        try:
            self.outputs.save(picture)
        except Stopped as stop:
            raise self._saved(_interrupted(stop, step), step) from stop
        return picture

    def _saved(self, fault: Exception, step: Step | None) -> Exception:
        """Save what was painted before a fault, and note in it where that is."""
        place = self.outputs.place
        try:
            # A step's has its recipe.
            picture = getattr(fault, "picture", None) if step is None else step.picture
            if picture is not None:
                self.outputs.save(picture)
                why = f", for {place.moved}" if place.moved else ""
                fault.add_note(f"saved what was there as {place.path}{why}")
        except Stopped:  # the next one would end the process
            return self._saved(fault, step)
        except Exception as other:
            fault.add_note(str(other))
        return fault


def _interrupted(stop: Stopped, step: Step | None) -> Interrupted:
    """Say how far a run got."""
    where = (
        "before the first evaluation; nothing was written"
        if step is None
        else f"at evaluation {step.iteration} of level {step.level} of {len(step.levels)}"
    )
    return Interrupted(f"stopped by {stop.name} {where}", stop.number)
