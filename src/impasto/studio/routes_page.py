"""The page itself, what is known of the studio, its events, and the interface's own page."""

from __future__ import annotations

import asyncio
import html
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

import impasto
from impasto.studio.answers import answer, fault, file, missing
from impasto.studio.events import Watcher, Watchers
from impasto.studio.form import form
from impasto.studio.studio import Studio

PAGE = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".ico": "image/x-icon",
}
_QUIET_SECONDS = 15.0
_SLOW_SECONDS = 60.0  # that a client may take to take in one event


def routes(studio: Studio, app: FastAPI) -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter()
    controls = form()

    @router.get("/", include_in_schema=False)
    async def index() -> Response:
        return _page_file("index.html")

    @router.get("/page/{path:path}", include_in_schema=False)
    async def page(path: str) -> Response:
        return _page_file(path)

    @router.get("/favicon.ico", include_in_schema=False)
    async def icon() -> Response:
        return _page_file("icon.svg")

    @router.get("/api/about", tags=["studio"])
    async def about() -> Response:
        """What this studio is, and what it lets in."""
        hello, limits = studio.queue.hello, studio.limits
        return answer(
            {
                "version": impasto.__version__,
                "device": None if hello is None else hello.device,
                "threads": None if hello is None else hello.threads,
                "ready": hello is not None,
                "folder": str(studio.folder.path),
                "limits": {
                    "upload_bytes": limits.upload_bytes,
                    "pixels": limits.pixels,
                    "queue": limits.queue,
                },
            }
        )

    @router.get("/api/options", tags=["studio"])
    async def options() -> Response:
        """Every option in its group, and the presets."""
        return answer(controls)

    @router.get("/api/events", tags=["studio"])
    async def events(request: Request) -> Response:
        """All that happens to jobs, as server-sent events: `job` and `removed`."""
        watcher = studio.watchers.join()
        if watcher is None:
            return fault(503, "too many pages watch; close some")
        return _EventStream(watcher, studio.watchers)

    @router.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(_documentation(app.openapi()))

    return router


class _EventStream(Response):
    """Sends what is new for as long as somebody takes it in."""

    def __init__(self, watcher: Watcher, watchers: Watchers) -> None:
        super().__init__(media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._watcher, self._watchers = watcher, watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_gone(receive))
        try:
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
            while not gone.done():
                news = asyncio.create_task(self._watcher.next(_QUIET_SECONDS))
                await asyncio.wait({news, gone}, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    news.cancel()
                    return
                message = {"type": "http.response.body", "body": news.result(), "more_body": True}
                await asyncio.wait_for(send(message), _SLOW_SECONDS)
        except (TimeoutError, OSError):
            pass  # it does not take anything in any more
        finally:
            self._watchers.leave(self._watcher)
            gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _page_file(path: str) -> Response:
    """Send one of the page's own files: one that is there by exactly this name, no other."""
    there = {one.relative_to(PAGE).as_posix(): one for one in PAGE.rglob("*") if one.is_file()}
    if path not in there or there[path].suffix not in _TYPES:
        raise missing("page")
    response = file(there[path])
    response.headers["content-type"] = _TYPES[there[path].suffix]
    return response


def _documentation(schema: dict[str, Any]) -> str:
    """Write the interface as a page of plain HTML, without anything of another host's."""
    rows = []
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            words = html.escape(told.get("description") or told.get("summary", ""))
            takes = ", ".join(html.escape(one["name"]) for one in told.get("parameters", ()))
            rows.append(
                f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code>"
                f"</td><td>{takes}</td><td>{words}</td></tr>"
            )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>impasto studio: for programs'
        '</title><link rel="stylesheet" href="/page/api.css"></head><body><main>'
        "<h1>The studio for programs</h1><p>All that the page does, a program can do. Bodies and "
        'answers are JSON; <a href="/openapi.json">openapi.json</a> has their shapes. Errors are '
        '<code>{"detail": "one sentence"}</code>.</p><table><thead><tr><th>Method</th>'
        "<th>Path</th><th>Takes</th><th>What it does</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table></main></body></html>"
    )
