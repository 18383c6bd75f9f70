"""The page itself, what is known of the studio, and all that happens in it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

import impasto
from impasto.studio.answers import answer, fault, missing, small_file
from impasto.studio.event_stream import EventStream
from impasto.studio.form import form
from impasto.studio.here import Here
from impasto.studio.painter import device_view
from impasto.studio.reference import reference
from impasto.studio.told import ToldOptions, ToldStudio

router = APIRouter()

PAGE = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_CONTROLS = form()


@router.get("/", include_in_schema=False)
async def index() -> Response:
    """Send the page."""
    return _page_file("index.html")


@router.get("/page/{path:path}", include_in_schema=False)
async def part_of_the_page(path: str) -> Response:
    """Send one of the page's own files."""
    return _page_file(path)


@router.get("/favicon.ico", include_in_schema=False)
async def icon() -> Response:
    """Send what browsers ask for unasked."""
    return _page_file("icon.svg")


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """Send the interface's reference."""
    return HTMLResponse(reference(request.app.openapi()))


@router.get("/api/about", tags=["studio"], response_model=ToldStudio)
async def about(studio: Here) -> Response:
    """Tell what this studio is, and what it lets in; `ready` when its network is loaded."""
    devices, limits = [device_view(one) for one in studio.queue.crew.painters], studio.limits
    return answer(
        {
            "version": impasto.__version__,
            "ready": all(device["ready"] for device in devices),
            "devices": devices,
            "folder": str(studio.folder.path),
            "limits": {
                "upload_bytes": limits.upload_bytes,
                "pixels": limits.pixels,
                "queue": limits.queue,
            },
        }
    )


@router.get("/api/options", tags=["studio"], response_model=ToldOptions)
async def options() -> Response:
    """List every option in its group, and the presets."""
    return answer(_CONTROLS)


@router.get("/api/events", tags=["studio"])
async def events(studio: Here) -> Response:
    """Stream all that happens to jobs, as server-sent events: `job` and `removed`."""
    watcher = studio.watchers.join()
    if watcher is None:
        return fault(503, "too many pages watch; close some")
    studio.queue.tell_all(watcher)
    return EventStream(watcher, studio.watchers)


def _page_file(path: str) -> Response:
    """Send a file of the page that is there by exactly this name, no other."""
    there = {one.relative_to(PAGE).as_posix(): one for one in PAGE.rglob("*") if one.is_file()}
    if path not in there or there[path].suffix not in _TYPES:
        raise missing("page")
    return small_file(there[path], _TYPES[there[path].suffix])
