"""Where the photograph has something to keep: cells whose responses differ from their neighbours'."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from impasto.losses.strips import strips

# A flat place still counts so much beside the mean, or forms of the painting appear in skies.
_LEAST = 0.2
# Elsewhere, and on a CPU.
_CELLS_AT_ONCE = (1 << 20, 1 << 14)


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
    """Return each cell's squared differences from the four beside it, over all filters (1,1,h,w)."""
    height, width = maps.shape[2:]
    wide = torch.promote_types(maps.dtype, torch.float32)
    found = maps.new_zeros(1, 1, height, width, dtype=wide)
    for rows in strips(maps, _CELLS_AT_ONCE):
        # With the row above, so that each pair is seen once.
        first, stop = max(0, rows.start - 1), min(height, rows.stop)
        strip = maps[:, :, first:stop].to(wide)
        down = (strip[:, :, 1:] - strip[:, :, :-1]).square().sum(1, keepdim=True)
        found[:, :, first : stop - 1] += down
        found[:, :, first + 1 : stop] += down
        strip = strip[:, :, rows.start - first :]
        across = (strip[..., 1:] - strip[..., :-1]).square().sum(1, keepdim=True)
        found[:, :, rows.start : stop, :-1] += across
        found[:, :, rows.start : stop, 1:] += across
    return found


def _averaged(cells: Tensor) -> Tensor:
    """Average (1,1,h,w) over squares of three cells a side, fewer at the border."""
    return functional.avg_pool2d(cells, 3, 1, 1, count_include_pad=False)
