"""What the server and its two helpers say to each other: one JSON object a line. Knows no torch."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class PictureFile(Struct, frozen=True):
    """A picture on disk, and what people call it."""

    path: str
    name: str


class StyleFile(Struct, frozen=True):
    """A style's files: `regions` is a map, a colour as "#rrggbb", or None for every region."""

    picture: PictureFile
    weight: float = 1.0
    scale: float = 1.0
    regions: PictureFile | str | None = None


class KeptStep(Struct, frozen=True):
    """A step that may be gone back to; `n` evaluations were made until then."""

    n: int
    level: int
    iteration: int
    width: int
    height: int


# To the painter.


class Paint(Struct, frozen=True, tag="paint"):
    """Paint a job, from its checkpoint where there is one."""

    job: str
    folder: str
    output: str
    content: PictureFile | None
    styles: list[StyleFile]
    regions: PictureFile | None
    protect: PictureFile | None
    options: dict[str, Any]
    others: list[PictureFile] = []  # that a change brought in
    steps: list[KeptStep] = []  # that were kept of an earlier part of the run
    ends: bool = False  # nothing more is painted: its checkpoint becomes a file


class Pause(Struct, frozen=True, tag="pause"):
    """Hold the job where it is, in memory."""

    job: str
    number: int = 0


class Go(Struct, frozen=True, tag="go"):
    """Go on with a job that is held."""

    job: str
    number: int = 0


class Stop(Struct, frozen=True, tag="stop"):
    """End the job: keep what is there, or park it on disk to go on later."""

    job: str
    park: bool = False


class Change(Struct, frozen=True, tag="change"):
    """Paint on by other settings; `protects` says that `protect` is one of them."""

    job: str
    options: dict[str, Any]
    protects: bool = False
    protect: PictureFile | None = None
    protect_id: str | None = None
    number: int = 0


class Back(Struct, frozen=True, tag="back"):
    """Go on from an earlier step, which is known by its number."""

    job: str
    n: int
    number: int = 0


# What is wanted of a job until the painter says, by its number, that it has heard of it.
Wanted = Pause | Go | Change | Back
ToPainter = Paint | Stop | Wanted

# From the painter.


class Hello(Struct, frozen=True, tag="hello"):
    """The painter is there, its network loaded.

    `others` are the machine's other devices of its kind, as "cuda:1"; `name` is what its own is
    called.
    """

    device: str
    threads: int
    name: str = ""
    others: list[str] = []

    @property
    def label(self) -> str:
        """How its device is told from the others."""
        return f"{self.device}:0" if self.others else self.device


class Obeyed(Struct, frozen=True, tag="obeyed"):
    """What was wanted of a job, by this number, has been heard of."""

    job: str
    number: int


class Began(Struct, frozen=True, tag="began"):
    """Painting begins, after so many evaluations; the result will have this (height, width)."""

    job: str
    evaluations: int
    size: tuple[int, int]


class Progress(Struct, frozen=True, tag="progress"):
    """How far a job is; `losses` are rows of evaluation, all, content and style."""

    job: str
    level: int
    levels: int
    iteration: int
    iterations: int
    fraction: float
    seconds_left: float
    evaluations: int
    width: int
    height: int
    preview: int
    losses: list[tuple[int, float, float, float]] = []


class Kept(Struct, frozen=True, tag="kept"):
    """Which steps may be gone back to."""

    job: str
    steps: list[KeptStep]


class Changed(Struct, frozen=True, tag="changed"):
    """A change was made after an evaluation."""

    job: str
    level: int
    iteration: int
    evaluations: int
    options: dict[str, Any]
    protects: bool = False
    protect_id: str | None = None


class WentBack(Struct, frozen=True, tag="went back"):
    """The job goes on from an earlier step, of this number."""

    job: str
    n: int


class Held(Struct, frozen=True, tag="held"):
    """The job is held or goes on: now, or still, though it was to be parked."""

    job: str
    held: bool


class Noted(Struct, frozen=True, tag="noted"):
    """Something to tell the person about the job."""

    job: str
    text: str


class Ended(Struct, frozen=True, tag="ended"):
    """The job is over: "done", "stopped", "parked" or "failed"; the device is free."""

    job: str
    how: str
    size: tuple[int, int] | None = None  # height, width of the result, where there is one
    message: str = ""
    code: int = 0


FromPainter = Hello | Obeyed | Began | Progress | Kept | Changed | WentBack | Held | Noted | Ended


# To the reader, which looks at pictures, and from it.


class Look(Struct, frozen=True, tag="look"):
    """Read a picture that somebody sent, and make what the page shows of it."""

    number: int
    path: str
    folder: str
    name: str
    max_pixels: int
    rungs: tuple[int, ...]  # long sides of what is made of it


class Whole(Struct, frozen=True, tag="whole"):
    """Write a whole picture as a PNG, as the page shows it."""

    number: int
    path: str
    output: str


class Flat(Struct, frozen=True, tag="flat"):
    """Write a map of flat colours as a PNG of at most such a long side, no colour mixed."""

    number: int
    path: str
    output: str
    long_side: int


class Crop(Struct, frozen=True, tag="crop"):
    """Cut real pixels out of a picture; `unpacked` is where its pixels are kept meanwhile."""

    number: int
    path: str
    unpacked: str
    output: str
    box: tuple[int, int, int, int]  # x, y, width, height


class Film(Struct, frozen=True, tag="film"):
    """Make a film of frames."""

    number: int
    frames: list[str]
    output: str


class Sheet(Struct, frozen=True, tag="sheet"):
    """Make a contact sheet of pictures and their labels."""

    number: int
    pictures: list[tuple[str, str]]
    output: str


class Carried(Struct, frozen=True, tag="carried"):
    """Return the recipe that a picture file carries."""

    number: int
    path: str


ToReader = Look | Whole | Flat | Crop | Film | Sheet | Carried


class Answer(Struct, frozen=True, tag="answer"):
    """What a request came to; `fault` says what was wrong with it, for the person."""

    number: int
    fault: str = ""
    width: int = 0
    height: int = 0
    sha256: str = ""
    kind: str = ""  # of a look: "photo" or "map" (flat colours, or alpha), which PNG is for
    recipe: str | None = None


FromReader = Answer
