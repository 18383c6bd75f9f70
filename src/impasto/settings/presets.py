"""Named sets of options: TOML files, those of the package and anybody's own.

A preset holds option names and values, and a `description`. What is given beside a preset goes
before it; what neither says is the default of Settings.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from impasto.errors import UsageError, suggestion
from impasto.files import read_small
from impasto.settings.option import options
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

NAMES = ("quick", "standard", "fine", "print", "loose", "paper", "photo")
DEFAULT = "standard"
# A command's own.
_OWN = ("reconstruction",)


@dataclass(frozen=True)
class Preset:
    """A preset's own words and options, and its file's text."""

    description: str
    values: Mapping[str, Any]
    text: str


def read_preset(name: str) -> Preset:
    """Read one of NAMES or a TOML file; raise UsageError where there is none or it is not one."""
    text = _text(name)
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(f"the preset {name} is not TOML: {fault}") from fault
    except (ValueError, RecursionError) as fault:
        raise UsageError(
            f"the preset {name} is nested too deep, or has a number of thousands of digits"
        ) from fault
    values = {key.replace("-", "_"): value for key, value in entries.items()}
    if len(values) < len(entries):
        raise UsageError(f"the preset {name} gives an option twice, with - and with _")
    description = str(values.pop("description", ""))
    try:
        from_names(values)
    except UsageError as fault:
        raise UsageError(f"the preset {name}: {fault}") from fault
    return Preset(description, values, text)


def from_options(options: Mapping[str, Any]) -> tuple[Settings, Resources]:
    """Sort named values into Settings and Resources, over those of their `preset`, if any.

    Raises UsageError for an unknown name, value or preset.
    """
    values = dict(options)
    name = values.pop("preset", None)
    preset = {} if name is None else read_preset(str(name)).values
    return from_names({**preset, **values})


def from_names(values: Mapping[str, Any]) -> tuple[Settings, Resources]:
    """Sort named values into Settings and Resources; raise UsageError for an unknown name."""
    known = {name: cls for cls in (Settings, Resources) for name in options(cls)}
    for name in values:
        if name not in known:
            raise UsageError(f"there is no option '{name}'{suggestion(name, known)}")
    chosen = {
        cls: {name: value for name, value in values.items() if known[name] is cls}
        for cls in (Settings, Resources)
    }
    return Settings(**chosen[Settings]), Resources(**chosen[Resources])


def _text(name: str) -> str:
    if name in (*NAMES, *_OWN):
        return files("impasto.settings").joinpath("preset_files", f"{name}.toml").read_text("utf-8")
    path = Path(name)
    if not os.path.exists(path):
        raise UsageError(
            f"there is no preset '{name}'; choose from {', '.join(NAMES)}, or give a TOML file"
            f"{suggestion(name, NAMES)}"
        )
    try:
        return read_small(path).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise UsageError(f"the preset {name} is not TOML: it is no text in UTF-8") from fault
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise UsageError(f"the preset {name} cannot be read: {reason}; give a TOML file") from fault
