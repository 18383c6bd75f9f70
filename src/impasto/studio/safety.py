"""Who may ask: this machine's own page and programs, or whoever has the token. Knows no torch."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "impasto_token"
UPLOADS = "/api/pictures"
# Of a body that is no upload.
_MOST_BYTES = 1_000_000
_BODY_SECONDS = 20.0
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_READING = ("GET", "HEAD", "OPTIONS")

_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Safety:
    """Around everything: refuses strangers' pages and hosts, and sends what browsers must heed."""

    def __init__(self, app: ASGIApp, *, token: str | None = None, host: str | None = None) -> None:
        """Guard an app; with a `token` other hosts may ask, this one by the name `host` too."""
        self._app, self._token, self._host = app, token, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        if refused := self._refusal(scope, headers):
            await _answer(send, *refused)
            return
        if self._token is not None and scope["path"] == "/" and _asked_token(scope):
            # The address bar, its history and who looks over a shoulder need not keep it.
            cookie = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict"
            await _answer(send, 303, "", location="/", set_cookie=cookie)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    found.append((b"cache-control", b"no-store"))
                message = {**message, "headers": [*message["headers"], *found]}
            await send(message)

        if scope["path"] == UPLOADS:  # which count for themselves
            await self._app(scope, receive, guarded)
            return
        body = _Bounded(receive)
        try:
            await self._app(scope, body.receive, guarded)
        except _TooLong:
            await _answer(send, 413, f"a body of JSON has {_MOST_BYTES / 1e6:g} MB at most")
        except _TooSlow:
            await _answer(send, 408, "the request stopped on its way")

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 403, "this page is not known by that name; open it as 127.0.0.1"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return 403, "another page may not ask this"
        site = headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") and (
            scope["method"] not in _READING or scope["path"].startswith("/api/")
        ):
            return 403, "another page may not ask this"
        if self._token is not None and not self._has_token(scope, headers):
            return 401, "the token is missing: open the address that the studio printed"
        return None

    def _is_ours(self, host: str) -> bool:
        """Return whether a Host header names this server: no name that a stranger may own."""
        if self._token is not None:  # which a page of a stranger's does not have
            return True
        name, port = host, ""
        if not host.endswith("]"):
            name, _, port = host.rpartition(":") if ":" in host else (host, "", "")
        return name.lower() in _LOOPBACK and (not port or port.isdecimal())

    def _has_token(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        assert self._token is not None
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        given = [_asked_token(scope), bearer if kind.lower() == "bearer" else "", _cookie(headers)]
        return any(hmac.compare_digest(one.encode(), self._token.encode()) for one in given)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _asked_token(scope: Scope) -> str:
    query: str = scope["query_string"].decode("latin-1")
    return parse_qs(query).get("token", [""])[0]


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


class _TooLong(BaseException):
    """A body went on and on; no handler between here and there may take it for its own."""


class _TooSlow(BaseException):
    """A body did not come; as above."""


class _Bounded:
    """Lets in a body of JSON, which is never large, and comes at once."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._count = receive, 0
        self._end: float | None = time.monotonic() + _BODY_SECONDS

    async def receive(self) -> Message:
        try:
            left = None if self._end is None else max(0.0, self._end - time.monotonic())
            message = await asyncio.wait_for(self._receive(), left)
        except TimeoutError as fault:
            raise _TooSlow from fault
        if not message.get("more_body"):
            self._end = None  # what comes now is that the client leaves, whenever that is
        self._count += len(message.get("body", b""))
        if self._count > _MOST_BYTES:
            raise _TooLong
        return message


async def _answer(send: Send, status: int, detail: str, **more: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    told = {**_HEADERS, **{name.replace("_", "-"): value for name, value in more.items()}}
    headers += [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
