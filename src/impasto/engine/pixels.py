"""The unbounded variable behind the bounded pixels.

picture = 0.5 + 0.5 sin(2 z): every z is a picture in 0..1, so nothing is clipped at the end
and the optimiser never pushes against a wall it cannot see. The slope is 1 at mid grey, and
falls only as the root of the distance to black or white, so that a blown-out sky still moves.
"""

from __future__ import annotations

from torch import Tensor

# An eighth of an 8-bit step away from black and white, where the slope would be 0.
_EDGE = 1 / 2048


def to_variable(picture: Tensor) -> Tensor:
    """Return the z of a picture in 0..1."""
    return (2 * picture.clamp(_EDGE, 1 - _EDGE) - 1).asin() / 2


def to_picture(variable: Tensor) -> Tensor:
    """Return the picture, in 0..1, of any z."""
    return 0.5 + 0.5 * (2 * variable).sin()


def slope(variable: Tensor) -> Tensor:
    """Return d picture / d z."""
    return (2 * variable).cos()
