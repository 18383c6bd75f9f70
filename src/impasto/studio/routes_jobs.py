"""Jobs over HTTP: queueing them, and what is done with them."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from impasto.studio.answers import answer
from impasto.studio.asked import Asked, FieldError, check_asked, check_change
from impasto.studio.fit import check_fit
from impasto.studio.folder import new_id
from impasto.studio.here import Here, HereJob
from impasto.studio.job import Job
from impasto.studio.looks import looks
from impasto.studio.posted import PostedAgain, PostedChange, PostedJob, PostedStep
from impasto.studio.queue import New
from impasto.studio.studio import Studio
from impasto.studio.told import ToldJob, ToldJobs, ToldLooks

router = APIRouter(prefix="/api", tags=["jobs"])


@router.get("/jobs", response_model=ToldJobs)
async def list_jobs(studio: Here) -> Response:
    """List all jobs, the newest first."""
    return answer({"jobs": studio.queue.views()})


@router.post("/jobs", status_code=201, response_model=ToldJob)
async def paint(studio: Here, posted: PostedJob) -> Response:
    """Queue a job."""
    return await _added(studio, posted.asked())


@router.post("/looks", status_code=201, response_model=ToldLooks)
async def four_looks(studio: Here, posted: PostedJob) -> Response:
    """Queue four small variants of a job, to be seen side by side."""
    queue, asked = studio.queue, posted.asked()
    _check(studio, asked)
    variants, group = looks(asked), new_id()
    found = await queue.add(*(New(one, group, look) for look, one in variants))
    return answer({"group": group, "jobs": [queue.view(job) for job in found]}, 201)


@router.get("/jobs/{id}", response_model=ToldJob)
async def show_job(studio: Here, job: HereJob) -> Response:
    """Show a job, with its losses."""
    return _told(studio, job)


@router.delete("/jobs/{id}", status_code=204)
async def throw_away(studio: Here, job: HereJob) -> Response:
    """Move a job that has ended into the folder's trash."""
    await studio.queue.remove(job)
    return Response(status_code=204)


@router.post("/jobs/{id}/pause", response_model=ToldJob)
async def pause(studio: Here, job: HereJob) -> Response:
    """Hold a job where it is."""
    await studio.queue.pause(job)
    return _told(studio, job)


@router.post("/jobs/{id}/go", response_model=ToldJob)
async def go_on(studio: Here, job: HereJob) -> Response:
    """Go on with a job that is held, or that was stopped before its end."""
    await studio.queue.go(job)
    return _told(studio, job)


@router.post("/jobs/{id}/stop", response_model=ToldJob)
async def stop(studio: Here, job: HereJob) -> Response:
    """End a job and keep what was painted."""
    studio.queue.end(job, "stop")
    return _told(studio, job)


@router.post("/jobs/{id}/cancel", response_model=ToldJob)
async def cancel(studio: Here, job: HereJob) -> Response:
    """End a job; to ask again changes nothing."""
    studio.queue.end(job, "cancel")
    return _told(studio, job)


@router.post("/jobs/{id}/change", response_model=ToldJob)
async def change(studio: Here, job: HereJob, posted: PostedChange) -> Response:
    """Paint on by other settings."""
    protect = posted.protect
    if protect is not None and protect not in studio.pictures.known:
        raise FieldError("there is no such picture to protect by", "protect")
    settings = check_change(posted.options, job.asked)
    if all(id_ in studio.pictures.known for _, id_ in job.asked.pictures):
        check_fit(job.asked, settings, studio.pictures.known)
    protects = "protect" in posted.model_fields_set
    await studio.queue.change(job, posted.options, protects, protect)
    return _told(studio, job)


@router.post("/jobs/{id}/back", response_model=ToldJob)
async def go_back(studio: Here, job: HereJob, posted: PostedStep) -> Response:
    """Go on from an earlier step; what was painted after it is forgotten."""
    await studio.queue.back(job, posted.n)
    return _told(studio, job)


@router.post("/jobs/{id}/again", status_code=201, response_model=ToldJob)
async def paint_again(studio: Here, job: HereJob, posted: PostedAgain) -> Response:
    """Queue the same job anew, with other options where some are given."""
    options = {**job.asked.options, **posted.options}
    return await _added(studio, msgspec.structs.replace(job.asked, options=options))


async def _added(studio: Studio, asked: Asked) -> Response:
    _check(studio, asked)
    [job] = await studio.queue.add(New(asked))
    return _told(studio, job, 201)


def _check(studio: Studio, asked: Asked) -> None:
    """Raise FieldError for what cannot be painted."""
    known = studio.pictures.known
    check_fit(asked, check_asked(asked, known), known)


def _told(studio: Studio, job: Job, status: int = 200) -> Response:
    return answer(studio.queue.view(job), status)
