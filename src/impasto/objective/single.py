"""The objective of a single picture, one region and one size: for trials and measures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impasto.memory.storage import Storage
from impasto.network.vgg import build
from impasto.objective.objective import Objective, make_objective
from impasto.scene.scene import plain_scene
from impasto.settings.settings import Settings


def single_objective(
    settings: Settings,
    content: Tensor,
    styles: Sequence[tuple[Tensor, float]],
    dtype: torch.dtype,
    *,
    tile_px: int | None = None,
    storage: Storage | None = None,
) -> Objective:
    """Return the objective of pictures (1,3,H,W) on one device, each style with its share.

    The settings' network computes in `dtype`. Raises WeightsError as `build` does.
    """
    encoder = build(settings, settings.layers, device=content.device, dtype=dtype)
    scene = plain_scene(content, styles)
    return make_objective(encoder, scene, settings, tile_px=tile_px, storage=storage)
