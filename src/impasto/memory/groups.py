"""Control groups of Linux: the limits set for this process's group and for those above it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

_ROOT = Path("/sys/fs/cgroup")
_LISTING = Path("/proc/self/cgroup")


def free_memory(root: Path = _ROOT, listing: Path = _LISTING) -> list[int]:
    """Return the bytes that are left under each limit, or can be had by dropping cached files."""
    found = []
    for folder in _folders("memory", root, listing):
        for limit, used, cached in _MEMORY:
            numbers = _numbers(folder / limit) + _numbers(folder / used)
            if len(numbers) == 2:
                found.append(numbers[0] - numbers[1] + _counted(folder / "memory.stat", cached))
    return found


def free_processes(root: Path = _ROOT, listing: Path = _LISTING) -> list[int]:
    """Return the processes and threads that may be begun under each limit."""
    found = []
    for folder in _folders("pids", root, listing):
        numbers = _numbers(folder / "pids.max") + _numbers(folder / "pids.current")
        if len(numbers) == 2:
            found.append(numbers[0] - numbers[1])
    return found


def processors(root: Path = _ROOT, listing: Path = _LISTING) -> list[float]:
    """Return the processors' worth of time that each limit allows."""
    found = []
    for folder in _folders("cpu", root, listing):
        for names in _QUOTA:
            numbers = [number for name in names for number in _numbers(folder / name)]
            if len(numbers) == 2 and min(numbers) > 0:
                found.append(numbers[0] / numbers[1])
    return found


# The files of version 2 and of version 1: what may be used, what is, and what of that the system
# gives back by itself; quota and period.
_MEMORY = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
_QUOTA = (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us"))


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


def _counted(path: Path, name: str) -> int:
    """Return a count of a file of names and numbers; 0 where it is not there."""
    try:
        rows = [line.split() for line in path.read_text("ascii").splitlines()]
        return next(int(row[1]) for row in rows if row[0] == name)
    except (OSError, ValueError, IndexError, StopIteration):
        return 0


def _numbers(path: Path) -> list[int]:
    """Return the whole numbers in a file; none where it is not there or says "max"."""
    try:
        return [int(word) for word in path.read_text("ascii").split()]
    except (OSError, ValueError):
        return []
