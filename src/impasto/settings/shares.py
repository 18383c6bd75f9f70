"""What each of several styles has of one picture: its share of the paint, and its scale."""

from __future__ import annotations

from collections.abc import Sequence

from impasto.errors import UsageError


def shares_of(weights: Sequence[float], blend: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Return what each style has of 1: by the blend, or by its own weight where there is none.

    Raises UsageError where there is not one share for each, or no share at all.
    """
    shares = blend or tuple(weights)
    _one_for_each("style blend", "shares", shares, len(weights))
    total = sum(shares)
    if not total:
        raise UsageError("the styles weigh nothing in all; give at least one a weight")
    return tuple(share / total for share in shares)


def scales_for(styles: int, scales: tuple[float, ...]) -> tuple[float, ...]:
    """Return a scale for each of so many styles; raise UsageError for a wrong number of them."""
    scales = scales * styles if len(scales) == 1 else scales
    _one_for_each("style scale", "numbers", scales, styles)
    return scales


def _one_for_each(what: str, unit: str, values: Sequence[float], styles: int) -> None:
    if len(values) != styles:
        raise UsageError(f"{what} has {len(values)} {unit} for {styles} styles; give one for each")
