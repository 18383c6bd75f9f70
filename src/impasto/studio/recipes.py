"""A recipe that a dropped picture carries, as the page opens it. Knows no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from impasto.errors import UsageError
from impasto.settings.presets import from_names
from impasto.studio.asked import CLOSED, MOST_STYLES, plain_options
from impasto.studio.pictures import Pictures

_MARK = "impasto recipe"


def opened_recipe(text: str | None, pictures: Pictures) -> dict[str, Any] | None:
    """Return a recipe's options and those of its pictures that are here, None for no recipe.

    A stranger may have written it: what it names is looked up by contents, never opened by name.
    """
    try:
        values = json.loads(text or "null")
        if not isinstance(values, dict) or _MARK not in values:
            return None
        parts, settings = values["ingredients"], dict(values["settings"])
        missing: list[str] = []

        def found(part: Any) -> str | None:
            if not isinstance(part, Mapping):
                return None
            id_ = pictures.of_digest(str(part.get("sha256")))
            if id_ is None:
                missing.append(str(part.get("name", ""))[:100])
            return id_

        styles = [
            {
                "picture": found(style["picture"]),
                "weight": float(style.get("weight", 1.0)),
                "scale": float(style.get("scale", 1.0)),
                "regions": _regions(style.get("regions"), found),
            }
            for style in parts["styles"][:MOST_STYLES]
        ]
        return {
            "options": _options(settings),
            "content": found(parts.get("content")),
            "styles": styles,
            "regions": found(parts.get("regions")),
            "protect": found(parts.get("protect")),
            "missing": missing,
        }
    except (ValueError, TypeError, KeyError, RecursionError, UsageError, AttributeError):
        return None


def _options(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what differs from the defaults; raise UsageError for what this version cannot."""
    known = {name: value for name, value in settings.items() if name not in CLOSED}
    return plain_options(from_names(known)[0])


def _regions(value: Any, found: Any) -> str | None:
    if isinstance(value, list) and len(value) == 3:
        return "#" + "".join(f"{int(channel) & 255:02x}" for channel in value)
    id_: str | None = found(value)
    return id_
