"""The variable behind the pixels, which is what an optimizer moves."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

# An eighth of an 8-bit step away from black and white, where the slope would be 0.
_EDGE = 1 / 2048


class Parameterization(Protocol):
    """How pixels follow from the variable, one by one."""

    def to_variable(self, picture: Tensor) -> Tensor:
        """Return the variable of a picture in 0..1."""
        ...

    def to_picture(self, variable: Tensor) -> Tensor:
        """Return the picture of any variable."""
        ...

    def slope(self, variable: Tensor) -> Tensor:
        """Return d picture / d variable."""
        ...


class Bounded:
    """picture = 0.5 + 0.5 sin(2 z): every z is a picture in 0..1.

    So nothing is clipped at the end and the optimizer never pushes against a wall it cannot see.
    The slope is 1 at mid grey, and falls only as the root of the distance to black or white, so
    that a blown-out sky still moves.
    """

    def to_variable(self, picture: Tensor) -> Tensor:
        """Return z, of black and white a little inside."""
        return (2 * picture.clamp(_EDGE, 1 - _EDGE) - 1).asin() / 2

    def to_picture(self, variable: Tensor) -> Tensor:
        """Return the picture, in 0..1."""
        return 0.5 + 0.5 * (2 * variable).sin()

    def slope(self, variable: Tensor) -> Tensor:
        """Return d picture / d z."""
        return (2 * variable).cos()


class Free:
    """The pixels themselves, which may leave 0..1; they are clipped when a level is over."""

    def to_variable(self, picture: Tensor) -> Tensor:
        """Return the picture."""
        return picture.clone()

    def to_picture(self, variable: Tensor) -> Tensor:
        """Return the variable."""
        return variable.clone()

    def slope(self, variable: Tensor) -> Tensor:
        """Return 1."""
        return variable.new_ones(())


BOUNDED = Bounded()

PIXELS: dict[str, Parameterization] = {"bounded": BOUNDED, "free": Free()}
