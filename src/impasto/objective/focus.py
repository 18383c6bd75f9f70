"""Where the photograph has something to keep: cells that respond unlike their neighbours."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from impasto.losses.strips import strips

# A flat place still counts so much beside the mean, or forms of the painting appear in skies.
_LEAST = 0.2
# Elsewhere, and on a CPU.
_CELLS_AT_ONCE = (1 << 17, 1 << 14)


@torch.no_grad()
def focus_of(maps: Tensor, focus: float) -> Tensor | None:
    """Return how much each cell of responses (1,C,h,w) counts (1,1,h,w), 1 in the mean.

    As the power `focus` of how much responses differ there; None for 0, where each counts alike.
    """
    if not focus:
        return None
    spread = _averaged(_averaged(_differences(maps))).sqrt()
    count = (spread / spread.mean().clamp(min=torch.finfo(spread.dtype).tiny)) ** focus + _LEAST
    return count / count.mean()


def _differences(maps: Tensor) -> Tensor:
    """Return the mean squared difference of each cell from those beside it (1,1,h,w)."""
    height, width = maps.shape[2:]
    wide = torch.promote_types(maps.dtype, torch.float32)
    found, pairs = maps.new_zeros(2, 1, 1, height, width, dtype=wide)
    for rows in strips(maps, _CELLS_AT_ONCE):
        # With the row above, so that each pair is seen once.
        first, stop = max(0, rows.start - 1), rows.stop
        strip = maps[:, :, first:stop].to(wide)
        down = (strip[:, :, 1:] - strip[:, :, :-1]).square().sum(1, keepdim=True)
        for beside in (slice(first, stop - 1), slice(first + 1, stop)):
            found[:, :, beside] += down
            pairs[:, :, beside] += 1
        strip = strip[:, :, rows.start - first :]
        across = (strip[..., 1:] - strip[..., :-1]).square().sum(1, keepdim=True)
        for beside in (slice(None, -1), slice(1, None)):
            found[:, :, rows, beside] += across
            pairs[:, :, rows, beside] += 1
    mean: Tensor = found / pairs.clamp(min=1)
    return mean


def _averaged(cells: Tensor) -> Tensor:
    """Average (1,1,h,w) over squares of three cells a side, fewer at the border."""
    return functional.avg_pool2d(cells, 3, 1, 1, count_include_pad=False)
