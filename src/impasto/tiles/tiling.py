"""Cut a picture into tiles that are encoded one after another. Pure arithmetic, no tensors.

A tile's inner part is what it adds to the sums; around it lies a halo, as wide as the deepest
layer's cells see, so that every inner cell is what it would be in the whole picture. Tiles
stand on the pooling grid. Where a picture wraps around, a halo goes on at the opposite border.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from impasto.network.architecture import Layer


@dataclass(frozen=True)
class Span:
    """A stretch of one axis, in pixels: `start` to `stop` counts, what is seen is encoded.

    Only where the picture wraps does what is seen reach beyond 0 to `length`.
    """

    start: int
    stop: int
    seen_start: int
    seen_stop: int
    length: int  # of the whole axis

    @property
    def parts(self) -> tuple[slice, ...]:
        """What is cut from the picture, piece by piece where it wraps around."""
        found, at = [], self.seen_start
        while at < self.seen_stop:
            first = at % self.length
            count = min(self.seen_stop - at, self.length - first)
            found.append(slice(first, first + count))
            at += count
        return tuple(found)

    @property
    def at_start(self) -> bool:
        """Whether the picture's border is seen before the stretch."""
        return self.seen_start == 0

    @property
    def at_end(self) -> bool:
        """Whether the picture's border is seen behind the stretch."""
        return self.seen_stop == self.length

    def narrowed(self, beyond_px: int, grid_px: int) -> Span:
        """Return the stretch with no more of its halo than `beyond_px`, cut on a grid."""
        first = (self.start - beyond_px) // grid_px * grid_px
        last = -(-(self.stop + beyond_px) // grid_px) * grid_px
        return replace(
            self, seen_start=max(self.seen_start, first), seen_stop=min(self.seen_stop, last)
        )

    def cells(self, stride: int) -> slice:
        """Return the stretch's cells in a layer of the whole picture."""
        return slice(self.start // stride, -(-self.stop // stride))


@dataclass(frozen=True)
class Tile:
    """A part of the picture: its rows and its columns."""

    rows: Span
    columns: Span

    @property
    def seen_size(self) -> tuple[int, int]:
        """Rows and columns to encode, halo included."""
        return (
            self.rows.seen_stop - self.rows.seen_start,
            self.columns.seen_stop - self.columns.seen_start,
        )

    def narrowed(self, beyond_px: int, grid_px: int) -> Tile:
        """Return the tile with no more of its halo than `beyond_px`, cut on a grid."""
        return Tile(*(span.narrowed(beyond_px, grid_px) for span in (self.rows, self.columns)))

    def cells(self, stride: int) -> tuple[slice, slice]:
        """Return the inner part's cells, rows and columns, in a layer of the whole picture."""
        return self.rows.cells(stride), self.columns.cells(stride)


@dataclass(frozen=True)
class Tiling:
    """How to cut any picture: `size` px is a tile's longest inner side, None one tile for all."""

    size: int | None
    halo: int
    stride: int
    wraps: bool = False

    def tiles(self, height: int, width: int) -> tuple[Tile, ...]:
        """Cut a picture of these pixels, row by row, into tiles as equal as the grid allows."""
        every = self.spans(width)
        return tuple(Tile(rows, columns) for rows in self.spans(height) for columns in every)

    def spans(self, length: int) -> list[Span]:
        """Cut one axis: a picture's tiles are every stretch of one with every one of the other."""
        size = length if self.size is None else self.size
        count = -(-length // size)
        even = -(-length // (count * self.stride)) * self.stride
        return [
            self._span(start, min(start + even, length), length) for start in range(0, length, even)
        ]

    def _span(self, start: int, stop: int, length: int) -> Span:
        first, last = start - self.halo, stop + self.halo
        if not self.wraps:
            first, last = max(0, first), min(last, length)
        return Span(start, stop, first, last, length)


def tiling(
    layers: Collection[Layer], size: int | None = None, margin: int = 0, *, wraps: bool = False
) -> Tiling:
    """Return how to cut pictures for an encoder's `layers`, at most `size` px a tile.

    A tile at the border sees at least `margin` px inwards, to be reflected outwards.
    """
    stride = max(layer.stride for layer in layers)
    halo = max(margin, *(layer.reach for layer in layers))
    return Tiling(size, -(-halo // stride) * stride, stride, wraps)
