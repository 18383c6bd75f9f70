"""What lies beyond the picture's border when it is encoded, and which cells count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from impasto.memory.arena import empty_map
from impasto.native.waiting import may_wait, waiting_of
from impasto.pictures.resample import reflected
from impasto.tiles.tiling import Span, Tile

# Whole cells of every layer (the deepest stride is 16), so that inner cells stay aligned.
REFLECT_MARGIN_PX = 16


class _Extent(NamedTuple):
    first: int
    last: int


@dataclass(frozen=True)
class Margin:
    """Reflected pixels around the picture, left out of every sum."""

    px: int

    def extend(self, window: Tensor, tile: Tile) -> Tensor:
        """Continue a tile's window (1,C,h,w) by reflection where it ends at the border."""
        for axis, span in ((2, tile.rows), (3, tile.columns)):
            before, after = self.px * span.at_start, self.px * span.at_end
            window = reflected(window, axis, before, after)
        return window

    def cells(self, features: Tensor, tile: Tile, stride: int) -> Tensor:
        """Cut a map of the extended window to the cells of the tile's inner part."""
        rows, columns = (self._inner(span, stride) for span in (tile.rows, tile.columns))
        return self._cut(features, rows, columns)

    def narrow(self, features: Tensor, tile: Tile, narrower: Tile, stride: int) -> Tensor:
        """Cut a map of the extended window to one of a narrower window."""
        rows, columns = (
            slice((of.first - was.first) // stride, -(-(of.last - was.first) // stride))
            for was, of in (
                (self._extent(tile.rows), self._extent(narrower.rows)),
                (self._extent(tile.columns), self._extent(narrower.columns)),
            )
        )
        return self._cut(features, rows, columns)

    def _extent(self, span: Span) -> _Extent:
        """Return what is encoded, reflection included."""
        return _Extent(
            span.seen_start - self.px * span.at_start, span.seen_stop + self.px * span.at_end
        )

    def _cut(self, features: Tensor, rows: slice, columns: slice) -> Tensor:
        if (rows.stop - rows.start, columns.stop - columns.start) == features.shape[2:]:
            return features
        inner: Tensor = _Cut.apply(features, rows, columns)  # type: ignore[no-untyped-call]
        waiting = waiting_of(features)
        return inner if waiting is None else may_wait(inner, waiting)

    def _inner(self, span: Span, stride: int) -> slice:
        reflected_px = self.px if span.at_start else 0
        first = (span.start - span.seen_start + reflected_px) // stride
        whole = span.cells(stride)
        return slice(first, first + whole.stop - whole.start)


def margin_of(padding: str) -> Margin:
    """Return the margin of a padding's name.

    The network's own zeros need none, and a picture that wraps has its halo all around.
    """
    return Margin(REFLECT_MARGIN_PX if padding == "reflect" else 0)


class _Cut(torch.autograd.Function):
    """Some rows and columns of a map; autograd alone would make the whole gradient twice."""

    @staticmethod
    def forward(context: Any, features: Tensor, rows: slice, columns: slice) -> Tensor:
        context.set_materialize_grads(False)
        context.cut = features.shape, rows, columns
        return features[:, :, rows, columns]

    @staticmethod
    def backward(context: Any, gradient: Tensor | None) -> tuple[Tensor | None, None, None]:
        if gradient is None:
            return None, None, None
        shape, rows, columns = context.cut
        result = empty_map(shape[1:], gradient)
        for border in (slice(0, rows.start), slice(rows.stop, None)):
            result[:, :, border] = 0
        for border in (slice(0, columns.start), slice(columns.stop, None)):
            result[:, :, rows, border] = 0
        result[:, :, rows, columns] = gradient
        return result, None, None
