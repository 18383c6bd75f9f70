"""What is written beside a sheet: each cell's place, recipe, losses and figures, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from impasto.engine.recipe import Recipe
from impasto.errors import UsageError
from impasto.files import replacing
from impasto.schema import fitted, parsed
from impasto.sheets.sheet import Cell, Sheet, Told

# What a record begins with, and the form that this version writes.
MARK, FORM = "impasto sheet", 1
# 400 cells of a recipe each are a tenth of it.
_LARGEST_BYTES = 50_000_000


class _Cell(Struct):
    row: Annotated[int, Meta(ge=1)]
    column: Annotated[int, Meta(ge=1)]
    title: str = ""
    file: str | None = None
    recipe: dict[str, Any] | None = None


class _Record(Struct):
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[_Cell, ...]
    sheet: str = ""
    row_title: str = ""
    column_title: str = ""


def record_of(
    sheet: Sheet, told: Mapping[str, Told], output: Path, file_of: Callable[[Cell], Path]
) -> dict[str, Any]:
    """Return what is known of a sheet, for JSON: of its cells, by name, what is `told` of them."""
    return {
        MARK: FORM,
        "sheet": output.name,
        "title": sheet.title,
        "row_title": sheet.row_title,
        "column_title": sheet.column_title,
        "rows": list(sheet.rows),
        "columns": list(sheet.columns),
        "cells": [
            {
                "row": sheet.place(cell)[0],
                "column": sheet.place(cell)[1],
                "title": cell.title,
                "values": dict(cell.values),
                "file": _beside(output, file_of(cell)) if cell.prepare else None,
                **_plain(told.get(cell.name)),
            }
            for cell in sheet.cells
            if cell is not None
        ],
    }


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write what `record_of` returned."""
    with replacing(path) as stream:
        stream.write((json.dumps(record, indent=1) + "\n").encode())


def records(path: Path, record: Mapping[str, Any]) -> bool:
    """Return whether a file is a record of the same sheet, painted or not."""
    try:
        found, like = _read(path), fitted(record, _Record)
    except UsageError:
        return False
    for cell in (*found.cells, *like.cells):
        cell.recipe = None
    return found == like


def recipe_in(path: Path, row: int, column: int) -> Recipe:
    """Return the recipe of a sheet's cell, counted from 1; raise UsageError where there is none."""
    found = _read(path)
    painted = {(cell.row, cell.column): cell.recipe for cell in found.cells if cell.recipe}
    recipe = painted.get((row, column))
    if recipe is None:
        rows, columns = len(found.rows), len(found.columns)
        known = " ".join(f"{r},{c}" for r, c in sorted(painted)) or "none yet"
        raise UsageError(
            f"{path} has no painted cell {row},{column} (row,column) among its {rows} x {columns}; "
            f"painted are {known}"
        )
    return Recipe.from_json(json.dumps(recipe), f"{path}, cell {row},{column}")


def _beside(output: Path, file: Path) -> str:
    """Return a cell's file as it is found from the sheet's folder."""
    return file.relative_to(output.parent).as_posix()


def _plain(told: Told | None) -> dict[str, Any]:
    if told is None:
        return {}
    return {"figures": dict(told.figures), "recipe": json.loads(told.recipe.as_json())}


def _read(path: Path) -> _Record:
    """Read a record; raise UsageError, with the reason, for anything else."""
    if not path.is_file():
        raise UsageError(f"there is no record of a sheet at {path}")
    if path.stat().st_size > _LARGEST_BYTES:
        raise UsageError(f"{path} is no record of a sheet: it is too large")
    try:
        values = parsed(path.read_bytes().decode("utf-8", "replace"))
        if not isinstance(values, dict) or values.get(MARK) != FORM:
            raise UsageError(f"it does not begin with '{MARK}': {FORM}")
        return fitted(values, _Record)
    except UsageError as fault:
        raise UsageError(f"{path} is no record of a sheet: {fault}") from fault
