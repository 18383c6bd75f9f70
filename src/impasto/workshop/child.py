"""A helper process that is spoken to in lines of JSON over its pipes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

# Of a line: a message with many losses, or a recipe.
_LONGEST_LINE = 1 << 24
_LONGEST_LOG = 1_000_000


class Child:
    """One process at a time of a module of ours; what it says goes to `heard`, its end to `ended`.

    It reads its stdin, and ends when that ends: with this process, however that goes.
    """

    def __init__(
        self,
        module: str,
        kind: Any,
        heard: Callable[[Any], None],
        ended: Callable[[], Awaitable[None]],
        *,
        log: Path,
        holds: Sequence[int] = (),
        words: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Take `words` for its command line, and an `environment` beside this process's own."""
        self._module = module
        self._decoder = msgspec.json.Decoder(kind)
        self._heard, self._ended = heard, ended
        self._log, self._holds = log, tuple(holds)
        self._words, self._environment = tuple(words), dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process's number, None where there is none."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process; does nothing where it is there."""
        if self._process is not None:
            return
        with appended(self._log) as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LONGEST_LINE,
                # Ctrl-C in the terminal is the server's to answer.
                start_new_session=True,
                env={**os.environ, **self._environment},
                pass_fds=self._holds if sys.platform != "win32" else (),
            )
        self._listening = asyncio.create_task(self._listen(self._process))

    def send(self, message: Any) -> bool:
        """Hand a message over; False where nobody is there to take it."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return False
        process.stdin.write(msgspec.json.encode(message) + b"\n")
        return True

    async def stop(self) -> None:
        """End the process, and wait until it is gone."""
        process, listening = self._process, self._listening
        if process is None or listening is None:
            return
        self._process = None  # nobody is told of an end that was asked for
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                if self._process is process:
                    self._heard(self._decoder.decode(line))
        except Exception:
            # What it says cannot be trusted any more: as if it had died.
            with contextlib.suppress(OSError), appended(self._log) as log:
                log.write(traceback.format_exc().encode())
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        if self._process is process:
            self._process = None
            await self._ended()


def appended(path: Path) -> IO[bytes]:
    """Open a log at its end; one that is long becomes FILE.1, in the place of the one before."""
    with contextlib.suppress(OSError):  # not there, or another process has it open on Windows
        if path.stat().st_size > _LONGEST_LOG:
            path.replace(f"{path}.1")
    return path.open("ab")
