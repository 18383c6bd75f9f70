"""What every network is to us: pictures in, named feature maps out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from impasto.errors import UsageError
from impasto.network.architecture import Layer
from impasto.settings.layers import check_known


class Encoder(Protocol):
    """Whatever turns pictures into named feature maps, shallow layers first.

    One of the caller's own may say its `name`, and the `digest` of its weights (sha256): recipes
    will name them.
    """

    @property
    def layers(self) -> Mapping[str, Layer]:
        """Shapes of all layers, in depth order."""
        ...

    def walk(self, image: Tensor, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Encode `image` (1,3,H,W), sRGB 0..1: yield each of `names`, shallow first, with its map.

        A map is (1, C, ceil(H/stride), ceil(W/stride)). Who uses it before asking for the next
        keeps less in memory, and autograd goes the same way back.
        """
        ...


# Given where maps of another layer's size begin, with the pixels that are still needed around the
# inner part and the stride: returns what of the map is worth going on with.
Narrow = Callable[[Tensor, int, int], Tensor]


@runtime_checkable
class NarrowingEncoder(Encoder, Protocol):
    """An encoder that lets go of a halo as fewer layers need it."""

    def walk_narrowing(
        self, image: Tensor, names: Collection[str], narrow: Narrow
    ) -> Iterator[tuple[str, Tensor]]:
        """As `walk`, maps made narrower by `narrow`."""
        ...


def named(encoder: Encoder) -> tuple[str, str]:
    """Return the name that an encoder gives itself, or its type's, and its digest, if any.

    Raises UsageError for what no recipe can hold.
    """
    name = str(getattr(encoder, "name", type(encoder).__name__))
    digest = str(getattr(encoder, "digest", ""))
    if not (name.isprintable() and 1 <= len(name) <= 200):
        raise UsageError(f"an encoder's name has 1 to 200 letters, this one is {name[:200]!r}")
    if not re.fullmatch(r"([0-9a-f]{64})?", digest):
        raise UsageError(
            f"an encoder's digest is a sha256 in 64 hexadecimal digits, not {digest!r}"
        )
    return name, digest


def check_layers(encoder: Encoder, names: Collection[str]) -> None:
    """Raise UsageError where an encoder lacks one of the layers `names`."""
    check_known(names, list(encoder.layers), "this network")
