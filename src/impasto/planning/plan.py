"""How a run will be computed: device, tiles and scratch files, chosen before it starts.

Settings say which picture; a Plan says how this machine makes it. It is chosen from the sizes
and the memory, never from a timing, and a run by the same plan repeats the same bytes.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from msgspec import Meta

from impasto.errors import DeviceError, OutputError, UsageError
from impasto.files import no_folder
from impasto.memory.free import free_bytes, held_bytes
from impasto.network.trained import layers_of
from impasto.network.vgg import weight_bytes
from impasto.planning.levels import Level
from impasto.planning.machine import (
    DTYPES,
    available_threads,
    pick_device,
    pick_precision,
    pick_threads,
)
from impasto.schema import within
from impasto.settings.numbers import AUTO_HISTORY, LARGE_PX, SMALLEST_TILE_PX
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings
from impasto.tiles.padding import frame
from impasto.tiles.tiling import Tiling, tiling

_log = logging.getLogger(__name__)

Threads = Annotated[int, within(Resources, "threads")]
Evaluations = Annotated[int, within(Settings, "iterations")]

# Tile sizes tried, from the fastest. Below the first few the halo costs so much that state
# goes to a scratch file first.
_TILES_PX: tuple[int | None, ...] = (
    *(None, 4096, 3072, 2048, 1536, 1024, 768, 640, 512, 448, 384, 320, 256, 192, 128),
)
_LARGE_TILES = 6

# Whole pictures in memory at once: the one evaluated, its gradient, the best so far and the one
# chosen between the two, and what sizing them up takes. Measured in docs/benchmarks.md.
_PICTURES = 7
_PICTURE_BYTES = 12  # a pixel: three float32
# What an evaluation holds at once: all layers' maps (290 floats a pixel to relu5_1), and on top so
# many of the first layer's size, gradients on their way and the picture's own. And what does not
# grow: a layer's buffers, what the allocator loses. Both measured (benchmarks/memory.py) from 256
# to 1280 px, within a few per cent.
_ON_THEIR_WAY = 1.4
_FIXED_BYTES = 150_000_000
# More than there are processors only cost a little, and may be needed for the same bits.
_HARMLESS_THREADS = 16
# What is left to everything else when the budget is what is free.
_SHARE_OF_FREE = 0.8


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run's way of computing; `tiles`, `history` and `scratch` hold a value for each level.

    A tile is its longest side in pixels, None the whole picture at once. `scratch` names the
    folder of the scratch files, "auto" the system's, or is None where a level needs none.
    """

    device: Annotated[
        str, Meta(pattern=r"(?#cpu, cuda, cuda:N or mps)\A(cpu|(cuda|mps)(:[0-9]{1,2})?)\Z")
    ]
    precision: Annotated[str, Meta(pattern=rf"(?#{' or '.join(DTYPES)})\A({'|'.join(DTYPES)})\Z")]
    threads: Threads
    tiles: tuple[Annotated[int, Meta(ge=SMALLEST_TILE_PX, le=1 << 20, multiple_of=16)] | None, ...]
    history: tuple[Annotated[int, within(Settings, "history")], ...]
    evaluations: tuple[Evaluations, ...]
    scratch: tuple[str | None, ...]

    def __post_init__(self) -> None:
        listed = ("tiles", "history", "evaluations", "scratch")
        counts = {name: len(getattr(self, name)) for name in listed}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{count} of {name}" for name, count in counts.items())
            raise UsageError(f"a plan has one value for each level, this one {told}")

    def with_tile(self, index: int, tile_px: int | None) -> Plan:
        """Return the plan with another tile at one level."""
        tiles = (*self.tiles[:index], tile_px, *self.tiles[index + 1 :])
        return dataclasses.replace(self, tiles=tiles)


@dataclass(frozen=True)
class Needs:
    """Bytes of one level: what the pictures and state take, and what one tile takes."""

    pictures: int
    state: int
    tile: int


def make_plan(
    levels: Sequence[Level],
    settings: Settings,
    resources: Resources,
    *,
    beside: int = 0,
    must_fit: bool = True,
) -> Plan:
    """Choose how to compute; the pictures handed in are in memory already.

    `beside` are bytes that are held all the time beside what a level needs.

    Raises DeviceError when the device is not there, or the memory too small even for the
    smallest tiles; where it need not fit, such a level gets tiles of a sensible size.
    """
    device = pick_device(resources)
    precision = pick_precision(resources, device)
    budget = _budget(settings, resources, device, precision) - beside
    if resources.scratch != "auto" and (fault := no_folder(Path(resources.scratch))):
        raise UsageError(f"scratch: {fault}")
    # The finest first: what cannot be computed is then refused for the level that needs most.
    choices = [
        _choose(level, settings, precision, resources, budget, must_fit)
        for level in reversed(levels)
    ][::-1]
    return Plan(
        device=str(device), precision=precision, threads=pick_threads(resources),
        tiles=tuple(tile for tile, _ in choices),
        history=tuple(history(level, settings) for level in levels),
        evaluations=tuple(level.iterations for level in levels),
        scratch=tuple(scratch for _, scratch in choices),
    )  # fmt: skip


def history(level: Level, settings: Settings) -> int:
    """Return how many steps L-BFGS remembers at this level."""
    if isinstance(settings.history, int):
        return settings.history
    return AUTO_HISTORY[level.height * level.width > LARGE_PX]


def needs(
    level: Level, settings: Settings, tile_px: int | None, precision: str = "float32"
) -> Needs:
    """Estimate a level's memory, tiles at most `tile_px`."""
    feature_bytes = DTYPES[precision].itemsize
    table = layers_of(settings)
    pixels = level.height * level.width
    vectors = 3 + 2 * history(level, settings) if settings.optimizer == "lbfgs" else 5
    content = sum(
        table[name].channels / table[name].stride ** 2 for name, _ in settings.content_layers
    )
    return Needs(
        pictures=_PICTURES * _PICTURE_BYTES * pixels,
        state=int((vectors * _PICTURE_BYTES + feature_bytes * content) * pixels),
        tile=int(_floats_a_pixel(settings) * feature_bytes * _largest(level, settings, tile_px))
        + _FIXED_BYTES,
    )


def baseline(settings: Settings, device: torch.device, precision: str) -> int:
    """Return what the process holds before a level begins: itself, the pictures, the network."""
    return held_bytes(device) + weight_bytes(settings, device, DTYPES[precision])


def floor(level: Level, settings: Settings, precision: str) -> int:
    """Return the least memory a level can be computed in, beside what the process holds."""
    least = needs(level, settings, SMALLEST_TILE_PX, precision)
    return least.pictures + least.tile


@dataclass(frozen=True)
class Forecast:
    """What a level will take: tiles, bytes in memory and in scratch files, encoded pixels."""

    tiles: int
    memory: int
    scratch: int
    pixels: float  # of all evaluations, halos and first passes included


def forecast(levels: Sequence[Level], settings: Settings, plan: Plan) -> list[Forecast]:
    """Say what each level of a plan takes."""
    return [
        _forecast(level, settings, plan.precision, tile_px, scratch is not None)
        for level, tile_px, scratch in zip(levels, plan.tiles, plan.scratch, strict=True)
    ]


def _forecast(
    level: Level, settings: Settings, precision: str, tile_px: int | None, scratch: bool
) -> Forecast:
    need = needs(level, settings, tile_px, precision)
    rows, columns = _encoded(settings, tile_px, (level.height, level.width))
    pixels, tiles = sum(rows) * sum(columns), len(rows) * len(columns)
    # Tiles are encoded once more to know the sums: half an evaluation.
    passes = 1.0 if tiles == 1 else 1.5
    return Forecast(
        tiles=tiles,
        memory=need.pictures + need.tile + (0 if scratch else need.state),
        scratch=need.state if scratch else 0,
        pixels=pixels * passes * level.iterations,
    )


def _choose(
    level: Level,
    settings: Settings,
    precision: str,
    resources: Resources,
    budget: int,
    must_fit: bool,
) -> tuple[int | None, str | None]:
    sizes = _TILES_PX if resources.tile == "auto" else (int(resources.tile),)
    large = sizes[:_LARGE_TILES]
    # State in memory is worth a smaller tile, but not a small one.
    for tile_px, spills in [(t, False) for t in large] + [(t, True) for t in sizes]:
        need = needs(level, settings, tile_px, precision)
        state = 0 if spills else need.state
        if need.pictures + state + need.tile <= budget:
            return tile_px, _scratch_folder(resources) if spills else None
    if not must_fit:
        return large[-1], _scratch_folder(resources)
    least = needs(level, settings, sizes[-1], precision)
    wanted = least.pictures + least.tile
    if isinstance(resources.memory, int):
        remedy = f"give more --memory, {_gigabytes(resources.memory + wanted - budget)} or more,"
    else:
        remedy = "end other programs, raise the limit that is set for this process,"
    raise DeviceError(
        f"{level.width} x {level.height} px needs {_gigabytes(wanted)} in tiles of {sizes[-1]} px, "
        f"and {_gigabytes(max(0, budget))} are left beside the program, the pictures and the "
        f"network: {remedy} or give a smaller --size"
    )


def fitted_here(plan: Plan, resources: Resources) -> Plan:
    """Return a plan, which may come from anywhere, with what this machine can follow.

    Scratch files go to the system's folder where it says "auto", and so many threads that they
    would stand in each other's way become those that the machine has, with a note.
    """
    threads = plan.threads
    if threads > max(_HARMLESS_THREADS, available_threads()):
        threads = available_threads()
        _log.info(
            "bits may differ: the plan has %d threads, this machine goes on with %d",
            plan.threads,
            threads,
        )
    folder = _scratch_folder(resources) if "auto" in plan.scratch else None
    scratch = tuple(folder if one == "auto" else one for one in plan.scratch)
    return dataclasses.replace(plan, scratch=scratch, threads=threads)


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


def _budget(settings: Settings, resources: Resources, device: torch.device, precision: str) -> int:
    """Return the bytes that a level may take."""
    if isinstance(resources.memory, int):
        return resources.memory - baseline(settings, device, precision)
    network = weight_bytes(settings, device, DTYPES[precision])
    return int(free_bytes(device) * _SHARE_OF_FREE) - network


def _largest(level: Level, settings: Settings, tile_px: int | None) -> int:
    """Return the pixels encoded with the largest tile, halo and margin included."""
    shapes = [(level.height, level.width), *level.style_sizes]
    encoded = (_encoded(settings, tile_px, shape) for shape in shapes)
    return max(max(rows) * max(columns) for rows, columns in encoded)


def _encoded(
    settings: Settings, tile_px: int | None, shape: tuple[int, int]
) -> tuple[list[int], list[int]]:
    """Return the tiles' heights and widths, halo and margin included; never every tile."""
    margin, cut = 2 * frame(settings.padding).margin, _tiling(settings, tile_px)
    rows, columns = (
        [span.seen_stop - span.seen_start + margin for span in cut.spans(length)]
        for length in shape
    )
    return rows, columns


def _tiling(settings: Settings, tile_px: int | None) -> Tiling:
    table = layers_of(settings)
    margin = frame(settings.padding).margin
    layers = [table[name] for name in settings.layers]
    return tiling(layers, tile_px, margin, wraps=settings.padding == "wrap")


def _floats_a_pixel(settings: Settings) -> float:
    """Return the floats that an evaluation holds for each pixel it encodes at once."""
    table = layers_of(settings)
    names = list(table)
    built = [table[n] for n in names[: max(names.index(n) for n in settings.layers) + 1]]
    kept = sum(layer.channels / layer.stride**2 for layer in built)
    return kept + _ON_THEIR_WAY * built[0].channels


def _gigabytes(count: float) -> str:
    return f"{math.ceil(count / 1e7) / 100:.2f} GB"
