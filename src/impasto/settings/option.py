"""Fields that know their help, range and reader: flags, pages and checks come from them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from impasto.errors import UsageError, suggestion


@dataclass(frozen=True, kw_only=True)
class Option:
    """What people need to know of one field: it makes the flag, the check and the page."""

    help: str
    group: str
    read: Callable[[Any], Any]
    metavar: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    unit: str = ""

    def describe(self) -> str:
        """Return what is allowed, as "0 or more", "1 to 64 px", "lbfgs or adam", or nothing."""
        unit = f" {self.unit}" if self.unit else ""
        if self.choices:
            return " or ".join(self.choices)
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"{self.low:g} to {self.high:g}{unit}"
        return f"{self.low:g}{unit} or more" if math.isfinite(self.low) else ""


def field(default: Any, help: str, group: str, metavar: str, read: Any = str, **more: Any) -> Any:
    """Make a field of Settings or Resources of its default and the rest of its Option."""
    option = Option(help=help, group=group, metavar=metavar, read=read, **more)
    return dataclasses.field(default=default, metadata={"option": option})


def choice(default: str, help: str, group: str, *choices: str) -> Any:
    """Make a field that is one of `choices`."""
    return field(default, help, group, "|".join(choices), choices=choices)


def options(cls: type[Any]) -> dict[str, tuple[Option, Any]]:
    """Return name -> (option, default) for every field, in the order they are written."""
    return {
        field.name: (field.metadata["option"], field.default) for field in dataclasses.fields(cls)
    }


def check_fields(values: Any) -> None:
    """Read every field of a new Settings or Resources; raise UsageError for what it cannot be."""
    for name, (option, _) in options(type(values)).items():
        object.__setattr__(values, name, _checked(name, option, getattr(values, name)))


def _checked(name: str, option: Option, value: Any) -> Any:
    label = name.replace("_", " ")
    try:
        value = option.read(value)
    except (TypeError, ValueError, OverflowError) as fault:
        allowed = option.describe() or option.metavar
        raise UsageError(f"{label} cannot be {value!r} ({fault}); give {allowed}") from fault
    if option.choices and value not in option.choices:
        near = suggestion(str(value), option.choices)
        raise UsageError(f"{label} cannot be {value!r}; choose {option.describe()}{near}")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float) and not option.low <= number <= option.high:
            raise UsageError(f"{label} cannot be {number:g}; give {option.describe()}")
    return value
