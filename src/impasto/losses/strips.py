"""A map's cells, some rows of it at a time: what takes more than the map itself stays small."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor


def strips(features: Tensor, cells_at_once: tuple[int, int]) -> Iterator[slice]:
    """Cut (1,C,h,w) into rows of so many cells together, elsewhere and on a CPU."""
    height, width = features.shape[2:]
    count = max(1, cells_at_once[features.device.type == "cpu"] // width)
    for first in range(0, height, count):
        yield slice(first, min(first + count, height))


def cells_of(features: Tensor, rows: slice) -> Tensor:
    """Return some rows of (1,C,h,w) as (cells, C), a view where they lie so."""
    return features[:, :, rows].permute(0, 2, 3, 1).reshape(-1, features.shape[1])
