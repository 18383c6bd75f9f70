"""Cells of style pictures drawn by lot, for losses that compare with them one by one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from impasto.scene.masks import at_stride
from impasto.tiles.view import View

# Of the draw, never of a run: the same settings and pictures are painted alike by any seed.
_SEED = 0


@torch.no_grad()
def draw(
    view: View, image: Tensor, mask: Tensor | None, counts: Mapping[str, int]
) -> dict[str, Tensor]:
    """Draw cells (n,C) of each layer of a picture (1,3,H,W), where its mask (1,1,H,W) is.

    Fewer than `counts` only where there are no more. In the order of the draw, so that the first
    of it are a draw of fewer; the same in any tiles.
    """
    lots = {layer: _lots(image, mask, view.stride(layer), count) for layer, count in counts.items()}
    found: dict[str, Tensor] = {}
    with view.group.together():
        for tile in view.own_tiles(image):
            for layer, features in view.walk(view.cut(image, tile), tile, counts):
                if layer not in found:
                    found[layer] = features.new_zeros(len(lots[layer]), features.shape[1])
                _take(features, tile.cells(view.stride(layer)), lots[layer], found[layer])
    parts = [(found[layer],) for layer in counts] if found else []
    totals = view.group.total(parts, len(view.tiles(image)))
    return {layer: cells for layer, (cells,) in zip(counts, totals, strict=True)}


def _lots(image: Tensor, mask: Tensor | None, stride: int, count: int) -> Tensor:
    """Draw rows and columns (n,2) of cells that lie in the mask at least by half."""
    height, width = (-(-side // stride) for side in image.shape[-2:])
    guide = at_stride(mask, stride)
    if guide is None:
        among, every = None, height * width
    else:
        shares = guide.flatten()
        # Of a thin mask, those that lie in it most.
        among = (shares >= min(0.5, shares.max().item())).nonzero().flatten().cpu().numpy()
        every = len(among)
    chosen = np.random.default_rng(_SEED).choice(every, min(count, every), replace=False)
    cells = chosen if among is None else among[chosen]
    return torch.from_numpy(np.stack(np.divmod(cells, width), 1)).to(image.device)


def _take(features: Tensor, inner: tuple[slice, slice], lots: Tensor, into: Tensor) -> None:
    """Copy what a tile (1,C,h,w) has of the cells drawn, by its rows and columns, into (n,C)."""
    corner, end = (lots.new_tensor([getattr(s, of) for s in inner]) for of in ("start", "stop"))
    here = ((lots >= corner) & (lots < end)).all(1)
    y, x = (lots[here] - corner).T
    into[here] = features[0, :, y, x].T
