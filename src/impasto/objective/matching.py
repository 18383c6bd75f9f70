"""The photograph's responses in its styles' terms: with their mean and spread in every filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.losses.moments import Moments, measure_moments
from impasto.losses.strips import strips

# A filter that hardly responds to the photograph is not made to shout: spreads under this share of
# the filters' mean count as so much, and none grows by more than so many times.
_LEAST_SPREAD = 0.1
_MOST_GAIN = 4.0

# Elsewhere, and on a CPU.
_CELLS_AT_ONCE = (1 << 17, 1 << 14)


@torch.no_grad()
def match(maps: Tensor, regions: Sequence[tuple[Tensor | None, Moments]]) -> None:
    """Change responses (1,C,h,w) in place: in each region to the mean and spread of its goal.

    Adaptive instance normalisation (Huang and Belongie 2017, eq. 8) in regions of masks (1,1,h,w),
    None is everywhere. What a filter says of one place beside another stays; what the styles want
    of it everywhere is granted, so that the content loss does not ask for the opposite. Responses
    follow a ReLU, so none becomes negative. Cells in no region stay as they are.
    """
    changes = [_change(measure_moments(maps, mask), goal, mask) for mask, goal in regions]
    for rows in strips(maps, _CELLS_AT_ONCE):
        strip = maps[:, :, rows]
        wide = strip.to(torch.promote_types(strip.dtype, torch.float32))
        strip.copy_(wide + sum(change.of(wide, rows) for change in changes)).clamp_(min=0)


class _Change(NamedTuple):
    """A factor less 1, and a shift (C,1,1), of the cells in a mask (1,1,h,w)."""

    gain: Tensor
    shift: Tensor
    mask: Tensor | None

    def of(self, strip: Tensor, rows: slice) -> Tensor:
        """Return what is to be added to some rows of responses."""
        change = strip * self.gain + self.shift
        return change if self.mask is None else change * self.mask[:, :, rows]


def _change(own: Moments, goal: Moments, mask: Tensor | None) -> _Change:
    """Return what makes responses of these moments a goal's."""
    spread, wanted = _spread(own), _spread(goal)
    least = _LEAST_SPREAD * spread.mean() + torch.finfo(spread.dtype).tiny
    gain = (wanted / spread.clamp(min=least)).clamp(max=_MOST_GAIN)
    shift = goal.mean() - gain * own.mean()
    return _Change((gain - 1)[:, None, None], shift[:, None, None], mask)


def _spread(moments: Moments) -> Tensor:
    return moments.covariance().diagonal().clamp(min=0).sqrt()
