"""Answers of the interface: JSON, files, and faults in one sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from impasto.studio.wording import plainly

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".json": "application/json",
}


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer in JSON."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def fault(status: int, detail: str, **more: Any) -> Response:
    """Answer that something cannot be: one sentence for the person, and where it lies."""
    headers = {"retry-after": "10"} if status == 503 else None
    # It may quote what was posted, in which half a letter can stand that no UTF-8 has.
    told = json.dumps({"detail": plainly(detail), **more}).encode()
    return Response(told, status, headers, "application/json")


def missing(what: str) -> HTTPException:
    """Return what says that something is not there."""
    return HTTPException(404, f"there is no such {what}")


def small_file(path: Path, media: str) -> Response:
    """Send a file that may be replaced at any time: all of it is read before its length is told."""
    try:
        return Response(path.read_bytes(), 200, {"cache-control": "no-cache"}, media)
    except OSError as fault_:
        raise missing("file") from fault_


def file(path: Path, *, name: str | None = None, lasting: bool = False) -> Response:
    """Send a file, under a `name` to be saved as; a `lasting` one never changes."""
    if not path.is_file():
        raise missing("file")
    headers = {"cache-control": "private, max-age=31536000, immutable" if lasting else "no-cache"}
    if name is not None:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, headers=headers, media_type=kind)
