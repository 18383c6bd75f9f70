"""Lists of pictures to paint, each with options of its own: CSV, or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.errors import UsageError, suggestion
from impasto.schema import parsed
from impasto.settings.option import options
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

# Columns that are no option: files, by their names from the manifest's folder, and what is written.
FILES = ("content", "style", "output", "regions", "style_regions", "protect")
OWN = (*FILES, "depth", "frame")
# Of several in one cell of a CSV.
_BETWEEN = ";"
_LARGEST_BYTES = 100_000_000


@dataclass(frozen=True)
class Row:
    """One line of a manifest: where it stands, and its values by the names of options."""

    where: str
    values: Mapping[str, Any]

    def several(self, name: str) -> tuple[str, ...]:
        """Return a value that may be several."""
        value = self.values.get(name, ())
        if isinstance(value, str):
            value = [part.strip() for part in value.split(_BETWEEN)]
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise UsageError(f"{self.where}: {name} cannot be {value!r}; give a name, or a list")
        return tuple(one for one in value if one)

    def one(self, name: str) -> str | None:
        """Return a value that is one text, None where it is not given."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{self.where}: {name} cannot be {value!r}; give a name")
        return value

    @property
    def options(self) -> dict[str, Any]:
        """The preset, settings and resources."""
        return {name: value for name, value in self.values.items() if name not in OWN}


def read_manifest(path: Path) -> list[Row]:
    """Read a CSV with a line of names, or JSON lines; raise UsageError, with the line."""
    text = _text(path)
    first = text.lstrip()[:1]
    rows = list(_json_rows(text, path) if first == "{" else _csv_rows(text, path))
    if not rows:
        raise UsageError(f"the manifest {path} lists no pictures")
    return rows


def _text(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"there is no manifest {path}; give a CSV file or JSON lines")
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise UsageError(f"the manifest {path} is over {_LARGEST_BYTES // 1_000_000} MB long")
        return data.decode("utf-8-sig")  # as spreadsheets write it
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(f"the manifest {path} cannot be read: {reason}") from fault


def _json_rows(text: str, path: Path) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}, line {number}"
        if not line.strip():
            continue
        try:
            values = parsed(line)
        except UsageError as fault:
            raise UsageError(f"{where}: {fault}") from fault
        if not isinstance(values, dict):
            raise UsageError(f'{where}: give an object, as {{"content": "photo.jpg"}}')
        given = {name: value for name, value in values.items() if value is not None}
        yield Row(where, _known(given, where))


def _csv_rows(text: str, path: Path) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(lines, [])]
        _known(dict.fromkeys(head, ""), f"{path}, line 1")
        if twice := [name for name in head if head.count(name) > 1]:
            raise UsageError(f"{path}, line 1: the column {twice[0]} is there twice")
        for cells in lines:
            where = f"{path}, line {lines.line_num}"
            if len(cells) > len(head):
                raise UsageError(
                    f'{where}: {len(cells)} cells for {len(head)} columns; "quote" commas'
                )
            named = {name: cell.strip() for name, cell in zip(head, cells, strict=False)}
            given = {name: cell for name, cell in named.items() if cell}
            if given:
                yield Row(where, _known(given, where))
    except csv.Error as fault:
        raise UsageError(f"{path}, line {lines.line_num}: it is no CSV: {fault}") from fault


def _known(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return values by the names of options, whichever way those are written."""
    known = ("preset", *OWN, *options(Settings), *options(Resources))
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = name.strip().removeprefix("--").replace("-", "_")
        if field not in known:
            raise UsageError(f"{where}: there is no option '{name}'{suggestion(field, known)}")
        if field in found:
            raise UsageError(f"{where}: {field} is given twice")
        found[field] = value
    return found
