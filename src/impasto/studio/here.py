"""What routes are handed: the studio, and the job that a path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from impasto.studio.answers import missing
from impasto.studio.job import Job
from impasto.studio.studio import Studio


def _studio(request: Request) -> Studio:
    found: Studio = request.app.state.studio
    return found


Here = Annotated[Studio, Depends(_studio)]


def _job(studio: Here, id: str) -> Job:
    found = studio.queue.jobs.get(id)
    if found is None:
        raise missing("job")
    return found


HereJob = Annotated[Job, Depends(_job)]
