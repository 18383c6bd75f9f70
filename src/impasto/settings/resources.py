"""How a picture is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from impasto.settings.numbers import MOST_PROCESSES, SMALLEST_TILE_PX
from impasto.settings.option import check_fields, field, group
from impasto.settings.readers import (
    plain_bytes,
    plain_px,
    read_bytes,
    read_integer,
    read_tile,
    word_or,
)

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "tf32", "bfloat16"]

_resources = group("Resources")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """How the picture is computed; never which picture. Raises UsageError like Settings."""

    device: Device = field(
        "auto",
        "Where to compute; 'auto' takes CUDA, then MPS, then the CPU.",
        _resources(choices=get_args(Device)),
    )
    threads: int | str = field(
        "auto",
        "CPU threads; 'auto' takes what affinity and cgroup allow.",
        _resources("auto|N", word_or("auto", read_integer), low=1, high=1024),
    )
    memory: int | str = field(
        "auto",
        "Memory to stay within, as 4GB or 512MB; 'auto' takes most of what is free. Large "
        "pictures are computed in tiles, with the same result.",
        _resources("auto|SIZE", word_or("auto", read_bytes), low=100_000_000, say=plain_bytes),
    )
    tile: int | str = field(
        "auto",
        "Longest side of a tile, a multiple of 16 px, or 'auto', whatever fits into the memory.",
        _resources("auto|PX", word_or("auto", read_tile), low=SMALLEST_TILE_PX, say=plain_px),
    )
    scratch: str = field(
        "auto",
        "Folder for what does not fit into the memory; 'auto' is the system's temporary folder.",
        _resources("auto|DIR"),
    )
    precision: Precision = field(
        "auto",
        "How features are computed; 'auto' is bfloat16 on a GPU that has it, and on a CPU where a "
        "short trial says that it pays, else float32. Losses and pixels are always float32.",
        _resources(choices=get_args(Precision)),
    )

    processes: int | str = field(
        "auto",
        "Processes that paint one picture together, each a part of it and with the same result; "
        "'auto' is as many as torchrun has started, else one.",
        _resources("auto|N", word_or("auto", read_integer), low=1, high=MOST_PROCESSES),
    )

    def __post_init__(self) -> None:
        check_fields(self)
