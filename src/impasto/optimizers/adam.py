"""Adam, which needs less memory than L-BFGS and more steps."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from impasto.optimizers.pixels import BOUNDED, Parameterization
from impasto.optimizers.stepper import Evaluate
from impasto.sharing.group import ALONE, Group
from impasto.sharing.shard import Kept, kept, take


class Adam:
    """Adam (Kingma and Ba 2014) on the variable behind the pixels."""

    def __init__(
        self,
        image: Tensor,
        learning_rate: float,
        pixels: Parameterization = BOUNDED,
        group: Group = ALONE,
    ) -> None:
        """Start at `image` (1,3,H,W), 0..1; `learning_rate` is a share of the pixel range.

        Each process of the `group` moves its own range of the pixels.
        """
        self._pixels = pixels
        self._group = group
        self._shape = image.shape
        self._variable = self._pixels.to_variable(group.own(image))
        self._rate = learning_rate
        self._mean = torch.zeros_like(self._variable)
        self._square = torch.zeros_like(self._variable)
        self._steps = 0

    def step(self, evaluate: Evaluate) -> tuple[Tensor, dict[str, Tensor]]:
        """Evaluate here, then move."""
        own = self._pixels.to_picture(self._variable)
        image = self._group.whole(own, self._shape).requires_grad_()
        losses = evaluate(image)
        assert image.grad is not None
        gradient = self._group.own(image.grad) * self._pixels.slope(self._variable)
        self._steps += 1
        self._mean = self._mean.lerp(gradient, 1 - 0.9)
        self._square = self._square.lerp(gradient.square(), 1 - 0.99)
        mean = self._mean / (1 - 0.9**self._steps)
        square = self._square / (1 - 0.99**self._steps)
        # Only guards 0 / 0: an epsilon of any size would set a scale for the loss.
        tiny = torch.finfo(square.dtype).tiny
        self._variable = self._variable - self._rate * mean / (square.sqrt() + tiny)
        return image.detach(), losses

    def state(self) -> dict[str, Kept]:
        """Return what `restore` needs."""
        vectors = {"variable": self._variable, "mean": self._mean, "square": self._square}
        return {
            **{name: self._kept(name, own) for name, own in vectors.items()},
            "steps": torch.tensor(self._steps),
            "rate": torch.tensor(self._rate, dtype=torch.float64),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state of the same size."""
        # Anew: those that were handed out are never changed.
        self._variable, self._mean, self._square = (
            self._taken(name, state.get(name)) for name in ("variable", "mean", "square")
        )
        self._steps, self._rate = int(state["steps"]), state["rate"].item()

    def _taken(self, name: str, given: Tensor | None) -> Tensor:
        own = torch.empty_like(self._variable)
        take(self._kept(name, own), given)
        return own

    def _kept(self, name: str, own: Tensor) -> Kept:
        return kept(name, own, self._shape, self._shape.numel(), self._group)
