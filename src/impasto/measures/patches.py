"""The patches figure: fine detail of the worst small block, against the blocks of its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.pictures.picture import Picture
from impasto.pictures.resample import crossed_detail, fine_detail
from impasto.profiles.icc import Pixels
from impasto.scene.styles import Style

# Energies are means over cells of about this side; BLOCK_CELLS of them, 32 px, are a block's side.
CELL_PX, BLOCK_CELLS = 8, 4

# A painting has blocks of all kinds, and an accident among them: this share of them is no less.
_SHARE = 0.99

# Hardly anybody sees less than one 8-bit level, and a flat style divides by something.
_LEAST = (1 / 255) ** 2

# Rows of cells that are looked at in one go, for the sake of memory.
_ROWS_AT_ONCE = 16

# Of each block (rows, columns), blocks half a side apart.
Energies = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """The block that is worst in one kind of detail: its energy over its sources', and where it is.

    `x` and `y` are its middle in pixels of the result. `median` is the result's median block over
    the styles' own.
    """

    figure: float
    x: int
    y: int
    median: float


@dataclass(frozen=True)
class Patches:
    """The worst block by detail of the light, of colours beside it, and by the light's chequers.

    `worst` is the largest of the three figures.
    """

    worst: float
    light: Block
    colour: Block
    chequer: Block


def patches_figure(result: Picture, content: Picture | None, styles: Sequence[Style]) -> Patches:
    """Measure a result, the content at its size, and the styles at the sizes of a run.

    1 is as much fine detail as the style has anywhere, or as the photograph has at this place.
    Of several styles the one with more of it counts, for any place may look like any of them.
    """
    own = block_energies(result.array)
    there = [None] * len(own) if content is None else block_energies(content.array)
    paintings = zip(*(block_energies(style.picture.array) for style in styles), strict=True)
    blocks = [
        _worst(*energies, result.size) for energies in zip(own, there, paintings, strict=True)
    ]
    return Patches(max(block.figure for block in blocks), *blocks)


def block_energies(pixels: Pixels) -> list[Energies]:
    """Return each block's energies (H,W,3), 0..1: fine detail of light, of colours, chequers.

    A block's energy is the median of its cells': noise is in most of them, an edge in few.
    """
    return [_blocks(energies) for energies in _cell_energies(pixels)]


def _worst(
    own: Energies, there: Energies | None, styles: Sequence[Energies], size: tuple[int, int]
) -> Block:
    most = max(_LEAST, *(float(np.quantile(style, _SHARE)) for style in styles))
    ratios = own / (most if there is None else np.maximum(there, most))
    at = np.unravel_index(int(ratios.argmax()), ratios.shape)
    y, x = (_middle(length, int(block)) for length, block in zip(size, at, strict=True))
    usual = max(_LEAST, *(float(np.median(style)) for style in styles))
    return Block(float(ratios[at]), x, y, float(np.median(own)) / usual)


def _cell_energies(pixels: Pixels) -> list[Energies]:
    """Return each cell's mean squares, summed over channels: light, colour, chequer."""
    height, width = pixels.shape[:2]
    tops, lefts = _edges(height), _edges(width)
    bands = []
    for first in range(0, len(tops) - 1, _ROWS_AT_ONCE):
        rows = tops[first : first + _ROWS_AT_ONCE + 1]
        # A row more on either side, as far as the blur reaches.
        above, below = max(0, rows[0] - 1), min(height, rows[-1] + 1)
        window = torch.from_numpy(pixels[above:below]).permute(2, 0, 1)[None]
        energies = _energies(window)[:, rows[0] - above : rows[-1] - above]
        bands.append([_means(part.numpy(), rows - rows[0], lefts) for part in energies])
    return [np.concatenate(parts) for parts in zip(*bands, strict=True)]


def _energies(image: Tensor) -> Tensor:
    """Return the squares of fine detail of (1,3,H,W) in light and colour, and of chequers: (3,H,W).

    White noise of variance v has 0.64 v, 1.28 v, and 0.14 v of the three.
    """
    detail = fine_detail(image)
    light = detail.sum(1).square() / 3
    crossed = crossed_detail(image.sum(1, keepdim=True)).square()[:, 0] / 3
    colour = (detail.square().sum(1) - light).clamp(min=0)  # rounding goes below
    return torch.cat([light, colour, crossed])


def _means(
    values: NDArray[np.float32], tops: NDArray[np.int64], lefts: NDArray[np.int64]
) -> Energies:
    """Return the means of (H,W) over cells between these rows and columns."""
    sums = np.add.reduceat(values.astype(np.float64), tops[:-1], axis=0)
    sums = np.add.reduceat(sums, lefts[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(tops), np.diff(lefts)))


def _blocks(cells: Energies) -> Energies:
    """Return the median of each block of cells (rows, columns)."""
    shape = tuple(min(BLOCK_CELLS, count) for count in cells.shape)
    rows, columns = (_starts(count) for count in cells.shape)
    windows = np.lib.stride_tricks.sliding_window_view(cells, shape)[np.ix_(rows, columns)]
    return np.asarray(np.median(windows, axis=(2, 3)))


def _edges(length: int) -> NDArray[np.int64]:
    """Return where the cells along a side begin, and the last one's end, in pixels."""
    count = max(1, round(length / CELL_PX))
    return np.linspace(0, length, count + 1).round().astype(np.int64)


def _starts(cells: int) -> list[int]:
    """Return at which cells blocks begin: half a block apart, the last one at the end."""
    last = max(0, cells - BLOCK_CELLS)
    return [*range(0, last, BLOCK_CELLS // 2), last]


def _middle(length: int, block: int) -> int:
    """Return the middle of a block along a side, in pixels."""
    edges = _edges(length)
    start = _starts(len(edges) - 1)[block]
    return int(edges[start] + edges[start : start + BLOCK_CELLS + 1][-1]) // 2
