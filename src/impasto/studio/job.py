"""A job: what was asked for, how far it is, and what the interface says of it."""

from __future__ import annotations

import math
import re
import time
import unicodedata
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from impasto.studio.asked import Asked
from impasto.studio.wording import plainly
from impasto.workshop.messages import (
    Began,
    Change,
    Changed,
    Ended,
    Go,
    Kept,
    KeptStep,
    Noted,
    Obeyed,
    Pause,
    Progress,
    Wanted,
    WentBack,
)

State = Literal[
    "queued", "running", "paused", "interrupted", "done", "stopped", "cancelled", "failed"
]
ENDED = ("done", "stopped", "cancelled", "failed")
WAITING = ("queued", "interrupted")

_POINTS = 400
_NOTES = 50

Row = tuple[int, float, float, float]


class Job(Struct, kw_only=True):
    """All of a job that outlives the server."""

    id: str
    number: int  # in the order they came
    title: str
    file: str  # the result's name
    asked: Asked
    group: str | None = None
    look: dict[str, Any] | None = None
    state: State = "queued"
    wish: Literal["stop", "cancel"] | None = None  # that the painter has not answered yet
    held: bool = False  # paused in the painter's memory, not on disk alone
    attempts: int = 0  # that ended with the painter's death
    first: bool = False  # before others that wait
    wanted: list[Wanted] = []  # that no painter has heard of yet
    kind: str | None = None  # of the device that it was begun on
    device: str | None = None  # where it is painted, if there are several
    created: float
    started: float | None = None
    ended: float | None = None
    progress: dict[str, Any] | None = None
    losses: list[Row] = []
    stride: int = 1
    changes: list[dict[str, Any]] = []
    brought: list[str] = []  # pictures that changes named
    steps: list[KeptStep] = []
    size: tuple[int, int] | None = None  # width, height
    error: dict[str, Any] | None = None
    notes: list[str] = []
    preview: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in ENDED

    @property
    def pictures(self) -> list[str]:
        """All pictures that it was asked of, or changed by."""
        return [*(id_ for _, id_ in self.asked.pictures), *self.brought]

    @property
    def waits(self) -> bool:
        """Whether it is in the queue."""
        return self.state in WAITING

    def begin(self) -> None:
        """Take in that it is painted."""
        self.state, self.first = "running", False
        self.started = self.started or now()

    def wait(self, state: Literal["queued", "interrupted"]) -> None:
        """Put it into the queue, before others that wait."""
        self.state, self.first, self.held = state, True, False
        self.ended = self.error = None

    def leave(self) -> None:
        """Take in that it has left its painter: what that had not heard of is wanted still."""
        held = [one for one in self.wanted if isinstance(one, Pause | Go)]
        self.wanted = [one for one in self.wanted if one not in held]
        if not held or self.wish is not None:
            return
        if isinstance(held[-1], Go):
            self.wait("queued")
        elif not self.is_over:
            self.state = "paused"

    def end(self, state: State) -> None:
        """Take in that it is over."""
        self.state, self.ended, self.held, self.wish = state, now(), False, None
        if any(isinstance(one, Change) for one in self.wanted):
            self.note("what was changed last came too late")
        self.wanted = []

    def note(self, text: str) -> None:
        """Keep something to tell the person."""
        text = plainly(text)
        if text not in self.notes:
            self.notes = [*self.notes, text][-_NOTES:]

    def fail(self, message: str, code: int) -> None:
        """Take in that it cannot be painted."""
        self.error = {"message": plainly(message), "code": code}
        self.end("failed")

    def hear(self, message: Any) -> None:
        """Take in what the painter says of it, while it is painted."""
        match message:
            case Progress():
                self._see(message)
            case Began():
                self.size = message.size[1], message.size[0]
                self._forget_after(message.evaluations)
            case WentBack():
                self._forget_after(message.n)
                self._go_back(message.n)
            case Kept():
                self.steps = message.steps
            case Noted():
                self.note(message.text)
            case Obeyed():
                self.wanted = [one for one in self.wanted if one.number != message.number]
            case Changed():
                self._change(_change(message))

    def close(self, message: Ended) -> None:
        """Take in how the painting of it ended."""
        if message.size is not None:
            self.size = message.size[1], message.size[0]
        match message.how:
            case "parked":
                self.state, self.held = "paused" if self.held else "interrupted", False
                self.leave()
            case "stopped":
                self.end("cancelled" if self.wish == "cancel" else "stopped")
            case "failed":
                self.fail(message.message, message.code)
            case _:
                self.progress = {**(self.progress or {}), "fraction": 1.0, "seconds_left": 0.0}
                self.end("done")

    def _see(self, told: Progress) -> None:
        self.preview = told.preview
        names = [name for name in told.__struct_fields__ if name not in _APART]
        self.progress = {name: getattr(told, name) for name in names}
        for row in told.losses:
            self._add(row)

    def _add(self, row: Row) -> None:
        """Keep every so manyth point of the curve, fewer the longer it gets, and the last."""
        if self.losses and row[0] <= self.losses[-1][0]:
            return
        if self.losses and not self._is_due(self.losses[-1]):
            self.losses.pop()
        if len(self.losses) >= _POINTS - 1:
            self.stride *= 2
            self.losses = [one for one in self.losses if self._is_due(one)]
        # JSON knows no numbers that are none.
        self.losses.append((row[0], *map(_finite, row[1:])))  # type: ignore[arg-type]

    def _is_due(self, row: Row) -> bool:
        return (row[0] - 1) % self.stride == 0

    def _change(self, made: dict[str, Any]) -> None:
        """Add a change; two at one place are one, as in the recipe."""
        earlier = self.changes
        if earlier and earlier[-1]["evaluations"] == made["evaluations"]:
            *earlier, last = earlier
            made = {**last, **made, "options": {**last["options"], **made["options"]}}
        self.changes = [*earlier, made]

    def _go_back(self, n: int) -> None:
        """Be as far as an earlier step was."""
        for step in self.steps:
            if step.n == n and self.progress is not None:
                names = ("level", "iteration", "width", "height")
                at = {name: getattr(step, name) for name in names}
                self.progress = {**self.progress, **at, "evaluations": n}

    def _forget_after(self, evaluations: int) -> None:
        """Drop what was seen after an evaluation, which will be seen again or never."""
        self.losses = [row for row in self.losses if row[0] <= evaluations]
        self.changes = [one for one in self.changes if one["evaluations"] <= evaluations]
        self.steps = [step for step in self.steps if step.n <= evaluations]


_APART = ("job", "losses", "preview")  # of what is told of how far a job is


def _finite(number: float) -> float:
    return number if math.isfinite(number) else 0.0


def _change(message: Changed) -> dict[str, Any]:
    made = {
        "level": message.level,
        "iteration": message.iteration,
        "evaluations": message.evaluations,
        "options": message.options,
    }
    return {**made, "protect": message.protect_id} if message.protects else made


_OUR_OWN = ("number", "file", "held", "attempts", "first", "stride", "brought", "wanted", "kind")
_TOLD = [name for name in Job.__struct_fields__ if name not in _OUR_OWN]


def now() -> float:
    """Return the time of day, for people: nothing is reckoned by it."""
    return time.time()


def view(job: Job, position: int | None, place: Path) -> dict[str, Any]:
    """Return what the interface says of a job."""
    here = f"/api/jobs/{job.id}"
    has_result = (place / job.file).exists()
    return {
        **{name: getattr(job, name) for name in _TOLD},
        "position": position,
        "files": {
            "result": f"{here}/result" if has_result else None,
            "recipe": f"{here}/recipe" if has_result else None,
            "timelapse": f"{here}/timelapse" if job.preview else None,
            "sheet": f"{here}/sheet" if job.preview else None,
        },
    }


def short_view(job: Job, position: int | None, place: Path) -> dict[str, Any]:
    """Return what an event says of a job: of its losses the last alone."""
    found = view(job, position, place)
    del found["asked"], found["losses"]
    return {**found, "loss": job.losses[-1] if job.losses else None}


def file_name(title: str) -> str:
    """Return a result's file name: plain letters of a title, which is a stranger's text."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")[:60]
    # No name of ours begins with what Windows keeps for devices.
    return f"impasto-{slug}.png" if slug else "impasto.png"
