"""A worker of a cluster: what it is handed, what it hands back. Runs on whichever machine."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.batch.checking import Failure, failure_of
from impasto.batch.item import Item
from impasto.batch.worker import Worker, Written
from impasto.errors import OutputError
from impasto.jobs.job import Done
from impasto.settings.resources import Resources


@dataclass(frozen=True, kw_only=True)
class Task:
    """A picture for a worker: it writes it where it goes, or sends it back as a file's bytes."""

    item: Item
    written: Written
    replaces: bool
    was_begun: bool
    sends_back: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a picture: it is there, or why not, or why none can be written."""

    done: Done | None = None
    failure: Failure | None = None
    unwritable: str = ""
    data: bytes = b""


def anywhere(item: Item) -> Item:
    """Return a picture whose files are named from the root, for workers in other folders."""
    inputs, settings = item.inputs, item.settings
    absolute = {
        name: path.absolute()
        for name in ("content", "regions", "protect")
        if (path := getattr(inputs, name)) is not None
    }
    named = {
        name: os.path.abspath(text)
        for name in ("init", "weights")
        if os.path.isfile(text := getattr(settings, name))
    }
    return replace(
        item,
        output=item.output.absolute(),
        inputs=replace(
            inputs,
            styles=tuple(style.absolute() for style in inputs.styles),
            style_regions=tuple(map(_named_from_root, inputs.style_regions)),
            **absolute,
        ),
        settings=replace(settings, **named),
    )


def _named_from_root(text: str) -> str:
    return os.path.abspath(text) if os.path.isfile(text) else text


class RemoteWorker:
    """Paints what it is handed by so many threads, in its share of a machine's memory."""

    def __init__(self, threads: int, share: float) -> None:
        self._worker, self._threads = Worker(share), threads

    def ready(self) -> bool:
        """Say that the worker is there."""
        return True

    def paint(self, task: Task) -> Report:
        """Paint a picture; whatever goes wrong is reported, not raised."""
        try:
            if task.sends_back:
                return self._sent_back(task)
            return Report(done=self._painted(task))
        except OutputError as fault:
            notes = getattr(fault, "__notes__", ())
            return Report(unwritable="; ".join((str(fault), *notes)))
        except Exception as fault:
            return Report(failure=failure_of(task.item, fault))

    def _sent_back(self, task: Task) -> Report:
        with tempfile.TemporaryDirectory(prefix="impasto-") as folder:
            output = Path(folder) / task.item.output.name
            item = replace(task.item, output=output)
            done = self._painted(replace(task, item=item, replaces=True, was_begun=False))
            return Report(done=replace(done, path=task.item.output), data=done.path.read_bytes())

    def _painted(self, task: Task) -> Done:
        item = replace(task.item, resources=self._own(task.item.resources))
        outputs = task.written.outputs(item, replaces=task.replaces)
        return self._worker.paint(item, outputs, was_begun=task.was_begun)

    def _own(self, resources: Resources) -> Resources:
        """Return resources that leave the machine's other workers their threads."""
        threads = self._threads if resources.threads == "auto" else resources.threads
        return replace(resources, threads=threads)
