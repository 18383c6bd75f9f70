"""Jobs over HTTP: queueing them, what is done with them, and what they have made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from impasto.studio.answers import answer, fault, file, missing
from impasto.studio.asked import Asked, FieldError, check_asked, check_change
from impasto.studio.folder import new_id
from impasto.studio.job import Job
from impasto.studio.looks import looks
from impasto.studio.messages import Carried, Crop, Film, Sheet
from impasto.studio.places import PREVIEW, frames, step_picture
from impasto.studio.posted import PostedAgain, PostedChange, PostedJob, PostedStep
from impasto.studio.studio import Studio

_MOST_CROP_PX = 2048


def routes(studio: Studio) -> APIRouter:
    """Return the routes of jobs."""
    router = APIRouter(prefix="/api", tags=["jobs"])
    queue, pictures = studio.queue, studio.pictures

    def _job(id: str) -> Job:
        found = queue.jobs.get(id)
        if found is None:
            raise missing("job")
        return found

    def _told(job: Job, status: int = 200) -> Response:
        return answer(queue.view(job), status)

    async def _add(asked: Asked) -> Response:
        check_asked(asked, pictures.known)
        return _told(await queue.add(asked), 201)

    @router.get("/jobs")
    async def jobs() -> Response:
        """All jobs, the newest first."""
        return answer({"jobs": queue.views()})

    @router.post("/jobs", status_code=201)
    async def paint(posted: PostedJob) -> Response:
        """Queue a job."""
        return await _add(posted.asked())

    @router.post("/looks", status_code=201)
    async def four_looks(posted: PostedJob) -> Response:
        """Queue four small variants of a job, side by side."""
        asked = posted.asked()
        check_asked(asked, pictures.known)
        variants, group = looks(asked), new_id()
        queue.check_room(len(variants))
        found = [await queue.add(one, group=group, look=look) for look, one in variants]
        return answer({"group": group, "jobs": [queue.view(job) for job in found]}, 201)

    @router.get("/jobs/{id}")
    async def job(id: str) -> Response:
        """One job, with its losses."""
        return _told(_job(id))

    @router.delete("/jobs/{id}", status_code=204)
    async def throw_away(id: str) -> Response:
        """Move a job that has ended into the folder's trash."""
        await queue.remove(_job(id))
        return Response(status_code=204)

    @router.post("/jobs/{id}/pause")
    async def pause(id: str) -> Response:
        """Hold a job where it is."""
        queue.pause(_job(id))
        return _told(_job(id))

    @router.post("/jobs/{id}/go")
    async def go(id: str) -> Response:
        """Go on with a job that is held, or was stopped before its end."""
        queue.go(_job(id))
        return _told(_job(id))

    @router.post("/jobs/{id}/stop")
    async def stop(id: str) -> Response:
        """End a job and keep what was painted."""
        queue.stop_job(_job(id))
        return _told(_job(id))

    @router.post("/jobs/{id}/cancel")
    async def cancel(id: str) -> Response:
        """End a job; the same again changes nothing."""
        queue.cancel(_job(id))
        return _told(_job(id))

    @router.post("/jobs/{id}/change")
    async def change(id: str, posted: PostedChange) -> Response:
        """Paint on by other settings."""
        found = _job(id)
        protects = "protect" in posted.model_fields_set
        if posted.protect is not None and posted.protect not in pictures.known:
            raise FieldError("there is no such picture to protect by", "protect")
        check_change(posted.options, found.asked)
        queue.change(found, posted.options, posted.protect, protects)
        return _told(found)

    @router.post("/jobs/{id}/back")
    async def back(id: str, posted: PostedStep) -> Response:
        """Go on from an earlier step."""
        queue.back(_job(id), posted.n)
        return _told(_job(id))

    @router.post("/jobs/{id}/again", status_code=201)
    async def again(id: str, posted: PostedAgain) -> Response:
        """Queue the same job anew, with other options where some are given."""
        asked = _job(id).asked
        changed = msgspec.structs.replace(asked, options={**asked.options, **posted.options})
        return await _add(changed)

    @router.get("/jobs/{id}/preview")
    async def preview(id: str, n: int = 0) -> Response:
        """The newest picture of a job, of at most 900 px."""
        return file(queue.place(_job(id)) / PREVIEW)

    @router.get("/jobs/{id}/steps/{n}")
    async def step(id: str, n: int) -> Response:
        """The picture of a step that can be gone back to."""
        return file(step_picture(queue.place(_job(id)), n))

    @router.get("/jobs/{id}/result")
    async def result(id: str, view: bool = False) -> Response:
        """The finished picture: the file itself, to save, or to look at."""
        found = _job(id)
        path = queue.place(found) / found.file
        return file(path, name=None if view else found.file)

    @router.get("/jobs/{id}/recipe")
    async def recipe(id: str) -> Response:
        """The recipe that the finished picture carries."""
        found = _job(id)
        path = queue.place(found) / found.file
        done = await studio.reader.ask(Carried(0, str(_there(path))))
        if done.recipe is None:
            raise missing("recipe")
        name = f"{Path(found.file).stem}.json"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(done.recipe, 200, headers, "application/json")

    @router.get("/jobs/{id}/timelapse")
    async def timelapse(id: str) -> Response:
        """A film of the run, as an animated WebP."""
        found = _job(id)
        place = queue.place(found)
        shown = [str(frame) for frame in frames(place)]
        if not shown:
            raise missing("film")
        made = place / "timelapse.webp"
        if not _is_newer(made, Path(shown[-1])):
            done = await studio.reader.ask(Film(0, shown, str(made)))
            if done.fault:
                return fault(422, done.fault)
        return file(made, name=f"{Path(found.file).stem}.webp")

    @router.get("/jobs/{id}/sheet")
    async def sheet(id: str) -> Response:
        """A contact sheet: what went in, and how the picture came."""
        found = _job(id)
        place = queue.place(found)
        shown = frames(place)
        if not shown:
            raise missing("sheet")
        made = place / "sheet.png"
        if not _is_newer(made, shown[-1]):
            done = await studio.reader.ask(Sheet(0, _sheet_of(found, shown), str(made)))
            if done.fault:
                return fault(422, done.fault)
        return file(made, name=f"{Path(found.file).stem}-sheet.png")

    @router.get("/jobs/{id}/crop")
    async def crop(
        id: str,
        x: Annotated[int, Query(ge=0)] = 0,
        y: Annotated[int, Query(ge=0)] = 0,
        w: Annotated[int, Query(ge=1, le=_MOST_CROP_PX)] = 512,
        h: Annotated[int, Query(ge=1, le=_MOST_CROP_PX)] = 512,
        of: str = "result",
    ) -> Response:
        """Real pixels of the result, or of the photograph (`of=content`)."""
        found = _job(id)
        scratch = studio.folder.scratch
        if of == "content" and found.asked.content in pictures.known:
            assert found.asked.content is not None
            path = pictures.original(found.asked.content)
            unpacked = scratch / f"{found.asked.content}.npy"
        else:
            path = _there(queue.place(found) / found.file)
            unpacked = scratch / f"{found.id}-{path.stat().st_mtime_ns}.npy"
        made = scratch / f"{new_id()}.png"
        done = await studio.reader.ask(Crop(0, str(path), str(unpacked), str(made), (x, y, w, h)))
        if done.fault:
            return fault(422, done.fault)
        data = made.read_bytes()
        made.unlink()
        return Response(data, 200, media_type="image/png")

    def _sheet_of(job: Job, shown: list[Path]) -> list[tuple[str, str]]:
        ids = [job.asked.content, *(style.picture for style in job.asked.styles)]
        sources = [
            (str(pictures.shown(id_, 400)), pictures.known[id_].name)
            for id_ in ids
            if id_ in pictures.known and id_ is not None
        ]
        wanted = min(8, len(shown))
        picked = [shown[round(n * (len(shown) - 1) / max(1, wanted - 1))] for n in range(wanted)]
        return [*sources, *((str(path), f"evaluation {path.stem}") for path in picked)]

    return router


def _there(path: Path) -> Path:
    if not path.is_file():
        raise missing("result yet")
    return path


def _is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime_ns >= source.stat().st_mtime_ns
