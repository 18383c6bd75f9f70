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
    return functional.avg_pool2d(functional.avg_pool2d(reflected(image, 1), 2, 1), 2, 1)


def reflected(maps: Tensor, margin: int) -> Tensor:
    """Return (1,C,H,W) with `margin` reflected pixels around it."""
    # Flips rather than functional.pad, whose gradient on CUDA adds in no fixed order.
    for axis in (2, 3):
        size = maps.shape[axis]
        before = maps.narrow(axis, 1, margin).flip(axis)
        after = maps.narrow(axis, size - 1 - margin, margin).flip(axis)
        maps = torch.cat((before, maps, after), axis)
    return maps


def fine_detail(image: Tensor) -> Tensor:
    """Return what blurring takes off (1,3,H,W): ripples of a few pixels, nearly all of the finest.

    A ripple of f cycles a pixel along an axis keeps sin(pi f)^2 of its height.
    """
    return image - smooth(image)


def enlarge(change: Tensor, height: int, width: int) -> Tensor:
    """Resize a difference of pictures (1,3,H,W), of any range, by bicubic interpolation."""
    return functional.interpolate(change, (height, width), mode="bicubic", align_corners=False)
