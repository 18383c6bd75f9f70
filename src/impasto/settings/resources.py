"""How a picture is computed."""

from __future__ import annotations

from dataclasses import dataclass

from impasto.settings.numbers import SMALLEST_TILE_PX
from impasto.settings.option import check_fields, choice, field
from impasto.settings.readers import (
    plain_bytes,
    plain_px,
    read_bytes,
    read_integer,
    read_tile,
    word_or,
)


@dataclass(frozen=True, kw_only=True)
class Resources:
    """How the picture is computed; never which picture. Raises UsageError like Settings."""

    device: str = choice(
        "auto", "Where to compute; 'auto' takes CUDA, then MPS, then the CPU.",
        "Resources", "auto", "cpu", "cuda", "mps",
    )  # fmt: skip
    threads: int | str = field(
        "auto", "CPU threads; 'auto' takes what affinity and cgroup allow.",
        "Resources", "auto|N", word_or("auto", read_integer), low=1, high=1024,
    )  # fmt: skip
    memory: int | str = field(
        "auto",
        "Memory to stay within, as 4GB or 512MB; 'auto' takes most of what is free. Large "
        "pictures are computed in tiles, with the same result.",
        "Resources", "auto|SIZE", word_or("auto", read_bytes), low=100_000_000, say=plain_bytes,
    )  # fmt: skip
    tile: int | str = field(
        "auto",
        "Longest side of a tile, a multiple of 16 px, or 'auto', whatever fits into the memory.",
        "Resources", "auto|PX", word_or("auto", read_tile), low=SMALLEST_TILE_PX, say=plain_px,
    )  # fmt: skip
    scratch: str = field(
        "auto",
        "Folder for what does not fit into the memory; 'auto' is the system's temporary folder.",
        "Resources", "auto|DIR",
    )  # fmt: skip
    precision: str = choice(
        "auto",
        "How features are computed; 'auto' is float32 on a CPU, bfloat16 on a GPU that has it. "
        "Losses and pixels are always float32.",
        "Resources", "auto", "float32", "tf32", "bfloat16",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_fields(self)
