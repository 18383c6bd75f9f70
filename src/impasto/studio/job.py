"""A job: what was asked for, how far it is, and how that stands on disk and in the interface."""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from impasto.files import replacing
from impasto.studio.asked import Asked
from impasto.workshop.messages import Progress

State = Literal[
    "queued", "running", "paused", "interrupted", "done", "stopped", "cancelled", "failed"
]
ENDED = ("done", "stopped", "cancelled", "failed")
WAITING = ("queued", "interrupted")

_POINTS = 400
_NOTES = 50


class Job(Struct, kw_only=True):
    """All of a job that outlives the server; `job.json` in its folder."""

    id: str
    number: int  # in the order they came
    title: str
    file: str  # the result's name
    asked: Asked
    group: str | None = None
    look: dict[str, Any] | None = None
    state: State = "queued"
    wish: Literal["stop", "cancel"] | None = None  # that the painter has not answered yet
    held: bool = False  # paused in the painter's memory, not on disk
    attempts: int = 0  # that ended with the painter's death
    first: bool = False  # before others that wait
    created: float
    started: float | None = None
    ended: float | None = None
    progress: dict[str, Any] | None = None
    losses: list[tuple[int, float, float, float]] = []
    stride: int = 1
    changes: list[dict[str, Any]] = []
    brought: list[str] = []  # pictures that changes named
    steps: list[tuple[int, int, int]] = []
    size: tuple[int, int] | None = None  # width, height
    error: dict[str, Any] | None = None
    notes: list[str] = []
    preview: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in ENDED

    def see(self, told: Progress) -> None:
        """Take in how far it is."""
        self.preview = told.preview
        self.progress = {
            name: getattr(told, name)
            for name in Progress.__struct_fields__
            if name not in ("job", "losses", "preview")
        }
        for row in told.losses:
            self._add(row)

    def note(self, text: str) -> None:
        """Keep a note, once, the newest fifty."""
        if text not in self.notes:
            self.notes = [*self.notes, text][-_NOTES:]

    def forget_after(self, evaluations: int) -> None:
        """Drop what was seen after an evaluation, which will be seen again or never."""
        self.losses = [row for row in self.losses if row[0] <= evaluations]
        self.changes = [one for one in self.changes if one["evaluations"] <= evaluations]
        self.steps = [step for step in self.steps if step[0] <= evaluations]

    def end(self, state: State) -> None:
        """Take in that it is over."""
        self.state, self.ended, self.held, self.wish = state, time.time(), False, None

    def _add(self, row: tuple[int, float, float, float]) -> None:
        """Keep every so manyth point of the curve, fewer the longer it gets, and the last."""
        # Numbers that broke are none in JSON.
        row = tuple(0.0 if number != number else number for number in row)  # type: ignore[assignment]  # noqa: PLR0124
        if self.losses and (self.losses[-1][0] - 1) % self.stride:
            self.losses.pop()
        if len(self.losses) >= _POINTS - 1:
            self.stride *= 2
            self.losses = [one for one in self.losses if (one[0] - 1) % self.stride == 0]
        if not self.losses or row[0] > self.losses[-1][0]:
            self.losses.append(row)


def save_job(job: bytes, place: Path) -> None:
    """Replace a job's file."""
    place.mkdir(exist_ok=True)
    with replacing(place / "job.json") as stream:
        stream.write(job)


def read_job(place: Path) -> Job:
    """Read a job's file; raise ValueError or OSError for what is none."""
    return msgspec.json.decode((place / "job.json").read_bytes(), type=Job)


def view(job: Job, position: int | None, place: Path) -> dict[str, Any]:
    """Return what the interface says of a job."""
    found = {
        name: getattr(job, name)
        for name in (
            "id", "title", "group", "look", "state", "wish", "asked", "created", "started",
            "ended", "progress", "losses", "size", "error", "notes", "preview",
        )
    }  # fmt: skip
    has_result = (place / job.file).exists()
    here = f"/api/jobs/{job.id}"
    return {
        **found,
        "position": position,
        "changes": job.changes,
        "steps": [dict(zip(("n", "level", "iteration"), step, strict=True)) for step in job.steps],
        "files": {
            "result": f"{here}/result" if has_result else None,
            "recipe": f"{here}/recipe" if has_result else None,
            "timelapse": f"{here}/timelapse" if job.preview else None,
            "sheet": f"{here}/sheet" if job.preview else None,
        },
    }


def short_view(job: Job, position: int | None, place: Path) -> dict[str, Any]:
    """Return what an event says of a job: nothing that was said before."""
    found = view(job, position, place)
    del found["asked"], found["losses"]
    return {**found, "loss": job.losses[-1] if job.losses else None}


def file_name(title: str) -> str:
    """Return a result's file name: plain letters of a title, which is a stranger's text."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")[:60]
    # No name of ours begins with what Windows keeps for devices.
    return f"impasto-{slug}.png" if slug else "impasto.png"
