"""The server: its port, its life, and the browser that it opens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from impasto.errors import OutputError, UsageError
from impasto.studio.app import make_app
from impasto.studio.folder import Folder
from impasto.studio.studio import Limits, Studio
from impasto.workshop.devices import check_devices, devices_of

PORT = 7860
_NEXT_PORTS = 100
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# That a new connection may take to say what it wants, and all of them together may be.
_PATIENCE_SECONDS = 20.0
_CONNECTIONS = 1000


def serve(
    folder: Path,
    *,
    port: int | None,
    host: str,
    token: str | None,
    browser: bool,
    devices: Sequence[str],
    say: Callable[[str], None],
    limits: Limits | None = None,
) -> None:
    """Serve the studio of a folder until it is interrupted.

    Raises OutputError where the port is taken or the folder another's, DeviceError for a device
    that is not there, UsageError for what is none and for a token that is too short.
    """
    token = _token(host, token)
    painted_on = devices_of(devices)
    check_devices(painted_on)
    listening = _listen(host, port)
    studio = Studio(Folder(folder), limits, painted_on)
    address = _address(host, listening.getsockname()[1], token)
    say(f"studio: {address}")
    say(f"pictures are kept in {studio.folder.path}; Ctrl-C ends the studio, jobs go on next time")
    config = uvicorn.Config(
        make_app(studio, token=token),
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=1,
    )
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    server = _Server(config, address if browser else None)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve([listening]))


class _Server(uvicorn.Server):
    """Opens the browser when there is something to see; a second Ctrl-C ends it at once."""

    def __init__(self, config: uvicorn.Config, address: str | None) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: Any = None) -> None:
        """Start, and open the browser."""
        await super().startup(sockets)
        if self._address is not None and not self.should_exit:
            threading.Thread(target=webbrowser.open, args=(self._address,), daemon=True).start()


class _Protocol(H11Protocol):
    """Closes connections that say nothing."""

    def connection_made(self, transport: Any) -> None:
        """Wait for a request, for a while."""
        super().connection_made(transport)
        self.loop.call_later(_PATIENCE_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


def _token(host: str, token: str | None) -> str | None:
    """Return the token that is asked for, a new one where others may come; None for loopback."""
    if token is not None and not (token.isascii() and token.isalnum() and len(token) >= 12):
        raise UsageError("--token has at least 12 letters and digits; or leave it out")
    if host in _LOOPBACK:
        return token
    return token or secrets.token_hex(16)


def _listen(host: str, port: int | None) -> socket.socket:
    """Return a socket on the port; without one, on the default or the next that is free."""
    wanted = PORT if port is None else port
    try:
        return _bound(host, wanted)
    except OSError as fault:
        free = _next_free(host, wanted)
        if port is None and free is not None:
            return free
        if free is None:
            raise OutputError(f"cannot listen on {host}: {fault.strerror or fault}") from fault
        number = free.getsockname()[1]
        free.close()
        reason = fault.strerror or fault
        raise OutputError(
            f"port {port} cannot be had ({reason}); free is --port {number}"
        ) from fault


def _next_free(host: str, port: int) -> socket.socket | None:
    for other in range(port + 1, min(port + 1 + _NEXT_PORTS, 65536)):
        with contextlib.suppress(OSError):
            return _bound(host, other)
    return None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would take the port from whoever listens there
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(512)
    except BaseException:
        listening.close()
        raise
    return listening


def _address(host: str, port: int, token: str | None) -> str:
    name = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)  # noqa: S104
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
