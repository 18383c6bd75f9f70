"""The paper's content loss: equal responses, cell by cell."""

from __future__ import annotations

from torch import Tensor

from impasto.losses.loss import Loss, Sums


class ContentLoss(Loss):
    """Mean squared difference of responses (Gatys et al. 2016, eq. 1, as a mean).

    The paper prints half the sum; the authors' code, and we, take the mean over cells and
    filters: see docs/papers.md.
    """

    def measure(
        self, features: Tensor, weight: Tensor | None = None, reference: Tensor | None = None
    ) -> Sums:
        """Count values and sum squared differences from `reference` (1,C,h,w)."""
        assert reference is not None
        squares = (features.float() if features.itemsize < 4 else features) - reference
        squares = squares.square()
        if weight is None:
            return squares.new_full((), squares.numel()), squares.sum()
        return weight.sum(dtype=squares.dtype) * features.shape[1], (squares * weight).sum()

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Return the mean; the reference already entered the sums."""
        count, total = sums
        return total / count
