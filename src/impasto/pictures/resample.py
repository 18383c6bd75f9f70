"""Change a picture's size, or what of it is fine detail."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def resize(image: Tensor, height: int, width: int) -> Tensor:
    """Resize (1,3,H,W), 0..1, by bicubic interpolation, averaging where it shrinks."""
    if image.shape[-2:] == (height, width):
        return image
    resized = functional.interpolate(
        image, (height, width), mode="bicubic", antialias=True, align_corners=False
    )
    return resized.clamp_(0, 1)  # bicubic overshoots at edges


def smooth(image: Tensor) -> Tensor:
    """Blur (1,3,H,W) with 1/4, 1/2, 1/4 along both axes, reflected at the border."""
    return _smooth_along(_smooth_along(image, 2), 3)


def reflected(maps: Tensor, axis: int, before: int, after: int) -> Tensor:
    """Continue (1,C,H,W) by so many reflected rows or columns."""
    # Flips rather than functional.pad, whose gradient on CUDA adds in no fixed order.
    size = maps.shape[axis]
    parts = [maps]
    if before:
        parts.insert(0, maps.narrow(axis, 1, before).flip(axis))
    if after:
        parts.append(maps.narrow(axis, size - 1 - after, after).flip(axis))
    return torch.cat(parts, axis) if len(parts) > 1 else maps


def fine_detail(image: Tensor) -> Tensor:
    """Return what blurring takes off (1,3,H,W): ripples of a few pixels, nearly all of the finest.

    A ripple of f cycles a pixel along an axis keeps sin(pi f)^2 of its height.
    """
    return image - smooth(image)


def crossed_detail(image: Tensor) -> Tensor:
    """Return what blurring takes off along both axes at once (1,C,H,W): chequers of single pixels.

    A ripple keeps the product of sin(pi f)^2 of both axes: nearly nothing of lines along either.
    """
    for axis in (2, 3):
        image = image - _smooth_along(image, axis)
    return image


def enlarge(change: Tensor, height: int, width: int) -> Tensor:
    """Resize a difference of pictures (1,3,H,W), of any range, by bicubic interpolation."""
    return functional.interpolate(change, (height, width), mode="bicubic", align_corners=False)


def _smooth_along(image: Tensor, axis: int) -> Tensor:
    wide = reflected(image, axis, 1, 1)
    # Sums of shifted views: a third of the time of pooling.
    for size in (wide.shape[axis] - 1, wide.shape[axis] - 2):
        wide = wide.narrow(axis, 0, size) + wide.narrow(axis, 1, size)
    return wide / 4
