"""What the interface answers, as its own documentation shows it; a test holds answers to it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from impasto.studio.job import State


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ToldFault(BaseModel):
    """What cannot be: one sentence, and where it lies in what was posted."""

    detail: str
    field: str | None = None


class ToldStyle(_Told):
    """A style of a job."""

    picture: str
    weight: float
    scale: float
    regions: str | None


class ToldAsked(_Told):
    """What a job was asked for."""

    content: str | None
    styles: list[ToldStyle]
    regions: str | None
    protect: str | None
    options: dict[str, Any]
    preset: str
    title: str


class ToldProgress(_Told):
    """How far a job is; levels and iterations count from 1."""

    level: int
    levels: int
    iteration: int
    iterations: int
    fraction: float = Field(description="0 to 1, of the whole run")
    seconds_left: float
    evaluations: int
    width: int
    height: int


class ToldStep(_Told):
    """A step that may be gone back to, after `n` evaluations."""

    n: int
    level: int
    iteration: int
    width: int
    height: int


class ToldChange(_Told):
    """What was changed after an evaluation."""

    level: int
    iteration: int
    evaluations: int
    options: dict[str, Any]
    protect: str | None = None


class ToldFiles(_Told):
    """Where what a job made can be had, null for what is not there."""

    result: str | None
    recipe: str | None
    timelapse: str | None
    sheet: str | None


class ToldError(_Told):
    """Why a job could not be painted; the code is the command line's."""

    message: str
    code: int


class ToldJob(_Told):
    """A job; in a list those that are over come without their losses."""

    id: str
    title: str
    asked: ToldAsked
    group: str | None = Field(description="that four looks have in common")
    look: dict[str, Any] | None
    state: State
    wish: str | None = Field(description="stop or cancel, which the painter has not answered yet")
    device: str | None = Field(description="where it is painted, if there are several devices")
    created: float = Field(description="seconds since 1970, as all times")
    started: float | None
    ended: float | None
    progress: ToldProgress | None
    losses: list[tuple[int, float, float, float]] | None = Field(
        None, description="rows of evaluation, total, content and style"
    )
    changes: list[ToldChange]
    steps: list[ToldStep]
    size: tuple[int, int] | None = Field(description="width and height of the result")
    error: ToldError | None
    notes: list[str]
    preview: int = Field(description="another number for each new preview, 0 before the first")
    position: int | None = Field(description="in the queue; null for what does not wait")
    files: ToldFiles


class ToldJobs(_Told):
    """All jobs, the newest first."""

    jobs: list[ToldJob]


class ToldLooks(_Told):
    """Four looks."""

    group: str
    jobs: list[ToldJob]


class ToldPicture(_Told):
    """A picture; a "map" has flat colours that must not be mixed."""

    id: str
    name: str
    width: int
    height: int
    kind: str


class ToldRecipe(_Told):
    """The recipe that a picture carries: options, its pictures that are here, names of others."""

    options: dict[str, Any]
    content: str | None
    styles: list[dict[str, Any]]
    regions: str | None
    protect: str | None
    missing: list[str]


class ToldUpload(ToldPicture):
    """A picture that was handed in."""

    recipe: ToldRecipe | None


class ToldExample(ToldPicture):
    """A picture that comes with impasto; `role` is content or style."""

    role: str
    picture: str


class ToldDevice(_Told):
    """Where a painter paints; `ready` when its network is loaded."""

    device: str
    ready: bool
    name: str | None
    threads: int | None


class ToldLimits(_Told):
    """What is let in."""

    upload_bytes: int
    pixels: int
    queue: int


class ToldStudio(_Told):
    """What a studio is."""

    version: str
    ready: bool
    devices: list[ToldDevice]
    folder: str
    limits: ToldLimits


class ToldOption(_Told):
    """An option and its control."""

    name: str
    label: str
    flag: str
    kind: str
    default: Any
    low: float | None
    high: float | None
    unit: str
    choices: list[str]
    words: list[str]
    help: str
    main: bool
    live: bool = Field(description="may change while a job is painted")


class ToldGroup(_Told):
    """Options under one heading."""

    name: str
    options: list[ToldOption]


class ToldPreset(_Told):
    """A preset and what differs in it from the defaults."""

    name: str
    description: str
    options: dict[str, Any]


class ToldOptions(_Told):
    """Every option in its group, and the presets."""

    groups: list[ToldGroup]
    presets: list[ToldPreset]
