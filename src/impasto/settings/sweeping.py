"""Options that take several values in turn: which settings each cell of a contact sheet has."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from impasto.errors import UsageError, suggestion
from impasto.settings.option import options
from impasto.settings.presets import from_options
from impasto.settings.readers import show
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

MOST_AXES = 2
MOST_CELLS = 400


@dataclass(frozen=True)
class Axis:
    """An option, and the values it takes."""

    name: str
    values: tuple[Any, ...]

    @property
    def title(self) -> str:
        """The option, as people write it."""
        return self.name.replace("_", " ")

    @property
    def labels(self) -> tuple[str, ...]:
        """The values, as they would be typed."""
        return tuple(show(_plain(value)) for value in self.values)


@dataclass(frozen=True)
class Variant:
    """What one cell is painted by: its own values, and all settings with them."""

    values: Mapping[str, Any]
    settings: Settings
    resources: Resources


def read_axis(text: str) -> Axis:
    """Read `OPTION=VALUE,...`; with a semicolon between values, these may hold commas.

    Raises UsageError for what is neither, or an unknown option.
    """
    name, equals, values = text.partition("=")
    if not equals:
        raise UsageError(f"--over cannot be {text!r}; give OPTION=VALUE,VALUE")
    parts = (part.strip() for part in values.split(";" if ";" in values else ","))
    return _axis(name, [part for part in parts if part])


def axes_of(over: Mapping[str, Iterable[Any]]) -> tuple[Axis, ...]:
    """Return the axes of options by name, each with its values; raise UsageError as `check`."""
    found = []
    for name, values in over.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise UsageError(f"{name} is swept over {values!r}; give a list of values")
        found.append(_axis(name, list(values)))
    return tuple(found)


def variants(axes: Sequence[Axis], given: Mapping[str, Any]) -> tuple[Variant, ...]:
    """Return every cell's settings, row by row: the first axis goes down, the second across.

    `given` are the options that all cells have. Raises UsageError for a value that one of them
    cannot have, and for more axes or cells than a sheet holds.
    """
    _check(axes, given)
    names = [axis.name for axis in axes]
    found = []
    for values in itertools.product(*(axis.values for axis in axes)):
        own = dict(zip(names, values, strict=True))
        found.append(Variant(own, *from_options({**given, **own})))
    return tuple(found)


def _axis(name: str, values: Sequence[Any]) -> Axis:
    known = ("preset", *options(Settings), *options(Resources))
    field = name.strip().removeprefix("--").replace("-", "_")
    if field not in known:
        raise UsageError(f"there is no option '{name}' to sweep{suggestion(field, known)}")
    if not values:
        raise UsageError(f"{name} is swept over no values; give at least one")
    return Axis(field, tuple(values))


def _check(axes: Sequence[Axis], given: Mapping[str, Any]) -> None:
    if not 1 <= len(axes) <= MOST_AXES:
        raise UsageError(f"a sheet has one or two options to sweep, not {len(axes)}")
    names = [axis.name for axis in axes]
    if twice := [name for name in names if names.count(name) > 1 or name in given]:
        raise UsageError(f"{twice[0].replace('_', '-')} is given twice; sweep it, or give it once")
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MOST_CELLS:
        raise UsageError(f"a sheet of {count} cells is too large; it has {MOST_CELLS} at most")


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
