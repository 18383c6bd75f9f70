"""Adam, which needs less memory than L-BFGS and more steps."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from impasto.optimizers.pixels import BOUNDED, Parameterization
from impasto.optimizers.stepper import Evaluate


class Adam:
    """Adam (Kingma and Ba 2014) on the variable behind the pixels."""

    def __init__(
        self, image: Tensor, learning_rate: float, pixels: Parameterization = BOUNDED
    ) -> None:
        """Start at `image` (1,3,H,W), 0..1; `learning_rate` is a share of the pixel range."""
        self._pixels = pixels
        self._variable = self._pixels.to_variable(image)
        self._rate = learning_rate
        self._mean = torch.zeros_like(self._variable)
        self._square = torch.zeros_like(self._variable)
        self._steps = 0

    def step(self, evaluate: Evaluate) -> tuple[Tensor, dict[str, Tensor]]:
        """Evaluate here, then move."""
        image = self._pixels.to_picture(self._variable).requires_grad_()
        losses = evaluate(image)
        assert image.grad is not None
        gradient = image.grad * self._pixels.slope(self._variable)
        self._steps += 1
        self._mean = self._mean.lerp(gradient, 1 - 0.9)
        self._square = self._square.lerp(gradient.square(), 1 - 0.99)
        mean = self._mean / (1 - 0.9**self._steps)
        square = self._square / (1 - 0.99**self._steps)
        # Only guards 0 / 0: an epsilon of any size would set a scale for the loss.
        tiny = torch.finfo(square.dtype).tiny
        self._variable = self._variable - self._rate * mean / (square.sqrt() + tiny)
        return image.detach(), losses

    def state(self) -> dict[str, Tensor]:
        """Return what `restore` needs."""
        return {
            "variable": self._variable,
            "mean": self._mean,
            "square": self._square,
            "steps": torch.tensor(self._steps),
            "rate": torch.tensor(self._rate, dtype=torch.float64),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state of the same size."""
        device = self._variable.device
        self._variable, self._mean, self._square = (
            state[name].to(device, copy=True) for name in ("variable", "mean", "square")
        )
        self._steps, self._rate = int(state["steps"]), state["rate"].item()
