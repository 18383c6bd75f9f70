"""Fields that know their help, range and reader: flags, pages and checks come from them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from impasto.errors import UsageError, suggestion
from impasto.settings.readers import plain_number

Kind = TypeVar("Kind")


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
    say: Callable[[float], str] = plain_number
    may_change: bool = False  # while a run goes on

    def describe(self) -> str:
        """Return what is allowed, as "0 or more", "1 to 64 px", "lbfgs or adam", or nothing."""
        if self.choices:
            return " or ".join(self.choices)
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"{plain_number(self.low)} to {self.say(self.high)}"
        return f"{self.say(self.low)} or more" if math.isfinite(self.low) else ""

    def ask(self) -> str:
        """Return what to give: words that stand for a value, and what is allowed beside them."""
        words = [] if self.choices else [part for part in self.metavar.split("|") if part.islower()]
        form = self.describe() or "|".join(
            part for part in self.metavar.split("|") if part not in words
        )
        return " or ".join(part for part in (", ".join(words), form) if part)


def field(default: Any, help: str, option: Callable[..., Option]) -> Any:
    """Make a field of Settings or Resources of its default, its help and the rest of its option."""
    return dataclasses.field(default=default, metadata={"option": option(help=help)})


def group(name: str) -> Callable[..., Callable[..., Option]]:
    """Make what makes the options under a heading of --help, all but their help."""

    def option(
        metavar: str = "",
        read: Callable[[Any], Any] = str,
        *,
        choices: Iterable[str] = (),
        **more: Any,
    ) -> Callable[..., Option]:
        known = tuple(choices)
        shown = metavar or "|".join(known)
        return partial(Option, group=name, metavar=shown, read=read, choices=known, **more)

    return option


def given(values: Any, cls: type[Kind]) -> Kind:
    """Return what is a Settings, Resources or the like, a new one for None, else a UsageError."""
    if values is None:
        return cls()
    if not isinstance(values, cls):
        name = cls.__name__
        named = values.items() if isinstance(values, dict) else ()
        example = f"{name}({', '.join(f'{key}={value!r}' for key, value in named)})"
        raise UsageError(f"{name.lower()} cannot be {values!r}; give {example}")
    return values


def options(cls: type[Any]) -> dict[str, tuple[Option, Any]]:
    """Return name -> (option, default) for every field, in the order they are written."""
    return {
        field.name: (field.metadata["option"], field.default) for field in dataclasses.fields(cls)
    }


def check_fields(values: Any) -> None:
    """Read every field of a new Settings or Resources; raise UsageError for what it cannot be."""
    for name, (option, _) in options(type(values)).items():
        value = checked(name.replace("_", " "), option, getattr(values, name))
        object.__setattr__(values, name, value)


def checked(label: str, option: Option, value: Any) -> Any:
    """Read one value; raise UsageError, by this label, for what it cannot be."""
    try:
        value = option.read(value)
    except (TypeError, ValueError, OverflowError) as fault:
        reason = f"type {type(value).__name__}" if isinstance(fault, TypeError) else str(fault)
        reason = reason.removeprefix(f"{value!r} is ")
        raise UsageError(f"{label} cannot be {value!r} ({reason}); give {option.ask()}") from fault
    if option.choices and value not in option.choices:
        near = suggestion(str(value), option.choices)
        raise UsageError(f"{label} cannot be {value!r}; choose {option.describe()}{near}")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float) and not option.low <= number <= option.high:
            raise UsageError(f"{label} cannot be {option.say(number)}; give {option.ask()}")
    return value
