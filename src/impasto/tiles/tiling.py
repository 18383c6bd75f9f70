"""Cut a picture into tiles that are encoded one after another. Pure arithmetic, no tensors.

A tile's inner part is what it adds to the sums; around it lies a halo, as wide as the deepest
layer's cells see, so that every inner cell is what it would be in the whole picture. Tiles
stand on the pooling grid. Where a picture wraps around, a halo goes on at the opposite border.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

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
    """How to cut any picture: `size` px is a tile's longest inner side, None one tile for all.

    Tiles are shared out `among` so many processes, each of which encodes its own.
    """

    size: int | None
    halo: int
    stride: int
    wraps: bool = False
    among: int = 1

    def tiles(self, height: int, width: int) -> tuple[Tile, ...]:
        """Cut a picture of these pixels, row by row, into tiles as equal as the grid allows."""
        every, columns = self.axes(height, width)
        return tuple(Tile(*pair) for pair in product(every, columns))

    def axes(self, height: int, width: int) -> tuple[list[Span], list[Span]]:
        """Cut both axes: a picture's tiles are every stretch of one with every one of the other."""
        rows, columns = self._counts(height, width)
        return self._spans(height, rows), self._spans(width, columns)

    def turns(self, tiles: int) -> int:
        """Return how many of a picture's tiles one process encodes, one after another."""
        return -(-tiles // self.among)

    def passes(self, tiles: int) -> float:
        """Return how many evaluations' work one is: tiles are encoded once more to know the sums.

        That is half an evaluation; a single tile's features are kept instead.
        """
        return 1.0 if self.turns(tiles) == 1 else 1.5

    def _counts(self, height: int, width: int) -> tuple[int, int]:
        """Return the number of stretches of both axes: no more than it takes, or soonest done."""
        least = [-(-length // (self.size or length)) for length in (height, width)]
        return (least[0], least[1]) if self.among == 1 else _soonest(self, height, width, *least)

    def _even(self, length: int, count: int) -> int:
        return -(-length // (count * self.stride)) * self.stride

    def _spans(self, length: int, count: int) -> list[Span]:
        even = self._even(length, count)
        return [
            self._span(start, min(start + even, length), length) for start in range(0, length, even)
        ]

    def cut(self, length: int, wanted: int) -> tuple[int, int]:
        """Return how many stretches an axis is cut into, and the most pixels that one sees."""
        even = self._even(length, wanted)
        count = -(-length // even)
        halos = 2 if self.wraps else min(2, count - 1)
        most = even + halos * self.halo
        return count, most if self.wraps else min(length, most)

    def _span(self, start: int, stop: int, length: int) -> Span:
        first, last = start - self.halo, stop + self.halo
        if not self.wraps:
            first, last = max(0, first), min(last, length)
        return Span(start, stop, first, last, length)


@lru_cache(maxsize=256)
def _soonest(how: Tiling, height: int, width: int, rows: int, columns: int) -> tuple[int, int]:
    """Return the cut into so many stretches or more by which several processes are done soonest.

    Where more tiles would only be more halo, some processes have none.
    """

    def cost(counts: tuple[int, int]) -> tuple[float, int, int]:
        (down, tall), (across, wide) = how.cut(height, counts[0]), how.cut(width, counts[1])
        tiles = down * across
        return how.turns(tiles) * how.passes(tiles) * tall * wide, tiles, across

    more = range(how.among)
    return min(((rows + r, columns + c) for r, c in product(more, more)), key=cost)


def tiling(
    layers: Collection[Layer],
    size: int | None = None,
    margin: int = 0,
    *,
    wraps: bool = False,
    among: int = 1,
) -> Tiling:
    """Return how to cut pictures for an encoder's `layers`, at most `size` px a tile.

    A tile at the border sees at least `margin` px inwards, to be reflected outwards.
    """
    stride = max(layer.stride for layer in layers)
    halo = max(margin, *(layer.reach for layer in layers))
    return Tiling(size, -(-halo // stride) * stride, stride, wraps, among)
