"""What jobs have made, over HTTP: previews, the picture, its pixels, its recipe, its film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from impasto.studio.answers import fault, file, missing, small_file
from impasto.studio.folder import new_id
from impasto.studio.here import Here, HereJob
from impasto.studio.job import Job
from impasto.studio.studio import Studio
from impasto.workshop.messages import Carried, Crop, Film, Sheet
from impasto.workshop.places import PREVIEW, frames, step_picture

router = APIRouter(prefix="/api/jobs/{id}", tags=["what jobs made"])

_MOST_CROP_PX = 2048
_SHEET_PICTURES = 8

_Start = Annotated[int, Query(ge=0, le=100_000)]
_Side = Annotated[int, Query(ge=1, le=_MOST_CROP_PX)]


@router.get("/preview")
async def preview(studio: Here, job: HereJob, n: int = 0) -> Response:
    """Send the newest picture of a job, of at most 900 px; `n` is any number, against caches."""
    return small_file(studio.queue.place(job) / PREVIEW, "image/jpeg")


@router.get("/steps/{n}")
async def step(studio: Here, job: HereJob, n: int) -> Response:
    """Send the picture of a step that can be gone back to."""
    return small_file(step_picture(studio.queue.place(job), n), "image/jpeg")


@router.get("/result")
async def result(studio: Here, job: HereJob, view: bool = False) -> Response:
    """Send the finished picture, the file itself: to save, or to `view`."""
    return file(studio.queue.place(job) / job.file, name=None if view else job.file)


@router.get("/recipe")
async def recipe(studio: Here, job: HereJob) -> Response:
    """Send the recipe that the finished picture carries."""
    found = await studio.reader.ask(Carried(0, str(_result(studio, job))))
    if found.recipe is None:
        raise missing("recipe")
    headers = {"content-disposition": f'attachment; filename="{Path(job.file).stem}.json"'}
    return Response(found.recipe, 200, headers, "application/json")


@router.get("/timelapse")
async def timelapse(studio: Here, job: HereJob, view: bool = False) -> Response:
    """Send a film of the run, an animated WebP."""
    place = studio.queue.place(job)
    made = place / "timelapse.webp"
    shown = frames(place)
    request = Film(0, [str(path) for path in shown], str(made))
    return await _made(studio, shown, made, request, _name(job, view, ".webp"))


@router.get("/sheet")
async def sheet(studio: Here, job: HereJob, view: bool = False) -> Response:
    """Send a contact sheet: what went in, and how the picture came."""
    place = studio.queue.place(job)
    made = place / "sheet.png"
    shown = frames(place)
    request = Sheet(0, [*_sources(studio, job), *_picked(shown)], str(made))
    return await _made(studio, shown, made, request, _name(job, view, "-sheet.png"))


@router.get("/crop")
async def crop(
    studio: Here,
    job: HereJob,
    x: _Start = 0,
    y: _Start = 0,
    w: _Side = 512,
    h: _Side = 512,
    of: Literal["result", "content"] = "result",
) -> Response:
    """Send real pixels of the result, or of the photograph, as a PNG."""
    scratch = studio.folder.scratch
    if of == "content" and job.asked.content is not None:
        path, key = studio.pictures.original(job.asked.content), job.asked.content
    else:
        path = _result(studio, job)
        key = f"{job.id}-{path.stat().st_mtime_ns}"
    made = scratch / f"{new_id()}.png"
    request = Crop(0, str(path), str(scratch / f"{key}.npy"), str(made), (x, y, w, h))
    found = await studio.reader.ask(request)
    if found.fault:
        return fault(422, found.fault)
    pixels = made.read_bytes()
    made.unlink()
    return Response(pixels, 200, media_type="image/png")


def _result(studio: Studio, job: Job) -> Path:
    path = studio.queue.place(job) / job.file
    if not path.is_file():
        raise missing("result yet")
    return path


async def _made(
    studio: Studio, shown: list[Path], made: Path, request: Any, name: str | None
) -> Response:
    """Send what is made of a film's pictures, anew where there are newer ones."""
    if not shown:
        raise missing("picture of this job yet")
    if not made.exists() or made.stat().st_mtime_ns < shown[-1].stat().st_mtime_ns:
        found = await studio.reader.ask(request)
        if found.fault:
            return fault(422, found.fault)
    return file(made, name=name)


def _sources(studio: Studio, job: Job) -> list[tuple[str, str]]:
    """Return the pictures that went in, with their names."""
    pictures = studio.pictures
    ids = [job.asked.content, *(style.picture for style in job.asked.styles)]
    return [
        (str(pictures.shown(id_, 400)), pictures.known[id_].name)
        for id_ in ids
        if id_ is not None and id_ in pictures.known
    ]


def _picked(shown: list[Path]) -> list[tuple[str, str]]:
    """Return some of a film's pictures, evenly, the last among them."""
    count = min(_SHEET_PICTURES, len(shown))
    numbers = [round((n + 1) * len(shown) / count) - 1 for n in range(count)]
    return [(str(shown[n]), f"evaluation {shown[n].stem}") for n in numbers]


def _name(job: Job, view: bool, ending: str) -> str | None:
    return None if view else f"{Path(job.file).stem}{ending}"
