"""Control groups of Linux: the limits set for this process's group and for those above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_ROOT = Path("/sys/fs/cgroup")
_LISTING = Path("/proc/self/cgroup")


def free_memory(root: Path = _ROOT, listing: Path = _LISTING) -> list[int]:
    """Return the bytes that are left under each limit, or can be had by dropping cached files."""
    return [
        limit - used + _cached(folder / "memory.stat")
        for folder, limit, used in _pairs("memory", root, listing)
    ]


def free_processes(root: Path = _ROOT, listing: Path = _LISTING) -> list[int]:
    """Return the processes and threads that may be begun under each limit."""
    return [limit - used for _, limit, used in _pairs("pids", root, listing)]


def processors(root: Path = _ROOT, listing: Path = _LISTING) -> list[float]:
    """Return the processors' worth of time that each limit allows."""
    pairs = _pairs("cpu", root, listing)
    return [quota / period for _, quota, period in pairs if quota > 0 and period > 0]


# By controller, the files of version 2 and of version 1 that hold a pair: what may be used and
# what is, or quota and period.
_PAIRS = {
    "memory": ("memory.max memory.current", "memory.limit_in_bytes memory.usage_in_bytes"),
    "pids": ("pids.max pids.current",),
    "cpu": ("cpu.max", "cpu.cfs_quota_us cpu.cfs_period_us"),
}


def _pairs(controller: str, root: Path, listing: Path) -> Iterator[tuple[Path, int, int]]:
    """Go through the groups that have a limit: the group's folder and the pair of numbers."""
    for folder in _folders(controller, root, listing):
        for names in _PAIRS[controller]:
            numbers = [number for name in names.split() for number in _numbers(folder / name)]
            if len(numbers) == 2:
                yield folder, numbers[0], numbers[1]


def _folders(controller: str, root: Path, listing: Path) -> list[Path]:
    """Return the process's group and all above it, of version 2 and of a version 1 controller."""
    try:
        lines = [line.split(":", 2) for line in listing.read_text().splitlines()]
    except (OSError, ValueError):
        lines = []
    mounts = {"": root, controller: root / controller}
    own = {name: PurePosixPath("/") for name in mounts}  # a container's own root
    for _, names, path in lines:
        own |= {name: PurePosixPath(path) for name in names.split(",") if name in mounts}
    return [
        mounts[name] / str(group).lstrip("/")
        for name, path in own.items()
        for group in (path, *path.parents)
    ]


def _cached(path: Path) -> int:
    """Return the bytes of files that the system gives back by itself, of the groups below, too."""
    try:
        counts = dict(line.split() for line in path.read_text("ascii").splitlines())
        return int(counts.get("total_inactive_file") or counts["inactive_file"])
    except (OSError, ValueError, KeyError):
        return 0


def _numbers(path: Path) -> list[int]:
    """Return the whole numbers in a file; none where it is not there or says "max"."""
    try:
        return [int(word) for word in path.read_text("ascii").split()]
    except (OSError, ValueError):
        return []
