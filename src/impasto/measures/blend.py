"""One figure for several styles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from impasto.measures.colour import Pixels
from impasto.scene.styles import Style


def blended(figure: Callable[[Pixels], float], styles: Sequence[Style]) -> float | None:
    """Return the mean of a figure over styles, by their shares; None without styles."""
    if not styles:
        return None
    return sum(style.weight * figure(style.picture.array) for style in styles)
