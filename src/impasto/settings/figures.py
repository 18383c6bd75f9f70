"""The paper's figures by name, and the options that all their pictures have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impasto.settings.presets import from_names

FIGURES = (
    *("content-layers", "style-layers", "transfer", "grid", "trade-off", "content-layer"),
    *("init", "photo"),
)

# Of Settings; the rest is what a figure shows.
CONTROLS = ("size", "iterations", "seed", "objective", "weights")
_COMMON = {"size": 256, "iterations": 200}
QUICK = {"size": 128, "iterations": 40}

BASE, _ = from_names(_COMMON)


def figure_options(asked: Mapping[str, Any], *, quick: bool = False) -> dict[str, Any]:
    """Return the options of all pictures of a figure, by name: those asked for before our own.

    Raises UsageError for one that cannot be.
    """
    common = {**(QUICK if quick else _COMMON), **asked}
    from_names(common)
    return common
