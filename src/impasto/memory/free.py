"""How much memory there is, and how much of it this process holds."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import torch

from impasto.errors import DeviceError
from impasto.memory import groups
from impasto.shortage import is_out_of_memory, reason_of


def free_bytes(device: torch.device) -> int:
    """Return the device's free memory; for a CPU, within the limits set for this process."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        used = torch.mps.driver_allocated_memory()
        return torch.mps.recommended_max_memory() - used
    free = [psutil.virtual_memory().available, *groups.free_memory(), *free_addresses()]
    return max(0, min(free))


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


def give_back() -> None:
    """Let the allocator return what is free to the system; only glibc's has to be asked.

    It keeps blocks of up to 32 MB that were freed beside others that were not.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def memory_may_run_out() -> Iterator[None]:
    """Turn memory that runs out in the block, which no plan foresaw, into DeviceError."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as fault:
        if not is_out_of_memory(fault):
            raise
        raise DeviceError(
            f"memory ran out ({reason_of(fault)}); give a smaller --size, less --memory than now, "
            "or raise the limit that is set for this process (ulimit -v, the container's)"
        ) from fault


def free_addresses() -> list[int]:
    """Return what is left of the addresses and of the data a process may have (ulimit -v, -d)."""
    try:
        import resource  # not on Windows
    except ImportError:
        return []
    held = psutil.Process().memory_info()
    used = {resource.RLIMIT_AS: held.vms, resource.RLIMIT_DATA: getattr(held, "data", 0)}
    limits = {kind: resource.getrlimit(kind)[0] for kind in used}
    return [limit - used[kind] for kind, limit in limits.items() if limit != resource.RLIM_INFINITY]
