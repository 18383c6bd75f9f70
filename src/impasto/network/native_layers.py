"""A layer in machine code: what it keeps for the gradient is a gate of one bit a number."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from impasto.native import operations as native
from impasto.native.waiting import Waiting, may_wait, settled
from impasto.network import winograd
from impasto.network.pooling import pool

COLOURS = 3


class NativeConvolution:
    """As Convolution; pooling that follows is part of it where nobody wants the responses."""

    def __init__(self, kernels: Tensor, biases: Tensor) -> None:
        """Prepare kernels (O,C,3,3) for both directions, and biases (O,)."""
        turned = kernels.flip(2, 3).transpose(0, 1)
        self.biases = biases.contiguous()
        self.panels, self.turned = (
            winograd.at_points(native.in_panels(one.permute(2, 3, 1, 0)))
            for one in (kernels, turned)
        )

    def __call__(self, features: Tensor) -> Tensor:
        """Return the responses (1,O,h,w) to (1,C,h,w)."""
        return self.pooled(features, "")

    def pooled(self, features: Tensor, kind: str) -> Tensor:
        """Return what pooling makes of the responses: (1,O,ceil(h/2),ceil(w/2))."""
        waiting: Waiting = []
        result: Tensor = _Layer.apply(features, self, kind, waiting)  # type: ignore[no-untyped-call]
        return result if kind else may_wait(result, waiting)


class NativeFirst:
    """The first layer, of a picture."""

    def __init__(self, kernels: Tensor, biases: Tensor) -> None:
        """Prepare kernels (O,3,3,3) for both directions, and biases (O,)."""
        self.biases = biases.contiguous()
        self.panels = native.first_panels(kernels)
        self.turned = native.first_gradient_panels(kernels)

    def __call__(self, picture: Tensor) -> Tensor:
        """Return the responses (1,O,h,w) to (1,3,h,w)."""
        waiting: Waiting = []
        result: Tensor = _First.apply(picture, self, waiting)  # type: ignore[no-untyped-call]
        return may_wait(result, waiting)

    def pooled(self, picture: Tensor, kind: str) -> Tensor:
        """Return what pooling makes of the responses."""
        return pool(self(picture), kind)


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, features: Tensor, layer: NativeConvolution, kind: str, waiting: Waiting
    ) -> Tensor:
        gated = context.needs_input_grad[0]
        result, gate = native.convolve(features, layer.panels, layer.biases, kind, gated)
        context.set_materialize_grads(False)
        context.save_for_backward(gate)
        context.kept = layer, kind, waiting, features.shape[2:], result.shape[1:]
        return result

    @staticmethod
    def backward(context: Any, gradient: Tensor | None) -> tuple[Tensor | None, ...]:
        (gate,), (layer, kind, waiting, size, shape) = context.saved_tensors, context.kept
        if waiting:
            gradient = settled(gradient, waiting, shape)
        if gradient is not None:
            gradient = native.convolve_gradient(gradient, gate, layer.turned, size, kind)
        return gradient, None, None, None


class _First(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, picture: Tensor, layer: NativeFirst, waiting: Waiting) -> Tensor:
        gated = context.needs_input_grad[0]
        result, gate = native.first(picture, layer.panels, layer.biases, gated)
        context.set_materialize_grads(False)
        context.save_for_backward(gate)
        context.kept = layer, waiting, result.shape[1:]
        return result

    @staticmethod
    def backward(context: Any, gradient: Tensor | None) -> tuple[Tensor | None, ...]:
        (gate,), (layer, waiting, shape) = context.saved_tensors, context.kept
        if waiting:
            gradient = settled(gradient, waiting, shape)
        if gradient is not None:
            gradient = native.first_gradient(gradient, gate, layer.turned)
        return gradient, None, None
