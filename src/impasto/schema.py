"""Data from strangers: JSON that becomes our own classes by their types, or is refused by field.

A class says with `Annotated` what its values may be; nothing is checked twice by hand. A pattern
says it in words too, in a comment that it begins with: `(?#64 hexadecimal digits)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from impasto.errors import UsageError, suggestion
from impasto.settings.option import options

_T = TypeVar("_T")

# What a pattern allows, in words: it begins with them.
_COMMENT = re.compile(r"\(\?#(.*?)\)")
# Letters of a reason that are told: what it quotes may be as long as a book.
_LONGEST = 200


def within(cls: type[Any], name: str) -> msgspec.Meta:
    """Return the range of an option, for the type of what may stand in a file."""
    option, _ = options(cls)[name]
    return msgspec.Meta(ge=option.low, le=option.high)


def parsed(text: str) -> Any:
    """Return the values of a JSON text; raise UsageError, with the reason, where it is none."""
    try:
        return json.loads(text)
    except RecursionError as fault:
        raise UsageError("it is nested too deep") from fault
    except json.JSONDecodeError as fault:
        raise UsageError(f"it is no JSON: {fault}") from fault
    except ValueError as fault:
        raise UsageError("it has a number of thousands of digits") from fault


def fitted(values: Any, kind: type[_T], make: Callable[[type[Any], Any], Any] | None = None) -> _T:
    """Make a `kind` of plain values; raise UsageError, with the field, for what cannot be one.

    `make` makes what JSON has no type for. Names that `kind` does not have are left out.
    """
    try:
        return msgspec.convert(values, kind, dec_hook=make)
    except UnicodeEncodeError as fault:  # half a letter, where no file name stands
        raise UsageError(f"a text in it is none: {fault.reason}") from fault
    except (msgspec.ValidationError, OverflowError) as fault:
        reason, _, field = str(fault).partition(" - at `$")
        where = field.rstrip("`").lstrip(".")
        if "matching regex" in reason:  # which is no word for people: its comment is
            reason = f"give {_COMMENT.findall(reason)[0]}"
        told = reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]} ..."
        raise UsageError(f"{where}: {told}" if where else told) from fault


def check_names(values: Any, made: Any, where: str = "") -> None:
    """Raise UsageError for the first name in plain values that what was made of them lacks."""
    if isinstance(values, Mapping) and isinstance(made, Mapping):
        for name, value in values.items():
            if name not in made:
                place = f" in {where}" if where else ""
                raise UsageError(f"there is no {name[:50]!r}{place}{suggestion(name[:50], made)}")
            check_names(value, made[name], f"{where}.{name}".lstrip("."))
    elif isinstance(values, list) and isinstance(made, Sequence):
        for number, (value, one) in enumerate(zip(values, made, strict=False)):
            check_names(value, one, f"{where}[{number}]")
