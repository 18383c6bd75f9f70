"""How much memory there is, and how it is held while a run goes on."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

# Parameters of glibc's mallopt (malloc.h), and its own limits, to put back.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_TRIM_THRESHOLD_BYTES, _MMAP_MAX_BLOCKS = 128 * 1024, 65536


# Control groups, version 2 and version 1: their limit and what is used of it.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def free_bytes(device: torch.device) -> int:
    """Return the device's free memory; for a CPU, within its control group's limit."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        used = torch.mps.driver_allocated_memory()
        return torch.mps.recommended_max_memory() - used
    return min([psutil.virtual_memory().available, *_free_in_groups()])


def held_bytes(device: torch.device) -> int:
    """Return what this process holds on the device; for a CPU, its anonymous memory."""
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    try:
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.split("RssAnon:")[1].split()[0]) * 1024
    except (OSError, IndexError):  # not Linux
        return int(psutil.Process().memory_info().rss)


def _free_in_groups() -> list[int]:
    found = []
    for limit, used in _GROUPS:
        try:
            found.append(int(Path(limit).read_text("ascii")) - int(Path(used).read_text("ascii")))
        except (OSError, ValueError):  # no such group, or no limit ("max")
            continue
    return found


@contextmanager
def reused_blocks() -> Iterator[None]:
    """Let the C library keep large blocks between evaluations, and hand them back at the end.

    A block over 32 MB otherwise comes fresh from the system each time, and its page faults
    cost up to a third of an evaluation. Does nothing where the C library is not glibc.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        library.mallopt(_MMAP_MAX, _MMAP_MAX_BLOCKS)
        library.mallopt(_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
        hand_back()


def hand_back() -> None:
    """Give what is free to the system now, so that one level's peak is not held in the next."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
