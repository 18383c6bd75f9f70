"""A style: the picture it is taken from and its share among several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from impasto.errors import UsageError
from impasto.pictures.picture import Picture
from impasto.pictures.sources import as_picture


@dataclass(frozen=True, eq=False)
class Style:
    """A picture whose manner is wanted, with its share among several styles."""

    picture: Picture
    weight: float = 1.0


def as_styles(sources: Any, blend: tuple[float, ...] = ()) -> tuple[Style, ...]:
    """Make styles of one or several picture sources; shares are scaled to add up to 1.

    Raises UsageError when there are no styles or not one share for each.
    """
    items = sources if isinstance(sources, list | tuple) else [sources]
    if not items:
        raise UsageError("no style picture given")
    styles = [item if isinstance(item, Style) else Style(as_picture(item)) for item in items]
    shares = blend or tuple(style.weight for style in styles)
    if len(shares) != len(styles):
        raise UsageError(
            f"style blend has {len(shares)} shares for {len(styles)} styles; give one for each"
        )
    total = sum(shares)
    return tuple(
        Style(style.picture, share / total) for style, share in zip(styles, shares, strict=True)
    )
