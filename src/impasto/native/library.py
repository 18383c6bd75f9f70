"""The native library: of those that were built into the package, the best for this machine.

`IMPASTO_NATIVE` chooses another: 0 none, a name in `NAMES` or the path of a library.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

# The libraries that are built, the best of a kind first, as Zig's compiler and as people call them.
NAMES = {
    "x86_64_v4": "AVX-512",
    "x86_64_v3": "AVX2",
    "x86_64": "SSE2",
    "aarch64": "NEON",
}
_FIT = {
    "x86_64": {"AVX512": ("x86_64_v4", "x86_64_v3", "x86_64"), "AVX2": ("x86_64_v3", "x86_64")},
    "aarch64": {},
}
_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
_SUFFIXES = {"win32": ".dll", "darwin": ".dylib"}


@dataclass(frozen=True)
class Library:
    """Machine code that is loaded: its functions, and the filters in a panel of kernels."""

    code: ctypes.CDLL
    name: str  # of the instructions it is made of
    panel: int

    def function(self, name: str) -> Callable[..., int | None]:
        """Return a function; those that tell how much of something is needed return it."""
        found = self.code[f"impasto_{name}"]
        found.restype = ctypes.c_int64 if name.endswith(("_scratch", "_bytes")) else None
        return found


@dataclass(frozen=True)
class Missing:
    """Why there is no machine code."""

    reason: str


def machine() -> str:
    """Return this processor's architecture, as libraries are named."""
    found = platform.machine().lower()
    return _MACHINES.get(found, found)


def suffix() -> str:
    """Return what a library's file name ends with on this system."""
    return _SUFFIXES.get(sys.platform, ".so")


@cache
def library() -> Library | Missing:
    """Load the library, once for the process."""
    asked = os.environ.get("IMPASTO_NATIVE", "")
    if asked == "0":
        return Missing("switched off by IMPASTO_NATIVE=0")
    paths = [Path(asked)] if os.sep in asked else [_path(name) for name in _names(asked)]
    if not paths:
        return Missing(f"none is made for a processor of the kind {machine()}")
    if not any(path.is_file() for path in paths):
        built = ", ".join(name for name in NAMES if _path(name).is_file()) or "no other"
        told = f"IMPASTO_NATIVE={asked} is no library; there is {built}"
        return Missing(told if asked else _why_not_built())
    faults = []
    for path in filter(Path.is_file, paths):
        try:
            code = ctypes.CDLL(str(path))
            name = path.stem.removeprefix("kernel_")
            return Library(code, NAMES.get(name, name), code.impasto_panel())
        except (OSError, AttributeError) as fault:
            faults.append(str(fault))
    return Missing(f"it cannot be loaded: {faults[0]}")


def _why_not_built() -> str:
    """Return what the build's hook noted."""
    try:
        return Path(__file__).with_name("not_built.txt").read_text("utf-8")
    except OSError:
        return "none was built when impasto was installed"


def _names(asked: str) -> tuple[str, ...]:
    if asked:
        return (asked,)
    if machine() not in _FIT:
        return ()
    # torch knows what the system lets a program use, and ATEN_CPU_CAPABILITY is for us, too.
    return _FIT[machine()].get(torch.backends.cpu.get_cpu_capability(), (machine(),))


def _path(name: str) -> Path:
    return Path(__file__).with_name(f"kernel_{name}{suffix()}")
