"""Four looks: small variants of one job that differ in what matters most."""

from __future__ import annotations

from typing import Any

import msgspec

from impasto.settings.readers import show
from impasto.settings.settings import Settings
from impasto.settings.style_losses import COUNTING
from impasto.studio.asked import Asked, check_options

SIZE_PX = 256
_SEEN = 35  # of strength


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
    scales = [min(20.0, scale * 1.6) for scale in settings.style_scale]
    return {
        "As it is": {},
        **_other_strength(settings.strength),
        "Larger strokes": {"style_scale": scales[0] if len(scales) == 1 else show(tuple(scales))},
        "Closer to the brush": {"style_loss": _other_loss(settings)},
    }


def _other_strength(strength: float) -> dict[str, dict[str, Any]]:
    """Return as much less style as is seen at a glance, or more where there is little."""
    if strength < _SEEN:
        return {"Stronger": {"strength": strength + _SEEN}}
    return {"Gentler": {"strength": strength - _SEEN}}


def _other_loss(settings: Settings) -> str:
    """Return the loss that differs most from the settings', of those that their network can."""
    counts = settings.network == "normalised"
    known = [name for name in ("sliced", "covariance", "gram") if counts or name not in COUNTING]
    return next(name for name in known if name != settings.style_loss)


def _small(settings: Settings) -> int | str:
    """Return the size of a look; a texture keeps its shape."""
    size = settings.size
    if not isinstance(size, str) or "x" not in size:
        return min(SIZE_PX, size) if isinstance(size, int) else SIZE_PX
    width, height = (int(side) for side in size.split("x"))
    scale = min(1.0, SIZE_PX / max(width, height))
    return f"{max(32, round(width * scale))}x{max(32, round(height * scale))}"
