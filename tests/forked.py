"""Processes of `python -m` that start at once, for they are forked from one that waits for that.

A test that kills, stops or starves a process needs a real one, but not two seconds of a
processor to import torch each time. What is started here is a process as any other: a child of
the test's, with streams, signals, folder and environment of its own, whose module runs as
`python -m` runs it. Only its imports are there already, and its command line is another's.
Others of the tests start the true program by `subprocess`.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

# What modules read while they are loaded: of other values there has to be another process.
_EARLY = (
    "PYTHON",
    "OMP_",
    "MKL_",
    "OPENBLAS_",
    "ATEN_",
    "GLIBC_",
    "MALLOC_",
    "LD_PRELOAD",
    "CUDA_",
)
# Read when it is wanted; Ray sets it in the process that starts it.
_LATE = "PYTHONBREAKPOINT"
_LONGEST = 1 << 17  # bytes of a request, mostly the environment
_MOST = 16  # files
_ASIDE = 200  # above the numbers that files are handed over by
_NAME = 15  # PR_SET_NAME of Linux' prctl
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


class Forked(subprocess.Popen):
    """A Popen that forks `python -m MODULE ...`, where this is Linux and the rest is plain."""

    def _execute_child(  # the one thing that is another here
        self,
        args: Any,
        executable: Any,
        preexec_fn: Any,
        close_fds: bool,
        pass_fds: Any,
        cwd: Any,
        env: Any,
        *more: Any,
    ) -> None:
        environment = dict(os.environ if env is None else env)
        is_plain = close_fds and not (executable or preexec_fn) and not _is_odd(*more[9:])
        if not (is_plain and _is_forkable(args) and _server().suits(environment)):
            return super()._execute_child(
                args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *more
            )
        pipes, session = more[3:9], more[14]
        ends = [own if end == -1 else end for own, end in enumerate((pipes[0], *pipes[3::2]))]
        asked = {
            "words": list(map(os.fspath, args[1:])),
            "folder": os.fspath(cwd or os.getcwd()),
            "environment": environment,
            "session": session,
            "umask": _umask(),
            "parent": os.getpid(),
            "numbers": [0, 1, 2, *pass_fds],
        }
        try:
            self.pid = _server().start(asked, [*ends, *pass_fds])
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)


def _is_forkable(words: Any) -> bool:
    """Return whether they are `python -m`, or `python -u -m`."""
    if not sys.platform.startswith("linux") or words[0] != sys.executable:
        return False
    return words[1] == "-m" or list(words[1:3]) == ["-u", "-m"]


def _is_odd(restores: bool, gid: Any, gids: Any, uid: Any, umask: int, _: bool, group: int) -> bool:
    """Return whether a process is asked for that a fork would not be."""
    users = [one for one in (gid, gids, uid) if one is not None]
    return not restores or bool(users) or umask >= 0 or group >= 0


def _umask() -> int:
    os.umask(found := os.umask(0o77))
    return found


def run(words: Sequence[str], **how: Any) -> subprocess.CompletedProcess[Any]:
    """Do as subprocess.run(words, capture_output=True, check=False) does."""
    with Forked(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how) as process:
        told = process.communicate()
    return subprocess.CompletedProcess(words, process.returncode, *told)


class _Server:
    """The process that others are forked from, and ends with this one."""

    def __init__(self, link: socket.socket, pid: int) -> None:
        self._link, self.pid = link, pid
        self._early = _early(os.environ)
        self._lock = threading.Lock()

    def suits(self, environment: dict[str, str]) -> bool:
        """Return whether a process of this environment would have loaded the same."""
        return _early(environment) == self._early

    def start(self, asked: dict[str, Any], ends: Sequence[int]) -> int:
        """Fork a process with these files; return its number."""
        with self._lock, _adopting():
            socket.send_fds(self._link, [json.dumps(asked).encode()], ends)
            number = int(self._link.recv(100))
            self._link.recv(100)  # now it is our child
        return number


@functools.cache
def _server() -> _Server:
    link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        code = "import sys; sys.path[0] = sys.argv[2]; import forked; forked.serve()"
        words = [sys.executable, "-c", code, str(theirs.fileno()), str(Path(__file__).parent)]
        process = _Popen(words, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    atexit.register(process.wait)
    atexit.register(link.close)
    return _Server(link, process.pid)


_Popen = subprocess.Popen


def _early(environment: Any) -> dict[str, str]:
    early = {name: value for name, value in environment.items() if name.startswith(_EARLY)}
    early.pop(_LATE, None)
    return early


@contextlib.contextmanager
def _adopting() -> Any:
    """Be the parent of what descendants leave behind."""
    control = ctypes.CDLL(None).prctl
    control(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        control(_SUBREAPER, 0, 0, 0, 0)


def _serve(link: socket.socket) -> list[str]:
    """Fork until nobody asks any more; return in each child, with the words it is asked for."""
    while True:
        request, ends, _, _ = socket.recv_fds(link, _LONGEST, _MOST)
        if not request:
            os._exit(0)
        if not (between := os.fork()):
            asked = json.loads(request)
            _call_process(asked["words"])  # before anybody looks for it
            if child := os.fork():
                link.send(str(child).encode())
                os._exit(0)
            link.close()
            return _become(asked, ends)
        os.waitpid(between, 0)
        link.send(b"adopted")
        for end in ends:
            os.close(end)


def _become(asked: dict[str, Any], ends: Sequence[int]) -> list[str]:
    """Be what was asked for; return the words of `python`."""
    while os.getppid() != asked["parent"]:
        time.sleep(0.001)
    if asked["session"]:
        os.setsid()
    os.umask(asked["umask"])
    _place(ends, asked["numbers"])
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    words = asked["words"]
    is_unbuffered = words[0] == "-u" or bool(os.environ.get("PYTHONUNBUFFERED"))
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _opened(number, name, is_unbuffered=is_unbuffered)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return _after_m(words)


def _after_m(words: list[str]) -> list[str]:
    return words[words.index("-m") + 1 :]


def _place(files: Sequence[int], numbers: Sequence[int]) -> None:
    """Give the open files these numbers."""
    import fcntl  # not on Windows

    aside = [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, _ASIDE) for file in files]
    for file in files:
        os.close(file)
    for file, number in zip(aside, numbers, strict=True):
        os.dup2(file, number)
        os.close(file)


def _opened(number: int, name: str, *, is_unbuffered: bool) -> io.TextIOWrapper:
    """Open a standard stream as Python does."""
    before, is_raw = getattr(sys, name), is_unbuffered and number > 0
    is_swift = not is_unbuffered and (name == "stderr" or os.isatty(number))
    file = open(number, "wb" if number else "rb", 0 if is_raw else -1, closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(
        file, before.encoding, before.errors, line_buffering=is_swift, write_through=is_unbuffered
    )


def _import_all() -> None:
    """Import what impasto's commands import, sooner or later."""
    import impasto

    for module in pkgutil.walk_packages(impasto.__path__, "impasto."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # an extra that is not there
                importlib.import_module(module.name)
    for name in ("imagecodecs._png", "safetensors.torch"):  # which they leave for later
        importlib.import_module(name)


def serve() -> NoReturn:
    """Be the process that others are forked from, and in each of those run its module."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _import_all()
    gc.collect()
    gc.freeze()
    words = _serve(socket.socket(fileno=int(sys.argv[1])))
    if _starts_others(words):
        words = _with_a_server(words)
    sys.argv = words
    sys.path[0] = os.getcwd()
    main = vars(sys.modules["__main__"])
    for name in [name for name in main if not name.startswith("__")]:
        del main[name]
    runpy._run_module_as_main(words[0])
    raise SystemExit


def _starts_others(words: Sequence[str]) -> bool:
    return words[:2] == ["impasto", "studio"] or words[0] == "torch.distributed.run"


def _with_a_server(words: list[str]) -> list[str]:
    """Let what this process starts be forked, too; return the words of whichever process it is."""
    link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if pid := os.fork():
        theirs.close()
        server = _Server(link, pid)
        globals()["_server"] = lambda: server
        subprocess.Popen = Forked
        return words
    link.close()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return _serve(theirs)


def _call_process(words: list[str]) -> None:
    """Show a process by its module, in the 15 letters that there are."""
    ctypes.CDLL(None).prctl(_NAME, _after_m(words)[0][-15:].encode(), 0, 0, 0)
