"""Where in the picture each term counts: masks of pixels carried to the cells of every layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from impasto.pictures.resample import resize

# A region with less than this share of a picture is not painted on its own: its statistics
# would be those of a few cells.
LEAST_SHARE = 1e-4


@dataclass(frozen=True, eq=False)
class Region:
    """A part of a picture and the styles that serve it: style number, share, mask of the style.

    Masks are (1,1,H,W), 0..1, of their maps' own sizes or of a level's; None is all of a picture.
    """

    name: str
    mask: Tensor | None
    styles: tuple[tuple[int, float, Tensor | None], ...]

    @property
    def share(self) -> float:
        """The region's share of the picture's pixels."""
        return 1.0 if self.mask is None else self.mask.mean().item()


def whole(shares: tuple[float, ...]) -> Region:
    """Return the one region of a picture that has no map, with each style's share."""
    return Region("", None, tuple((number, share, None) for number, share in enumerate(shares)))


def both(mask: Tensor | None, other: Tensor | None) -> Tensor | None:
    """Return where two masks of one size are both 1; None is everywhere."""
    if mask is None or other is None:
        return other if mask is None else mask
    return mask * other


def without(mask: Tensor | None, protected: Tensor | None) -> Tensor | None:
    """Return where a mask is 1 and nothing is protected; None is everywhere, or nothing."""
    return both(mask, None if protected is None else 1 - protected)


def mask_at(mask: Tensor | None, size: tuple[int, int], device: torch.device) -> Tensor | None:
    """Return a mask at a (height, width), on a device; None is everywhere."""
    return None if mask is None else resize(mask.to(device), *size)


def at_stride(mask: Tensor | None, stride: int) -> Tensor | None:
    """Carry a mask (1,1,H,W) to a layer's cells, (1,1,ceil(H/stride),ceil(W/stride)).

    A cell counts by the share of its own pixels in the mask: Gatys et al. 2017's "simple"
    propagation. The alternative, only cells that see nothing but the region, leaves borders
    and thin regions without any style.
    """
    if mask is None or stride == 1:
        return mask
    return functional.avg_pool2d(mask, stride, ceil_mode=True, count_include_pad=False)


def is_enough(mask: Tensor | None) -> bool:
    """Return whether a mask covers enough to take statistics of."""
    return mask is None or (bool(mask.isfinite().all()) and mask.mean().item() >= LEAST_SHARE)
