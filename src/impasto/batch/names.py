"""What the pictures of a batch are called, by a template."""

from __future__ import annotations

import os
import string
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from impasto.errors import UsageError, suggestion
from impasto.files import fitting

TEMPLATE = "{content}-{style}.{ext}"
# What stands for what in a template.
FIELDS: Mapping[str, str] = {
    "content": "the photograph's name",
    "style": "the style's, or several joined by +",
    "ext": "the photograph's format, png where that is not written",
    "folder": "where the photograph is, below the FOLDER or the fixed part of the GLOB",
    "number": "the picture's place in the batch, from 1; {number:04} with zeros",
}


def check_template(template: str) -> None:
    """Raise UsageError for a template that makes no name."""
    try:
        asked = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
        for name in asked:
            if name not in FIELDS:
                known = ", ".join(f"{{{known}}}" for known in FIELDS)
                near = suggestion(name, FIELDS)
                raise UsageError(f"--name has no {{{name}}}; choose from {known}{near}")
        template.format(**{**dict.fromkeys(FIELDS, "x"), "number": 1})
    except (ValueError, IndexError, KeyError, AttributeError) as fault:
        if isinstance(fault, UsageError):
            raise
        raise UsageError(f"--name cannot be {template!r}: {fault}; give as {TEMPLATE}") from fault


def named(template: str, values: Mapping[str, Any]) -> str:
    """Return the path below the batch's folder that a template makes, with / between its parts."""
    path = template.format(**values)
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def below(folder: Path, name: str) -> Path:
    """Return where a picture of this name goes; raise UsageError for a place outside the folder."""
    relative = PurePath(name)
    if relative.is_absolute() or ".." in relative.parts or not relative.name:
        raise UsageError(f"the picture {name!r} would not be in {folder}; name one that is")
    stem, ending = os.path.splitext(relative.name)
    return fitting(folder / relative.parent, stem, ending)


def check_distinct(named: Iterable[tuple[Path, str]]) -> None:
    """Raise UsageError where two pictures, each with words for what it is, would be one file."""
    known: dict[str, str] = {}
    for path, what in named:
        # Some file systems make no difference between a and A, or between two ways to write é.
        name = unicodedata.normalize("NFC", str(path)).casefold()
        if name in known:
            raise UsageError(
                f"{known[name]} and {what} would both be {path}; tell them apart with --name, as "
                "'{folder}/{content}-{style}.{ext}' or '{number:04}-{content}-{style}.{ext}'"
            )
        known[name] = what
