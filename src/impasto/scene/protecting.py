"""Parts of the photograph that stay as they are, while everything around them is painted."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from impasto.optimizers.stepper import Evaluate


@dataclass(frozen=True, eq=False)
class Protection:
    """A photograph (1,3,H,W) laid over the painting by `mask` (1,1,H,W): wholly where it is 1."""

    photo: Tensor
    mask: Tensor

    def over(self, painted: Tensor) -> Tensor:
        """Return the painting with the photograph over it; where the mask is 1, to the bit."""
        return painted.lerp(self.photo, self.mask).where(self.mask < 1, self.photo)

    def beneath(self, seen: Tensor) -> Tensor:
        """Return the painting that `over` made what is seen of, 0 where none of it is seen."""
        return (seen - self.mask * self.photo) / (1 - self.mask).clamp(min=1e-3)

    def around(self, evaluate: Evaluate) -> Evaluate:
        """Return what evaluates, of a painting, what is seen of it."""

        def evaluate_seen(painted: Tensor) -> dict[str, Tensor]:
            seen = self.over(painted.detach()).requires_grad_()
            losses = evaluate(seen)
            assert seen.grad is not None
            painted.grad = seen.grad * (1 - self.mask)
            return losses

        return evaluate_seen
