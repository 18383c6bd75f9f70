"""Who follows a run for the page: tells how far it is, shows it, and obeys between two steps."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from impasto.engine.checkpoint import State, write_checkpoint
from impasto.engine.run import Run
from impasto.engine.step import Step
from impasto.errors import ImpastoError, PictureError
from impasto.jobs.meter import Meter
from impasto.jobs.notes import notes_of
from impasto.jobs.outputs import Outputs
from impasto.jobs.stopping import Stopped
from impasto.workshop.commands import Commands, Parked
from impasto.workshop.messages import (
    Back,
    Began,
    Change,
    Changed,
    Go,
    Held,
    Noted,
    Obeyed,
    Paint,
    Pause,
    Progress,
    Stop,
    WentBack,
)
from impasto.workshop.places import CHECKPOINT
from impasto.workshop.previews import Previews
from impasto.workshop.setting_out import Named
from impasto.workshop.stepping import KeptSteps

_TELL_SECONDS = 0.25


class WentBackTo(BaseException):
    """The job goes on from an earlier step."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n


class Follower:
    """An Observer of one job, through all that happens to it."""

    what = "progress"

    def __init__(self, asked: Paint, tell: Callable[[Any], None], commands: Commands) -> None:
        self._asked, self._tell, self._commands = asked, tell, commands
        self._folder = Path(asked.folder)
        self._previews = Previews(self._folder)
        self._kept = KeptSteps(self._folder, tell, asked)
        self._rows: list[tuple[int, float, float, float]] = []
        self._due = 0.0
        self._notes: dict[str, Any] = {}
        self.has_seen = False  # a step, since painting began or the job went back

    def begin(self, run: Run, outputs: Outputs, inputs: Sequence[str], state: State | None) -> None:
        """Take in that painting begins, from a state where there is one."""
        self._notes = notes_of(outputs, inputs)
        done = 0 if state is None else sum(state.evaluations) + state.iteration
        self._previews.forget_after(done)
        self._kept.forget_after(done)
        self._rows, self._due, self.has_seen = [], 0.0, False
        finest = run.levels[-1]
        self._tell(Began(self._asked.job, done, (finest.height, finest.width)))

    def see(self, step: Step, meter: Meter) -> None:
        """Take in one evaluation, and do what is wanted before the next."""
        self._commands.computing, self.has_seen = False, True
        try:
            self._show(step, meter)
        except PictureError:  # numbers that broke just now; the run says so
            pass
        except Exception as fault:  # whatever it is, what is wanted must still be done
            self._tell(Noted(self._asked.job, f"cannot be shown: {fault}"))
        try:
            if self._obey(step, self._commands.take_up()):
                self._hold(step, meter)
        except BaseException:  # by which the job leaves the device
            self._report(step, meter)
            raise
        self._commands.computing = True

    def end(self) -> None:
        """Take in that there are no more steps."""
        self._commands.computing = False

    def went_back(self, n: int) -> None:
        """Say that the job goes on from an earlier step."""
        self.has_seen = False
        self._tell(Held(self._asked.job, False))  # if it was
        self._tell(WentBack(self._asked.job, n))

    def size_on_disk(self) -> tuple[int, int] | None:
        """Return the height and width of a result that was saved."""
        try:
            with Image.open(self._folder / self._asked.output) as image:
                return image.height, image.width
        except OSError:
            return None

    def _show(self, step: Step, meter: Meter) -> None:
        """Tell, show and keep, each no more often than it may."""
        self._previews.see(step)
        self._kept.see(step, self._notes)
        cheap = step.image.device.type == "cpu" or meter.losses_are_read
        if cheap:  # elsewhere reading them waits for the device
            self._rows.append(_row(step))
        if time.monotonic() >= self._due or step.final:
            if not cheap:
                self._rows.append(_row(step))
            self._report(step, meter)

    def _report(self, step: Step, meter: Meter) -> None:
        level = step.levels[step.level - 1]
        self._tell(
            Progress(
                self._asked.job,
                step.level,
                len(step.levels),
                step.iteration,
                step.iterations,
                meter.fraction,
                meter.seconds_left,
                sum(step.evaluations),
                level.width,
                level.height,
                self._previews.counter,
                self._rows,
            )
        )
        self._rows, self._due = [], time.monotonic() + _TELL_SECONDS

    def _hold(self, step: Step, meter: Meter) -> None:
        """Wait here, nothing computed meanwhile, until the job may go on."""
        self._write_checkpoint(step)
        self._previews.see(step, now=True)
        self._report(step, meter)
        self._tell(Held(self._asked.job, True))
        began = time.monotonic()
        held = True
        while held:
            held = self._obey(step, self._commands.take_up(wait=True), held)
        meter.leave_out(time.monotonic() - began)
        self._tell(Held(self._asked.job, False))

    def _obey(self, step: Step, wanted: Sequence[Any], held: bool = False) -> bool:
        """Do what is wanted of the job; return whether it is to be held."""
        for number, message in enumerate(wanted, 1):
            match message:
                case Pause():
                    held = not step.final
                case Go():
                    held = False
                case Stop():
                    self._stop(step, message, held)
                case Back():
                    self._go_back(message, wanted[number:])
                case Change():
                    self._change(step, message)
            self._obeyed(message)
        return held

    def _obeyed(self, message: Any) -> None:
        """Say that the server need not ask for it again."""
        if not isinstance(message, Stop):
            self._tell(Obeyed(self._asked.job, message.number))

    def _stop(self, step: Step, message: Stop, held: bool) -> None:
        if step.final:  # it ends by itself
            return
        is_kept = self._write_checkpoint(step)
        if not message.park:
            raise Stopped(signal.SIGTERM)
        if is_kept:
            raise Parked
        self._tell(Held(self._asked.job, held))  # it stays, for all would be lost

    def _go_back(self, message: Back, later: Sequence[Any]) -> None:
        if self._kept.has(message.n):
            self._commands.hand_back(later)  # wanted of the job, wherever it goes on
            self._obeyed(message)
            raise WentBackTo(message.n)
        self._tell(Noted(self._asked.job, f"step {message.n} is not kept any more"))

    def _change(self, step: Step, message: Change) -> None:
        options = dict(message.options)
        try:
            if message.protects:
                file = message.protect
                options["protect"] = None if file is None else Named(self._asked).of_file(file)
                self._asked.others.extend([] if file is None else [file])
            step.change(**options)
        except ImpastoError as fault:
            self._tell(Noted(self._asked.job, f"not changed: {fault}"))
            return
        # From now on the job cannot be painted by what it was asked for alone.
        self._write_checkpoint(step)
        self._tell(
            Changed(
                self._asked.job,
                step.level,
                step.iteration,
                sum(step.evaluations),
                message.options,
                message.protects,
                message.protect_id,
            )
        )

    def _write_checkpoint(self, step: Step) -> bool:
        """Write where the job is; say so, and return False, where that cannot be."""
        path = self._folder / CHECKPOINT
        try:
            write_checkpoint(path, step.checkpoint({**self._notes, "checkpoint": str(path)}))
        except ImpastoError as fault:
            self._tell(Noted(self._asked.job, f"no checkpoint: {fault}"))
            return False
        return True


def _row(step: Step) -> tuple[int, float, float, float]:
    """Return an evaluation's losses: all, the content's and the style's."""
    losses = {name: loss.item() for name, loss in step.losses.items()}
    content, style = (
        sum(loss for name, loss in losses.items() if name.startswith(kind))
        for kind in ("content", "style")
    )
    return sum(step.evaluations), sum(losses.values()), content, style
