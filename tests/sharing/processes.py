"""Several real processes that paint together, for tests."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed as dist
from torch import multiprocessing

from impasto.sharing.group import Group
from impasto.sharing.joining import joined

# Forked, where the system can, from one that has imported torch: that takes two seconds each.
_STARTED = "spawn" if sys.platform == "win32" else "forkserver"
if _STARTED == "forkserver":
    rooms = ("objective.evaluator", "optimizers", "reading.sources", "sharing.joining", "testing")
    multiprocessing.set_forkserver_preload([f"impasto.{room}" for room in rooms])


def in_processes(size: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Return what a function of a module makes of its group in each of so many processes."""
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.start_processes(
            _run, (folder, size, function, arguments), nprocs=size, start_method=_STARTED
        )
        found = [Path(folder, f"{rank}.pt") for rank in range(size)]
        return [torch.load(path, weights_only=False) for path in found]


def _run(
    rank: int, folder: str, size: int, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(str(Path(folder, "store")), size)
    with joined(store, rank, size) as group:
        made = function(group, *arguments)
    torch.save(made, Path(folder, f"{rank}.pt"))


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function makes of a group of one."""
    return function(Group(), *arguments)
