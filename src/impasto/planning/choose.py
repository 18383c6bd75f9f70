"""Which plan a run is computed by: the fastest that fits into the memory."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from impasto.errors import DeviceError, OutputError, UsageError
from impasto.files import no_folder
from impasto.memory.free import free_bytes
from impasto.native.team import is_native
from impasto.network.architecture import Layer
from impasto.planning.costs import Costs, costs_of
from impasto.planning.levels import Level, history
from impasto.planning.machine import (
    available_threads,
    pick_device,
    pick_kernel,
    pick_precision,
    pick_processes,
    pick_threads,
)
from impasto.planning.plan import Plan
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings
from impasto.sharing.joining import processes_here

_log = logging.getLogger(__name__)

# Tile sizes tried, from the fastest. Below the first few the halo costs so much that state
# goes to a scratch file first.
_TILES_PX: tuple[int | None, ...] = (
    *(None, 4096, 3072, 2048, 1536, 1024, 768, 640, 512, 448, 384, 320, 256, 192, 128),
)
_LARGE_TILES = 6
# What is left to everything else when the budget is what is free.
_SHARE_OF_FREE = 0.8
# More than there are processors only cost a little, and may be needed for the same bits.
_HARMLESS_THREADS = 16


def make_plan(
    levels: Sequence[Level],
    settings: Settings,
    resources: Resources,
    *,
    own_layers: Mapping[str, Layer] | None = None,
    beside: int = 0,
    must_fit: bool = True,
) -> Plan:
    """Choose how to compute; the pictures handed in are in memory already.

    `own_layers` are those of a caller's own network, `beside` are bytes that are held all the time
    beside what a level needs.

    Raises DeviceError when the device is not there, or the memory too small even for the
    smallest tiles; where it need not fit, such a level gets tiles of a sensible size.
    """
    device = pick_device(resources)
    precision = pick_precision(resources, device)
    # A caller's own network is tensor operations.
    kernel = "tensor" if own_layers is not None else pick_kernel(precision, device)
    processes = pick_processes(resources)
    costs = costs_of(settings, precision, kernel, own_layers, processes)
    if resources.scratch != "auto" and (fault := no_folder(Path(resources.scratch))):
        raise UsageError(f"scratch: {fault}")
    choice = _Choice(costs, resources, _budget(costs, resources, device) - beside, must_fit)
    # The finest first: what cannot be computed is then refused for the level that needs most.
    chosen = [choice.of(level) for level in reversed(levels)][::-1]
    return Plan(
        device=str(device),
        precision=precision,
        threads=pick_threads(resources),
        tiles=tuple(tile for tile, _ in chosen),
        history=tuple(history(level, settings) for level in levels),
        evaluations=tuple(level.iterations for level in levels),
        scratch=tuple(scratch for _, scratch in chosen),
        kernel=kernel,
        processes=processes,
    )


@dataclass(frozen=True)
class _Choice:
    """What a level's tiles are chosen by; `budget` are the bytes that a level may take."""

    costs: Costs
    resources: Resources
    budget: int
    must_fit: bool

    def of(self, level: Level) -> tuple[int | None, str | None]:
        """Return a level's tile and, where its state spills, the folder of its scratch file."""
        tile = self.resources.tile
        sizes = _TILES_PX if tile == "auto" else (int(tile),)
        large = sizes[:_LARGE_TILES]
        # State in memory is worth a smaller tile, but not a small one.
        for tile_px, spills in [(t, False) for t in large] + [(t, True) for t in sizes]:
            need = self.costs.needs(level, tile_px)
            state = 0 if spills else need.state
            if need.pictures + state + need.tile <= self.budget:
                return tile_px, _scratch_folder(self.resources) if spills else None
        if not self.must_fit:
            return large[-1], _scratch_folder(self.resources)
        raise self._too_little(level, sizes[-1])

    def _too_little(self, level: Level, tile_px: int | None) -> DeviceError:
        least, memory = self.costs.needs(level, tile_px), self.resources.memory
        wanted = least.pictures + least.tile
        if isinstance(memory, int):
            remedy = f"give more --memory, {_gigabytes(memory + wanted - self.budget)} or more,"
        else:
            remedy = "end other programs, raise the limit that is set for this process,"
        return DeviceError(
            f"{level.width} x {level.height} px needs {_gigabytes(wanted)} in tiles of {tile_px} "
            f"px, and {_gigabytes(max(0, self.budget))} are left beside the program, the pictures "
            f"and the network: {remedy} or give a smaller --size"
        )


def followed_here(plan: Plan, resources: Resources) -> Plan:
    """Return a plan, which may come from anywhere, with what this machine can follow.

    Scratch files go to the system's folder where it says "auto", and so many threads that they
    would stand in each other's way become those that the machine has, with a note.
    """
    told = "bits may differ: the plan has %d threads, this machine goes on with %d"
    threads = plan.threads
    if threads > max(_HARMLESS_THREADS, available_threads()):
        threads = available_threads()
        _log.info(told, plan.threads, threads)
    kernel = plan.kernel
    if kernel == "native" and not is_native():
        kernel = "tensor"
        _log.info("bits may differ: the plan has a native kernel, this install has none")
    device, processes = plan.device, pick_processes(resources)
    if processes > 1:
        device = device.partition(":")[0]  # each has its own
    if processes != plan.processes:
        _log.info("bits may differ: the plan is for %d process(es)", plan.processes)
    folder = _scratch_folder(resources) if "auto" in plan.scratch else None
    scratch = tuple(folder if one == "auto" else one for one in plan.scratch)
    return replace(
        plan, scratch=scratch, threads=threads, kernel=kernel, device=device, processes=processes
    )


def _scratch_folder(resources: Resources) -> str:
    """Return where scratch files go; raise OutputError where there is no such place."""
    if resources.scratch != "auto":
        return resources.scratch
    try:
        return tempfile.gettempdir()
    except OSError as fault:  # a system that cannot be written to
        raise OutputError(
            "what does not fit into the memory needs a scratch file, and no temporary folder can "
            "be written to: give --scratch a folder, or more --memory"
        ) from fault


def _budget(costs: Costs, resources: Resources, device: torch.device) -> int:
    if isinstance(resources.memory, int):
        return resources.memory - costs.baseline(device)
    # Processors have one memory, each GPU its own.
    sharers = processes_here(costs.processes) if device.type == "cpu" else 1
    return int(free_bytes(device) * _SHARE_OF_FREE / sharers) - costs.network_bytes(device)


def _gigabytes(count: float) -> str:
    return f"{math.ceil(count / 1e7) / 100:.2f} GB"
