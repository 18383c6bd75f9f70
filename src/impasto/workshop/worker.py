"""The process that paints: its network stays loaded from job to job, and rests where none is."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, cast

import msgspec
import numpy as np
import torch

from impasto.engine.checkpoint import State, read_checkpoint
from impasto.engine.networks import Networks
from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.engine.steering import as_changed
from impasto.errors import ImpastoError
from impasto.jobs.job import Job
from impasto.jobs.outputs import Outputs
from impasto.jobs.rerun import again
from impasto.jobs.stopping import Interrupted, Stopped
from impasto.memory.free import free_bytes, give_back
from impasto.pictures.picture import Picture
from impasto.planning.machine import available_threads, devices_like
from impasto.scene.finish import finish
from impasto.settings.resources import Device, Resources
from impasto.settings.settings import Settings
from impasto.workshop.commands import Commands, Parked
from impasto.workshop.follower import Follower, WentBackTo
from impasto.workshop.lines import lines_in, protected_stdout
from impasto.workshop.messages import Ended, Hello, Noted, Paint, ToPainter
from impasto.workshop.places import CHECKPOINT, step_state
from impasto.workshop.setting_out import Named, run_of

# Often, for it costs at most its small share of the time.
_CHECKPOINT_SECONDS = 3.0
_LEAST_BYTES = 100_000_000  # of memory that may be asked for
_IDLE_SECONDS = 2.0  # many jobs come one after another


class Worker:
    """Paints one job after another."""

    def __init__(self, tell: Any, device: Device = "auto", sharers: int = 1) -> None:
        """Paint on a device that so many painters share."""
        self._tell, self._device, self._sharers = tell, device, sharers
        self._networks = Networks()
        self.commands = Commands()
        signal.signal(signal.SIGINT, self._stop_now)

    def work(self) -> None:
        """Say what is painted on, then paint until nobody is left who asks."""
        self._greet()
        while True:
            asked = self.commands.next_job(_IDLE_SECONDS)
            if asked is None:
                self._rest()
            else:
                self._paint(asked)

    def _rest(self) -> None:
        """Keep of the network no more than its filters."""
        self._networks.rest()
        self.commands.wait()

    def _greet(self) -> None:
        """Read the network before anybody asks, and say what is painted on."""
        hello = Hello("unknown", 0)
        with contextlib.suppress(ImpastoError):  # said again, to whoever wants a picture
            grey = Picture(np.full((64, 64, 3), 0.5, np.float32))
            run = prepare(grey, [grey], Settings(size=64, faces="style"), self._resources())
            name, *others = devices_like(run.device)
            hello = Hello(run.plan.device, run.plan.threads, name, others)
            self._networks.read(run.settings, run.plan)
        self._tell(hello)

    def _resources(self) -> Resources:
        """Return a share of the machine, all of it where nobody shares the device."""
        if self._sharers == 1:
            return Resources(device=self._device)
        return Resources(
            device=self._device,
            threads=max(1, available_threads() // self._sharers),
            memory=max(free_bytes(torch.device(self._device)) // self._sharers, _LEAST_BYTES),
        )

    def _paint(self, asked: Paint) -> None:
        notes = _Notes(self._tell, asked)
        log = logging.getLogger("impasto")
        log.addHandler(notes)
        try:
            ended = self._ended(asked)
        finally:
            log.removeHandler(notes)
            self.commands.computing = False
        self.commands.over()
        give_back()  # before the next is told that the device is free
        self._tell(ended)

    def _ended(self, asked: Paint) -> Ended:
        """Paint a job, and say how that ended."""
        follower = Follower(asked, self._tell, self.commands)
        try:
            return self._kept(asked) if asked.ends else self._painted(asked, follower)
        except Parked:
            return Ended(asked.job, "parked")
        except (Interrupted, Stopped) as stop:
            self._note(asked, [note for note in _notes_of(stop) if not note.startswith("saved")])
            if not follower.has_seen and (Path(asked.folder) / CHECKPOINT).exists():
                return self._ended(msgspec.structs.replace(asked, ends=True))
            return Ended(asked.job, "stopped", follower.size_on_disk())
        except ImpastoError as fault:
            message = _without("; ".join((str(fault), *_notes_of(fault))), asked)
            size = follower.size_on_disk()
            return Ended(asked.job, "failed", size, message, fault.exit_code)
        except Exception as fault:
            traceback.print_exc()
            memory = isinstance(fault, MemoryError)
            told = "memory ran out" if memory else f"a bug: {type(fault).__name__}: {fault}"
            return Ended(asked.job, "failed", None, _without(told, asked), 6 if memory else 1)

    def _painted(self, asked: Paint, follower: Follower) -> Ended:
        """Paint a job to its end, however often it goes back."""
        folder, outputs = Path(asked.folder), _outputs(asked)
        while True:
            pantry = Named(asked)  # with all that changes have brought in
            self.commands.computing = True
            self.commands.check_stop()
            run, state = self._prepared(asked, pantry)
            follower.begin(run, outputs, pantry.paths, state)
            job = Job(
                run=run, outputs=outputs, inputs=pantry.paths, observers=[follower], resume=state
            )
            try:
                done = job.paint()
            except WentBackTo as back:
                follower.went_back(back.n)
                # Copied: it may be gone back to again.
                beside = folder / f".{CHECKPOINT}.tmp"
                shutil.copyfile(step_state(folder, back.n), beside)
                os.replace(beside, folder / CHECKPOINT)
                continue
            (folder / CHECKPOINT).unlink(missing_ok=True)
            return Ended(asked.job, "done", done.size)

    def _kept(self, asked: Paint) -> Ended:
        """Save the picture in a job's checkpoint, without painting any more of it."""
        self.commands.computing = False
        kept = read_checkpoint(Path(asked.folder) / CHECKPOINT)
        state = kept.state
        run = as_changed(again(kept.recipe, Named(asked)), (state.level, state.iteration))
        picture = finish(run.originals, run.settings.surface, state.tensors["image"])
        _outputs(asked).save(dataclasses.replace(picture, recipe=kept.recipe.as_json()))
        return Ended(asked.job, "stopped", picture.size)

    def _note(self, asked: Paint, notes: Sequence[str]) -> None:
        for note in notes:
            self._tell(Noted(asked.job, _without(note, asked)))

    def _prepared(self, asked: Paint, pantry: Named) -> tuple[Run, State | None]:
        """Return the job's run, and where it goes on from if it was begun before."""
        checkpoint, state = Path(asked.folder) / CHECKPOINT, None
        if checkpoint.exists():
            kept = read_checkpoint(checkpoint)
            run, state = again(kept.recipe, pantry), kept.state
        else:
            run = run_of(asked, pantry, self._resources())
        return dataclasses.replace(run, networks=self._networks), state

    def _stop_now(self, number: int, frame: FrameType | None) -> None:
        """End an evaluation in its middle; between two of them the follower does."""
        if self.commands.computing:
            self.commands.computing = False
            raise Stopped(signal.SIGTERM)


class _Notes(logging.Handler):
    """Tells the person what the library notes of a job."""

    def __init__(self, tell: Any, asked: Paint) -> None:
        super().__init__(logging.INFO)
        self._tell, self._asked = tell, asked

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(Noted(self._asked.job, _without(record.getMessage(), self._asked)))


def _outputs(asked: Paint) -> Outputs:
    folder = Path(asked.folder)
    return Outputs(
        output=folder / asked.output,
        overwrite=True,
        checkpoint=folder / CHECKPOINT,
        checkpoint_every=_CHECKPOINT_SECONDS,
    )


def _notes_of(fault: BaseException) -> Sequence[str]:
    return getattr(fault, "__notes__", ())


def _without(message: str, asked: Paint) -> str:
    """Say pictures' names as the person knows them, not where they lie here."""
    for file in Named(asked).files:
        message = message.replace(file.path, file.name)
    return " ".join(message.replace(f"{asked.folder}{os.sep}", "").split())


def _listen(worker: Worker) -> None:
    for message in lines_in(msgspec.json.Decoder(ToPainter)):
        worker.commands.take(message)
    # The server is gone, however that came: the checkpoint is on disk.
    os._exit(0)


def main() -> None:
    """Paint what stdin asks for, until it ends."""
    tell = protected_stdout()
    logging.getLogger("impasto").setLevel(logging.INFO)
    if hasattr(os, "nice"):
        os.nice(3)  # the page answers first; nothing is lost where nobody else computes
    device, sharers = sys.argv[1:3] or ("auto", "1")
    worker = Worker(tell, cast(Device, device), int(sharers))
    threading.Thread(target=_listen, args=(worker,), daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main()
