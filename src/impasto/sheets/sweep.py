"""Contact sheets: one photograph and its styles, by several values of one or two options."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from impasto.drawing.sheet import draw_sheet
from impasto.engine.iterate import last, paint
from impasto.engine.networks import Networks
from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.pictures.picture import Picture
from impasto.reading.sources import PictureSource, as_picture
from impasto.scene.styles import Styles, as_styles
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings
from impasto.settings.sweeping import Axis, Variant, axes_of, variants
from impasto.sheets.sheet import Cell, Sheet, layout_of, plain_losses

Prepare = Callable[[Settings, Resources], Run]


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a sweep: what it was painted by, and its losses without their weights."""

    values: Mapping[str, Any]
    picture: Picture
    losses: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Sweep:
    """The panels of a sweep, row by row: the first option goes down, the second across."""

    panels: tuple[Panel, ...]
    _sheet: Sheet

    def __iter__(self) -> Iterator[Panel]:
        return iter(self.panels)

    def sheet(self, thumbnail: int | None = None) -> Picture:
        """Draw them as one labelled picture, each at most `thumbnail` px long, 512 by default.

        Raises UsageError where matplotlib is missing: pip install 'impasto[figures]'.
        """
        pictures = {
            cell.name: panel.picture
            for cell, panel in zip(self._sheet.painted, self.panels, strict=True)
        }
        return as_picture(draw_sheet(layout_of(self._sheet, pictures, {}, thumbnail)))


def sweep(
    content: PictureSource | None,
    styles: Styles,
    over: Mapping[str, Iterable[Any]],
    *,
    init: PictureSource | None = None,
    regions: PictureSource | None = None,
    protect: PictureSource | None = None,
    **options: Any,
) -> Sweep:
    """Paint by every value of one or two options, with the network loaded and measured once.

    `over` has the options and their values: `{"style_weight": [100, 1000], "preset": ["quick",
    "fine"]}`; `options` are what all have, as `iterate` takes them by name. Every value is checked
    before the first is painted. Raises what `iterate` raises.
    """
    if isinstance(init, str):
        options, init = {**options, "init": init}, None
    axes = axes_of(over)
    cells = variants(axes, options)
    shared: dict[str, Any] = {
        "init": None if init is None else as_picture(init),
        "regions": None if regions is None else as_picture(regions),
        "protect": None if protect is None else as_picture(protect),
    }
    photo = None if content is None else as_picture(content)
    make = partial(prepare, photo, as_styles(styles), networks=Networks(), **shared)
    sheet = sweep_sheet(axes, cells, make)
    for cell in sheet.painted:
        assert cell.prepare is not None
        cell.prepare()
    panels = [_painted(cell) for cell in sheet.painted]
    return Sweep(tuple(panels), sheet)


def sweep_sheet(
    axes: Sequence[Axis], cells: Sequence[Variant], make: Prepare, title: str = ""
) -> Sheet:
    """Return the sheet of a sweep, whose runs are prepared by `make`.

    One option's values follow one another, two options' make rows and columns.
    """
    across = len(axes[1].values) if len(axes) > 1 else _across(len(cells))
    down = -(-len(cells) // across)
    single = axes[0].labels if len(axes) == 1 else ("",) * len(cells)
    made = [
        Cell(
            name=f"r{number // across + 1}c{number % across + 1}",
            title=label,
            values=dict(variant.values),
            prepare=partial(make, variant.settings, variant.resources),
        )
        for number, (variant, label) in enumerate(zip(cells, single, strict=True))
    ]
    more: dict[str, Any] = {"rows": ("",) * down, "columns": ("",) * across}
    more["column_title"] = axes[-1].title
    if len(axes) > 1:
        more |= {"rows": axes[0].labels, "columns": axes[1].labels, "row_title": axes[0].title}
    empty = (None,) * (down * across - len(made))
    return Sheet(title=title, cells=(*made, *empty), **more)


def _across(count: int) -> int:
    """Return how many pictures stand in a row, where nothing else says so."""
    return count if count <= 4 else math.ceil(math.sqrt(count))


def _painted(cell: Cell) -> Panel:
    assert cell.prepare is not None
    step = last(paint(cell.prepare()))
    return Panel(cell.values, step.picture, plain_losses(step.recipe))
