"""A picture that the painting is held to, as a film's frame to the frame before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impasto.pictures.resample import resize


@dataclass(frozen=True, eq=False)
class Anchor:
    """A painting (1,3,H,W) to stay near, as far as `mask` (1,1,H,W), from 0 on, says.

    `weight` is what the mean square of the difference counts where all of the mask is 1.
    """

    image: Tensor
    mask: Tensor
    weight: float

    def at(self, size: tuple[int, int], device: torch.device) -> Anchor:
        """Return it at a level's (height, width), on a device."""
        image, mask = (resize(one.to(device), *size) for one in (self.image, self.mask))
        return replace(self, image=image, mask=mask)
