"""A photograph in the light and colours of a painting of it, its own structure untouched.

What keeps a picture a photograph is that its colours change by local affine maps alone (Luan et
al. 2017). The guided filter (He, Sun and Tang 2010, eq. 14-16 and 19) fits one to every
neighbourhood; it is fitted to a small copy and applied to the large one (He and Sun 2015), so
that the fit's memory does not depend on the size, and a preview looks like the print.

We leave the filter in one place: what a flat neighbourhood says nothing about stays as it is,
instead of being evened out, so a photograph in its own light is itself.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from impasto.pictures.resample import enlarge, reflected, resize

# The small copy's square root of the area, and the radius of a neighbourhood there: a sixteenth.
# With less, strokes and blotches come through; with more, the light of one house is its street's.
_COPY_PX, _RADIUS_PX = 512, 32

# Variance of the colours below which a neighbourhood counts as flat.
_FLAT = 1e-3


def relit(photo: Tensor, painted: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return a photograph (1,3,H,W), 0..1, in the light and colours of its painting.

    `weight` (1,1,H,W), 0..1, says how much each pixel of the painting counts.
    """
    height, width = photo.shape[-2:]
    shrunk = min(1.0, _COPY_PX / math.sqrt(height * width))
    size = max(1, round(height * shrunk)), max(1, round(width * shrunk))
    radius = min(round(_RADIUS_PX * math.sqrt(size[0] * size[1]) / _COPY_PX), min(size) - 1)
    counts = (
        torch.ones(1, 1, *size, dtype=torch.float32) if weight is None else resize(weight, *size)
    )
    small, goal = resize(photo, *size), resize(painted, *size)
    slopes, offsets = _fits(small, goal, counts, max(1, radius))
    result = enlarge(offsets, height, width)
    # One map of slopes at a time: nine at full size would take as much as three pictures.
    for number in range(9):
        channel, of = divmod(number, 3)
        slope = enlarge(slopes[:, number : number + 1], height, width)[:, 0]
        result[:, channel].addcmul_(slope, photo[:, of])
    return result.clamp_(0, 1)


def _fits(photo: Tensor, painted: Tensor, weight: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """Return every pixel's affine map: slopes (1,9,h,w), painted by photo, and offsets (1,3,h,w).

    The mean of the maps that were fitted to the neighbourhoods around it.
    """
    guide, goal, counts = photo.double(), painted.double(), weight.double()
    whole = _mean(counts, radius).clamp(min=1e-6)

    def mean(maps: Tensor) -> Tensor:
        return _mean(maps * counts, radius) / whole

    guide_mean, goal_mean = mean(guide), mean(goal)
    spread = mean(_products(guide, guide)) - _products(guide_mean, guide_mean)
    common = mean(_products(goal, guide)) - _products(goal_mean, guide_mean)
    flat = _FLAT * torch.eye(3, dtype=guide.dtype).to(guide)
    slopes = torch.linalg.solve(_matrices(spread) + flat, _matrices(common) + flat, left=False)
    offsets = _vectors(goal_mean) - slopes @ _vectors(guide_mean)
    rows, columns = photo.shape[-2:]
    slope_maps = slopes.permute(2, 3, 0, 1).reshape(1, 9, rows, columns)
    offset_maps = offsets.permute(2, 3, 0, 1).reshape(1, 3, rows, columns)
    return _mean(slope_maps, radius).float(), _mean(offset_maps, radius).float()


def _mean(maps: Tensor, radius: int) -> Tensor:
    """Return the mean of each square neighbourhood, reflected at the border."""
    side = 2 * radius + 1
    padded = reflected(reflected(maps, 2, radius, radius), 3, radius, radius)
    return functional.avg_pool2d(functional.avg_pool2d(padded, (side, 1), 1), (1, side), 1)


def _products(one: Tensor, other: Tensor) -> Tensor:
    """Return all products of channels (1,9,h,w)."""
    return (one[:, :, None] * other[:, None]).flatten(1, 2)


def _matrices(maps: Tensor) -> Tensor:
    """Return (1,9,h,w) as (h,w,3,3)."""
    return maps.view(3, 3, *maps.shape[2:]).permute(2, 3, 0, 1)


def _vectors(maps: Tensor) -> Tensor:
    """Return (1,3,h,w) as (h,w,3,1)."""
    return maps[0].permute(1, 2, 0)[..., None]
