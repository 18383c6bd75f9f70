"""What a sheet is: its cells, what each shows, and what is judged of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.drawing.sheet import Layout, Panel
from impasto.engine.recipe import Recipe
from impasto.engine.run import Run
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.reading.sources import as_picture

# Long side of a cell on a sheet, unless its picture is smaller or another is asked for.
THUMBNAIL_PX = 512


@dataclass(frozen=True, eq=False, kw_only=True)
class Cell:
    """A place of a sheet: what `prepare` makes is painted there, or `shown` is shown.

    `name` is its file's stem, `values` say what it was painted by.
    """

    name: str
    title: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[], Run] | None = None
    shown: Picture | None = None


@dataclass(frozen=True, eq=False)
class Told:
    """What is told of a painted cell: its recipe, and the figures it was judged by, if it was."""

    recipe: Recipe
    figures: Mapping[str, float] = field(default_factory=dict)


Judge = Callable[[Picture, Recipe], Mapping[str, float]]


def plain_losses(recipe: Recipe) -> dict[str, float]:
    """Return content and style loss of a painted picture, summed over layers, without weights."""
    shares = zip(("content", "style"), recipe.settings.shares, strict=True)
    return {
        kind: sum(loss or 0.0 for name, loss in recipe.losses.items() if name.startswith(kind))
        / share
        for kind, share in shares
        if share
    }


def judged_by_losses(picture: Picture, recipe: Recipe) -> Mapping[str, float]:
    """Judge a picture by nothing but its two losses."""
    return plain_losses(recipe)


@dataclass(frozen=True)
class Curve:
    """Figures of a sheet's cells, drawn over one of their values on logarithmic axes."""

    over: str
    figures: tuple[str, ...]
    x_label: str
    y_label: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Sheet:
    """Cells row by row, None where a place is empty; `note` is what stands below a painted one.

    It is a format of the figures that `judge` returns, as "{psnr_db:.1f} dB".
    """

    title: str
    cells: tuple[Cell | None, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_title: str = ""
    column_title: str = ""
    judge: Judge = judged_by_losses
    note: str = ""
    curve: Curve | None = None

    @property
    def painted(self) -> list[Cell]:
        """The cells that are painted, in order."""
        return [cell for cell in self.cells if cell is not None and cell.prepare is not None]

    def place(self, cell: Cell) -> tuple[int, int]:
        """Return a cell's row and column, from 1."""
        row, column = divmod(self.cells.index(cell), len(self.columns))
        return row + 1, column + 1


def wrapped(title: str, cells: Sequence[Cell], across: int, **more: Any) -> Sheet:
    """Return a sheet of cells that follow one another, so many in a row."""
    rows = -(-len(cells) // across)
    empty = (None,) * (rows * across - len(cells))
    return Sheet(
        title=title, cells=(*cells, *empty), rows=("",) * rows, columns=("",) * across, **more
    )


def layout_of(
    sheet: Sheet,
    pictures: Mapping[str, Picture],
    told: Mapping[str, Told],
    thumbnail: int | None = None,
) -> Layout:
    """Lay a sheet out, its cells' pictures by name, each `thumbnail` px long.

    They are no longer than the longest that was painted.
    """
    longest = max(max(pictures[cell.name].size) for cell in sheet.painted)
    long_side = min(thumbnail or THUMBNAIL_PX, longest)
    panels = [
        None if cell is None else _panel(sheet, cell, pictures[cell.name], told, long_side)
        for cell in sheet.cells
    ]
    return Layout(
        title=sheet.title,
        panels=panels,
        rows=sheet.rows,
        columns=sheet.columns,
        row_title=sheet.row_title,
        column_title=sheet.column_title,
    )


def at_most(picture: Picture, long_side: int) -> Picture:
    """Return a picture no longer than so many pixels, in sRGB, on white where it is transparent."""
    return picture if max(picture.size) <= long_side else _thumbnail(picture, long_side)


def _panel(
    sheet: Sheet, cell: Cell, picture: Picture, told: Mapping[str, Told], long_side: int
) -> Panel:
    figures = told[cell.name].figures if cell.name in told else {}
    note = sheet.note.format(**figures) if figures else ""
    pixels: NDArray[np.uint8] = _thumbnail(picture, long_side).samples(8).astype(np.uint8)
    return Panel(pixels, cell.title, note)


def _thumbnail(picture: Picture, long_side: int) -> Picture:
    seen = picture.in_space(None)
    scale = long_side / max(seen.size)
    height, width = (max(1, round(side * scale)) for side in seen.size)
    image = seen.tensor()[None]
    visible = seen.visible()
    if visible is not None:
        image = image * visible + 1 - visible
    return as_picture(resize(image, height, width))
