"""A texture: painted from styles alone, it keeps nothing of any photograph."""

from __future__ import annotations

from dataclasses import replace

from impasto.errors import UsageError
from impasto.settings.settings import Settings


def without_photo(settings: Settings, *, regions: bool, protect: bool) -> Settings:
    """Return a texture's settings; raise UsageError for what would need a photograph."""
    asked = {
        "regions": regions,
        "protect": protect,
        "faces keep": settings.faces == "keep",
        f"colour {settings.colour}": settings.colour != "style",
        f"surface {settings.surface}": settings.surface != "painted",
    }
    if needing := [name for name, is_asked in asked.items() if is_asked]:
        raise UsageError(
            f"a texture has no photograph, which {' and '.join(needing)} would need: leave that "
            "out, or take a preset's back with --surface painted, --colour style or --faces style"
        )
    init = "noise" if settings.init == "content" else settings.init
    return replace(settings, content_weight=0.0, init=init)
