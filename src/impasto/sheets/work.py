"""Painting a sheet into files: cells that are there already are not painted again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from impasto.drawing.canvas import check_installed, page, save
from impasto.drawing.curves import Line, draw_lines
from impasto.drawing.sheet import draw_sheet
from impasto.engine.recipe import Ingredients, Recipe
from impasto.engine.run import Run
from impasto.errors import UsageError
from impasto.files import check_place, fitting, landing, make_folder, replacing
from impasto.jobs.going_on import going_on
from impasto.jobs.job import Job
from impasto.jobs.observers import Observer, checkpoint_beside
from impasto.jobs.outputs import Outputs
from impasto.jobs.pantry import reading
from impasto.jobs.stopping import Interrupted
from impasto.pictures import writing
from impasto.pictures.picture import Picture
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.settings.settings import Settings
from impasto.sheets.record import record_of, records, write_record
from impasto.sheets.sheet import THUMBNAIL_PX, Cell, Curve, Sheet, Told, at_most, layout_of

_CURVE_PX = (640, 420)

# What makes a picture, and the files of those that are there.
Identity = tuple[Settings, Ingredients]
Known = dict[Identity, Path]


class Watcher(Protocol):
    """Told what is painted, and when a sheet is there."""

    def cell(self, sheet: Sheet, cell: Cell, number: int, count: int) -> Observer:
        """Return who follows a cell, the `number`th of `count` that are painted."""

    def kept(self, sheet: Sheet, count: int) -> None:
        """Take in that so many cells are there from before."""

    def drawn(self, path: Path) -> None:
        """Take in that the sheet is written."""


@dataclass(frozen=True)
class SheetFiles:
    """Where a sheet goes: the picture, its record, and a folder of its cells' pictures."""

    output: Path
    overwrite: bool = False

    @cached_property
    def record(self) -> Path:
        """The sheet's JSON."""
        return fitting(self.output.parent, self.output.stem, ".json")

    @cached_property
    def folder(self) -> Path:
        """Where its cells are."""
        return fitting(self.output.parent, self.output.stem, "-panels")

    @cached_property
    def curve(self) -> Path:
        """Where the curve of a sheet that has one goes."""
        return fitting(self.output.parent, self.output.stem, "-curve.png")

    def of(self, cell: Cell) -> Path:
        """Return a cell's file."""
        return fitting(self.folder, cell.name, ".png")

    def check_output(self, inputs: Sequence[str] = ()) -> None:
        """Make sure, before anything is read, that a sheet can be drawn and written."""
        check_installed()
        writing.check_output(self.output, overwrite=True, inputs=tuple(map(Path, inputs)))
        check_place(self.record)
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"{self.folder} is not a folder; choose another name for the sheet")

    def check(self, sheet: Sheet, inputs: Sequence[str] = ()) -> None:
        """Make sure, before the first cell, that nothing but an earlier part of it is replaced."""
        self.check_output(inputs)
        written = [self.output, self.record, *([self.curve] if sheet.curve else [])]
        read = set(map(os.path.realpath, inputs))
        for path in (*written, *map(self.of, sheet.painted)):
            landing(path)
            if os.path.realpath(path) in read:
                raise UsageError(f"{path} is also an input; choose another name for the sheet")
        ours = self.record.exists() and records(self.record, self._record_of(sheet))
        taken = [path for path in written if path.exists() and not ours]
        if taken and not self.overwrite:
            raise UsageError(
                f"{taken[0]} exists and is no part of this sheet; choose another name or allow it "
                "with --overwrite"
            )

    def write_record(self, sheet: Sheet, told: Mapping[str, Told]) -> None:
        """Write what is known of a sheet: of its cells, by name, what is `told` of them."""
        write_record(self.record, self._record_of(sheet, told))

    def _record_of(self, sheet: Sheet, told: Mapping[str, Told] | None = None) -> Any:
        return record_of(sheet, told or {}, self.output, self.of)

    def kept(self, cell: Cell, run: Run) -> Recipe | None:
        """Return the recipe of a cell that is there; None where it is still to be painted.

        Raises UsageError where another picture has its name.
        """
        path = self.of(cell)
        if not path.exists():
            return None
        try:
            recipe = _recipe_in(path)
        except Exception:  # whatever it is, it is not ours
            recipe = None
        if recipe is not None and recipe.paints(run.settings, run.ingredients):
            return None if recipe.interrupted else recipe
        if not self.overwrite:
            raise UsageError(
                f"{path} is another picture than the one to paint; choose another name for the "
                "sheet or allow it with --overwrite"
            )
        return None


@dataclass(frozen=True)
class Work:
    """A sheet whose cells were all prepared and so checked: what is there, and what lacks."""

    sheet: Sheet
    files: SheetFiles
    missing: Sequence[tuple[Cell, Identity]]
    there: Known
    told: dict[str, Told]


def check_sheet(sheet: Sheet, files: SheetFiles, inputs: Sequence[str] = ()) -> Work:
    """Prepare every cell, and look which are there; raise UsageError where one cannot be painted.

    `inputs` are files that must stay.
    """
    files.check(sheet, inputs)
    missing, there, told = [], {}, {}
    for cell in sheet.painted:
        # Prepared again when it is painted: all at once would hold their pictures in the memory.
        run = _prepared(cell)
        identity = run.settings, run.ingredients
        recipe = files.kept(cell, run)
        if recipe is None:
            missing.append((cell, identity))
        else:
            there[identity] = files.of(cell)
            told[cell.name] = Told(recipe)
    return Work(sheet, files, missing, there, told)


def paint_sheet(
    work: Work, watcher: Watcher, *, thumbnail: int | None = None, known: Known | None = None
) -> None:
    """Paint what lacks of a sheet's cells, judge them all, and draw the sheet.

    `known` are pictures of other sheets, which takes in this one's: what is the same is painted
    once.
    """
    sheet, files, told = work.sheet, work.files, work.told
    known = {} if known is None else known
    known.update(work.there)
    watcher.kept(sheet, len(work.there))
    make_folder(files.folder)
    files.write_record(sheet, told)
    for number, (cell, identity) in enumerate(work.missing, 1):
        if identity in known:
            _copy(known[identity], files.of(cell))
        else:
            _paint(cell, files.of(cell), watcher.cell(sheet, cell, number, len(work.missing)))
        known[identity] = files.of(cell)
        told[cell.name] = Told(_recipe_in(files.of(cell)))
        files.write_record(sheet, told)
    pictures = _judged(work, thumbnail or THUMBNAIL_PX)
    files.write_record(sheet, told)
    drawn = as_picture(draw_sheet(layout_of(sheet, pictures, told, thumbnail)))
    writing.save(drawn, files.output)
    watcher.drawn(files.output)
    if sheet.curve is not None:
        _draw_curve(sheet, sheet.curve, told, files.curve)
        watcher.drawn(files.curve)


def _judged(work: Work, long_side: int) -> dict[str, Picture]:
    """Judge every painted cell; return all cells' pictures, no larger than the sheet needs them."""
    pictures = {}
    for cell in filter(None, work.sheet.cells):
        picture = cell.shown
        if picture is None:
            picture = load(work.files.of(cell), reading())
            recipe = work.told[cell.name].recipe
            work.told[cell.name] = Told(recipe, work.sheet.judge(picture, recipe))
        pictures[cell.name] = at_most(picture, long_side)
    return pictures


def _copy(known: Path, path: Path) -> None:
    with replacing(path) as stream:
        stream.write(known.read_bytes())


def _recipe_in(path: Path) -> Recipe:
    return Recipe.from_json(read_recipe_text(path) or "", str(path))


def _prepared(cell: Cell) -> Run:
    assert cell.prepare is not None
    return cell.prepare()


def _paint(cell: Cell, path: Path, observer: Observer) -> None:
    run, state = going_on(_prepared(cell), checkpoint_beside(path))
    # What is there under this name is an earlier part of it.
    outputs = Outputs(output=path, overwrite=True)
    try:
        Job(run=run, outputs=outputs, observers=[observer], resume=state).paint()
    except Interrupted as stop:
        stop.add_note("the same command goes on with this picture")
        raise


def _draw_curve(sheet: Sheet, curve: Curve, told: Mapping[str, Told], path: Path) -> None:
    at = [float(cell.values[curve.over]) for cell in sheet.painted]
    figures = [told[cell.name].figures for cell in sheet.painted]
    lines = [Line(name, at, [found[name] for found in figures]) for name in curve.figures]
    with page(*_CURVE_PX) as figure:
        draw_lines(figure, lines, x_label=curve.x_label, y_label=curve.y_label, logarithmic="xy")
        save(figure, path)
