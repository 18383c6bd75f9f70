"""Whether maps go with the pictures that they are of."""

from __future__ import annotations

import math
from collections.abc import Sequence

from impasto.errors import UsageError


def check_shape(what: str, size: tuple[int, int], whose: str, other: tuple[int, int]) -> None:
    """Make sure that a map (height, width) has its picture's shape, or raise UsageError."""
    # A pixel more or less on the smaller one is rounding.
    slack = max(1.5 / min(*size, *other), 0.01)
    if abs(math.log((size[0] / size[1]) / (other[0] / other[1]))) > slack:
        raise UsageError(
            f"{what} is {size[1]} x {size[0]} px and {whose} {other[1]} x {other[0]} px: "
            "give a map of the same shape"
        )


def check_paired(photo: object | None, styles: Sequence[object | None]) -> None:
    """Raise UsageError where styles have regions, and the photograph has none that they serve."""
    if photo is None and any(style is not None for style in styles):
        raise UsageError("a style has a map of regions but the photograph has none: give --regions")
