"""How much memory there is, and how much of it this process holds."""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

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
