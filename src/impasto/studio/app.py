"""The web application: routes, and faults in one sentence each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp

import impasto
from impasto.errors import ImpastoError
from impasto.studio import routes_jobs, routes_made, routes_page, routes_pictures
from impasto.studio.answers import fault
from impasto.studio.asked import FieldError
from impasto.studio.heads import Heads
from impasto.studio.queue import Full, Refused
from impasto.studio.safety import Safety
from impasto.studio.studio import Studio
from impasto.studio.told import ToldFault


def make_app(studio: Studio, *, token: str | None = None) -> ASGIApp:
    """Make the application of a studio, which is opened and closed with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await studio.open()
        yield
        await studio.close()

    app = FastAPI(
        title="impasto studio",
        version=impasto.__version__,
        lifespan=lifespan,
        docs_url=None,  # theirs come from another host
        redoc_url=None,
        openapi_url="/openapi.json",
        responses={"4XX": {"model": ToldFault, "description": "it cannot be"}},
    )
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(Heads)
    app.state.studio = studio
    for routes in (routes_page, routes_pictures, routes_jobs, routes_made):
        app.include_router(routes.router)
    return Safety(app, token=token)


async def _http(request: Request, wrong: Any) -> Response:
    return fault(wrong.status_code, str(wrong.detail))


async def _disk(request: Request, wrong: Any) -> Response:
    return fault(507, f"the studio's folder cannot take it: {wrong.strerror or wrong}")


async def _invalid(request: Request, wrong: Any) -> Response:
    first = wrong.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return fault(422, f"{field}: {first['msg']}" if field else first["msg"], field=field)


async def _field(request: Request, wrong: Any) -> Response:
    return fault(422, str(wrong), field=wrong.field)


async def _refused(request: Request, wrong: Any) -> Response:
    return fault(409, str(wrong))


async def _full(request: Request, wrong: Any) -> Response:
    return fault(503, "the queue is full; wait until a job is done, or cancel one")


async def _ours(request: Request, wrong: Any) -> Response:
    return fault(507 if wrong.exit_code == 5 else 422, str(wrong))


async def _bug(request: Request, wrong: Any) -> Response:
    return fault(500, f"a bug in impasto: {type(wrong).__name__}")


async def _left(request: Request, wrong: Any) -> Response:
    return fault(413, "the request was cut short, or is too large")


_HANDLERS: dict[Any, Any] = {
    HTTPException: _http,
    RequestValidationError: _invalid,
    FieldError: _field,
    Refused: _refused,
    Full: _full,
    ImpastoError: _ours,
    ClientDisconnect: _left,
    OSError: _disk,
    Exception: _bug,
}
