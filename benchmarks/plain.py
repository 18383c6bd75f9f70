"""Style transfer in the usual tutorial manner: nn.Conv2d, in-place ReLU, autograd, torch's L-BFGS.

What impasto is compared with: same filters, layers, losses and start, nothing made fast.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from impasto.network.input_convention import MEAN_RGB, for_rgb
from impasto.network.normalisation import filter_means, normalised
from impasto.network.weights import load
from impasto.settings.layers import VGG19_LAYERS

CONTENT = "relu4_2"
STYLE = [f"relu{block}_1" for block in range(1, 6)]


class Plain:
    """One picture being painted; `step` is one evaluation of torch's L-BFGS."""

    def __init__(self, content: Tensor, style: Tensor, device: str = "cpu") -> None:
        """Take (1,3,H,W) pictures, 0..1."""
        self._layers = _network(device)
        self._mean = torch.tensor(MEAN_RGB, device=device).view(1, 3, 1, 1)
        content, style = content.to(device), style.to(device)
        with torch.no_grad():
            self._content = self._features(content)[CONTENT]
            maps = self._features(style)
            self._grams = {name: gram(maps[name]) for name in STYLE}
        self.image = content.clone().requires_grad_()
        self._optimizer = torch.optim.LBFGS(
            [self.image], max_iter=1, history_size=20, tolerance_grad=0, tolerance_change=0
        )

    def step(self) -> float:
        """Evaluate once, move, and return the loss."""
        return float(self._optimizer.step(self._closure))

    def _closure(self) -> Tensor:
        self._optimizer.zero_grad()
        maps = self._features(self.image)
        loss = functional.mse_loss(maps[CONTENT], self._content) / 1001
        for name in STYLE:
            difference = functional.mse_loss(gram(maps[name]), self._grams[name])
            loss = loss + 1000 / 1001 * 0.2 * difference
        loss.backward()
        return loss

    def _features(self, image: Tensor) -> dict[str, Tensor]:
        found, current = {}, image - self._mean
        for name, layer in self._layers.items():
            current = layer(current)
            if name in (CONTENT, *STYLE):
                found[name] = current
        return found


def gram(features: Tensor) -> Tensor:
    """Return F F^T / M of (1,C,h,w)."""
    rows = features.flatten(2)[0]
    return rows @ rows.T / rows.shape[1]


def _network(device: str) -> dict[str, nn.Module]:
    names = VGG19_LAYERS[: VGG19_LAYERS.index("relu5_1") + 1]
    filters = normalised(
        for_rgb(load([name.replace("relu", "conv") for name in names])), filter_means()
    )
    layers: dict[str, nn.Module] = {}
    for name, (kernels, biases) in zip(names, filters.values(), strict=True):
        convolution = nn.Conv2d(kernels.shape[1], kernels.shape[0], 3, padding=1)
        convolution.weight.data, convolution.bias.data = kernels.float(), biases.float()
        convolution.requires_grad_(False)
        if name.endswith("_1") and name != "relu1_1":
            layers[f"pool before {name}"] = nn.AvgPool2d(2, ceil_mode=True)
        layers[name] = nn.Sequential(convolution, nn.ReLU(inplace=True))
    return {name: layer.to(device) for name, layer in layers.items()}
