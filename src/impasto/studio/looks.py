"""Four looks: small variants of one job that differ in what matters most."""

from __future__ import annotations

from typing import Any

import msgspec

from impasto.settings.settings import Settings
from impasto.studio.asked import Asked, check_options

SIZE_PX = 256


def looks(asked: Asked) -> list[tuple[dict[str, Any], Asked]]:
    """Return four jobs of a job, each with its look.

    That is a name, the options that make it, and the `size` that was asked for the picture itself
    (None for the preset's own), so that one of them can be painted large.
    """
    settings = check_options(asked.options, asked.preset)
    found = []
    for name, own in _variants(settings).items():
        values = {**asked.options, **own, "size": _small(settings)}
        look = {"name": name, "options": own, "size": asked.options.get("size")}
        found.append((look, msgspec.structs.replace(asked, options=values)))
    return found


def _variants(settings: Settings) -> dict[str, dict[str, Any]]:
    scales = tuple(min(20.0, scale * 1.6) for scale in settings.style_scale)
    other = "nearest" if settings.style_loss != "nearest" else "covariance"
    return {
        "As it is": {},
        "Gentler": {"strength": max(0.0, settings.strength - 20)},
        "Larger strokes": {"style_scale": ",".join(f"{scale:g}" for scale in scales)},
        "Closer to the brush": {"style_loss": other},
    }


def _small(settings: Settings) -> int | str:
    """Return the size of a look; a texture keeps its shape."""
    size = settings.size
    if not isinstance(size, str) or "x" not in size:
        return min(SIZE_PX, size) if isinstance(size, int) else SIZE_PX
    width, height = (int(side) for side in size.split("x"))
    scale = min(1.0, SIZE_PX / max(width, height))
    return f"{max(32, round(width * scale))}x{max(32, round(height * scale))}"
