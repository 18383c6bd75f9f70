"""A run's way of computing: device, tiles and scratch files.

Settings say which picture; a Plan says how this machine makes it. It is chosen from the sizes
and the memory, and only a CPU's precision from a timing; a run by the same plan repeats the same
bytes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from impasto.errors import UsageError
from impasto.planning.machine import DTYPES
from impasto.schema import within
from impasto.settings.numbers import MOST_PROCESSES, SMALLEST_TILE_PX
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

Threads = Annotated[int, within(Resources, "threads")]
Evaluations = Annotated[int, within(Settings, "iterations")]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run's way of computing; `tiles`, `history` and `scratch` hold a value for each level.

    A tile is its longest side in pixels, None the whole picture at once. `scratch` names the
    folder of the scratch files, "auto" the system's, or is None where a level needs none. `kernel`
    says whether the inside of an evaluation is machine code of ours or tensor operations. Several
    `processes` paint a picture together, all by the same plan.
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
    kernel: Annotated[str, Meta(pattern=r"(?#native or tensor)\A(native|tensor)\Z")] = "tensor"
    processes: Annotated[int, Meta(ge=1, le=MOST_PROCESSES)] = 1

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
