"""Transparent pixels: whatever colour they hold, nobody sees it, and nothing may come of it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from impasto.pictures.picture import Picture


def filled(picture: Picture) -> Picture:
    """Return the picture with colours beside its transparent pixels gone on beneath them.

    What editors leave there (black, white, the old background) would be an edge to the network,
    and come through where a picture is made smaller.
    """
    visible = picture.visible()
    if visible is None:
        return picture
    colours = _spread(picture.tensor()[None], visible).clamp(0, 1)
    return picture.with_pixels(np.ascontiguousarray(colours[0].permute(1, 2, 0).numpy()))


def _spread(image: Tensor, visible: Tensor) -> Tensor:
    """Fill (1,3,H,W) where `visible` (1,1,H,W) is low from means over ever larger cells."""
    if visible.min() > 0 or min(image.shape[-2:]) < 2:
        return image
    share = functional.avg_pool2d(visible, 2, ceil_mode=True)
    means = functional.avg_pool2d(image * visible, 2, ceil_mode=True) / share.clamp(min=1e-6)
    means = torch.where(share > 0, means, 0)
    # From now on a cell counts wholly as soon as it has a colour.
    coarse = _spread(means, (share > 0).to(share))
    around = functional.interpolate(coarse, image.shape[-2:], mode="bilinear", align_corners=False)
    return image.lerp(around, (visible <= 0).to(image))
