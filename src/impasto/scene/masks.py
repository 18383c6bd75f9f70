"""Where in the picture each term counts: masks of pixels carried to the cells of every layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# A region with less than this share of a picture is not painted on its own: its statistics
# would be those of a few cells.
LEAST_SHARE = 1e-4


@dataclass(frozen=True, eq=False)
class Region:
    """A part of one level's picture, and the styles that serve it.

    `mask` (1,1,H,W), 0..1, is None where the region is the whole picture. `styles` holds the
    styles' share in this region and their masks, each None where all of a style picture serves.
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


def outside(region: Region, protected: Tensor | None) -> Region:
    """Return the part of a region that is not protected, (1,1,H,W) where it is 1."""
    return within(region, None if protected is None else 1 - protected)


def within(region: Region, visible: Tensor | None) -> Region:
    """Return the part of a region that is visible, (1,1,H,W) where it is 1."""
    return Region(region.name, both(region.mask, visible), region.styles)


def both(mask: Tensor | None, other: Tensor | None) -> Tensor | None:
    """Return where two masks of one size are both 1; None is everywhere."""
    if mask is None or other is None:
        return other if mask is None else mask
    return mask * other


def at_stride(mask: Tensor, stride: int) -> Tensor:
    """Carry a mask (1,1,H,W) to a layer's cells, (1,1,ceil(H/stride),ceil(W/stride)).

    A cell counts by the share of its own pixels in the mask: Gatys et al. 2017's "simple"
    propagation. The alternative, only cells that see nothing but the region, leaves borders
    and thin regions without any style.
    """
    if stride == 1:
        return mask
    return functional.avg_pool2d(mask, stride, ceil_mode=True, count_include_pad=False)


def fits(mask: Tensor) -> bool:
    """Return whether a mask covers enough to take statistics of."""
    return bool(torch.isfinite(mask).all()) and mask.mean().item() >= LEAST_SHARE
