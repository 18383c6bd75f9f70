"""Named values, sorted into Settings and Resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impasto.errors import UsageError, suggestion
from impasto.settings.option import options
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


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
