"""A labelled sheet of pictures, each of them pixel by pixel as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.drawing.canvas import page, pixels

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# Of letters, in points at 100 dots an inch: 11 are 15 px high.
_TITLE, _LABEL, _NOTE = 15.0, 11.0, 9.5
_SMALLEST = 7.0
# In pixels: around the sheet, between pictures, and for a line of each kind of letters.
_MARGIN, _GAP = 28, 14
_TITLE_PX, _LABEL_PX, _NOTE_PX = 42, 26, 22
_GREY = "#555555"


@dataclass(frozen=True, eq=False)
class Panel:
    """A picture, uint8 (height, width, 3), with what stands above and below it."""

    image: NDArray[np.uint8]
    title: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Layout:
    """Panels row by row, None for an empty place, and what stands beside and above them."""

    title: str
    panels: Sequence[Panel | None]
    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str = ""
    column_title: str = ""


def draw_sheet(layout: Layout) -> NDArray[np.uint8]:
    """Return the sheet as uint8 (height, width, 3); raise UsageError where matplotlib is missing.

    What is too long for its place is set smaller, and in the end cut.
    """
    grid = _Grid(layout)
    with page(grid.width, grid.height) as figure:
        _Letters(figure, grid).set_all(layout)
        for place, panel in zip(grid.places, layout.panels, strict=True):
            if panel is not None:
                left, top = place
                bottom = grid.height - top - panel.image.shape[0]
                figure.figimage(panel.image, left, bottom, origin="upper")
        return pixels(figure)


class _Grid:
    """Where everything on a sheet is, in pixels from its left upper corner."""

    def __init__(self, layout: Layout) -> None:
        down, across = len(layout.rows), len(layout.columns)
        panels = [layout.panels[row * across : (row + 1) * across] for row in range(down)]
        heights = [max(_size(panel)[0] for panel in row) for row in panels]
        self.widths = [max(_size(row[n])[1] for row in panels) for n in range(across)]
        self.heights = heights
        self.above = [_LABEL_PX * any(p and p.title for p in row) for row in panels]
        below = [_NOTE_PX * any(p and p.note for p in row) for row in panels]
        beside = _LABEL_PX * bool(layout.row_title) + _LABEL_PX * any(layout.rows)
        self.top = _MARGIN + _TITLE_PX * bool(layout.title)
        heads = _LABEL_PX * bool(layout.column_title) + _LABEL_PX * any(layout.columns)
        self.lefts = _starts(_MARGIN + beside, self.widths)
        lines = [sum(parts) for parts in zip(self.above, heights, below, strict=True)]
        self.tops = _starts(self.top + heads, lines)
        self.width = self.lefts[-1] + self.widths[-1] + _MARGIN
        self.height = self.tops[-1] + lines[-1] + _MARGIN

    @property
    def places(self) -> list[tuple[int, int]]:
        """Left and top of every panel, row by row, below its title."""
        return [
            (left, top + above)
            for top, above in zip(self.tops, self.above, strict=True)
            for left in self.lefts
        ]


class _Letters:
    """Sets what is written on a sheet."""

    def __init__(self, figure: Figure, grid: _Grid) -> None:
        self._figure = figure
        self._grid = grid

    def set_all(self, layout: Layout) -> None:
        """Set the title, the labels, and what stands above and below each panel."""
        grid = self._grid
        middle = (grid.lefts[0] + grid.width - _MARGIN) / 2
        long = grid.width - 2 * _MARGIN
        self._set(layout.title, _MARGIN, _MARGIN + 9, long, _TITLE, across="left")
        if layout.column_title:
            self._set(layout.column_title, middle, grid.top + _LABEL_PX / 2, long, _LABEL)
        for label, left, width in zip(layout.columns, grid.lefts, grid.widths, strict=True):
            self._set(label, left + width / 2, grid.tops[0] - _LABEL_PX / 2, width, _LABEL)
        self._set_rows(layout)
        for (left, top), panel in zip(grid.places, layout.panels, strict=True):
            if panel is not None:
                height, width = _size(panel)
                centre, below = left + width / 2, top + height
                self._set(panel.title, centre, top - _LABEL_PX / 2, width + _GAP, _LABEL)
                self._set(panel.note, centre, below + _NOTE_PX / 2, width + _GAP, _NOTE, _GREY)

    def _set_rows(self, layout: Layout) -> None:
        grid = self._grid
        for label, top, above, height in zip(
            layout.rows, grid.tops, grid.above, grid.heights, strict=True
        ):
            centre = top + above + height / 2
            self._set(label, grid.lefts[0] - _LABEL_PX / 2, centre, height, _LABEL, turned=True)
        if layout.row_title:
            centre = (grid.tops[0] + grid.height - _MARGIN) / 2
            tall = grid.height - grid.tops[0] - _MARGIN
            self._set(layout.row_title, _MARGIN + _LABEL_PX / 2, centre, tall, _LABEL, turned=True)

    def _set(
        self,
        words: str,
        left: float,
        top: float,
        room_px: float,
        points: float,
        colour: str = "black",
        *,
        across: str = "center",
        turned: bool = False,
    ) -> None:
        """Set words in the middle of a line, no longer than there is room."""
        text = self._figure.text(
            left / self._grid.width,
            1 - top / self._grid.height,
            _plain(words),
            fontsize=points,
            color=colour,
            ha=across,
            va="center",
            rotation=90 if turned else 0,
            rotation_mode="anchor" if turned else "default",
            parse_math=False,
        )
        while self._length(text, turned) > room_px and points > _SMALLEST:
            points -= 0.5
            text.set_fontsize(points)
        while self._length(text, turned) > room_px and len(text.get_text()) > 1:
            text.set_text(f"{text.get_text()[:-2]}\u2026")

    def _length(self, text: Text, turned: bool) -> float:
        box = text.get_window_extent()
        return float(box.height if turned else box.width)


def _starts(first: int, sizes: Sequence[int]) -> list[int]:
    """Return where each of several things begins, with gaps between them."""
    return list(accumulate((size + _GAP for size in sizes[:-1]), initial=first))


def _size(panel: Panel | None) -> tuple[int, int]:
    return (0, 0) if panel is None else (panel.image.shape[0], panel.image.shape[1])


def _plain(words: str) -> str:
    """Return words in one line, without letters that move anything."""
    return "".join(letter if letter.isprintable() else " " for letter in words)
