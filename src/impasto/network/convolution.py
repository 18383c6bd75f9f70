"""One layer: 3x3 convolution, bias and ReLU in one autograd step that keeps only its output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from impasto.memory.arena import empty_map
from impasto.network import winograd
from impasto.network.pausing import pause
from impasto.network.pooling import pool

# Measured on two CPU cores (docs/benchmarks.md): below this many products a cell the
# transforms cost more than they save.
_WINOGRAD_PRODUCTS = 64 * 64
# Cells of a strip that is convolved directly: a few MB at 64 channels.
_STRIP_CELLS = 16384


def transforms(products: int, device: torch.device, dtype: torch.dtype) -> bool:
    """Return whether a layer with so many products a cell (filters times inputs) is transformed.

    Never in half precision, whose digits the transforms would use up.
    """
    return products >= _WINOGRAD_PRODUCTS and device.type == "cpu" and dtype.itemsize >= 4


class Convolution:
    """Zero-padded 3x3 convolution with fixed kernels (O,C,3,3) and biases (O,), then ReLU."""

    def __init__(self, kernels: Tensor, biases: Tensor) -> None:
        """Prepare the kernels for both directions; both tensors are on one device."""
        self._biases = biases
        # The input gradient is the same operation, kernels turned round and channels swapped.
        self._forward = _Kernels(kernels)
        self._backward = _Kernels(kernels.flip(2, 3).transpose(0, 1))

    def __call__(self, features: Tensor) -> Tensor:
        """Return the responses (1,O,h,w) to (1,C,h,w)."""
        result: Tensor = _Rectified.apply(features, self)  # type: ignore[no-untyped-call]
        return result

    def pooled(self, features: Tensor, kind: str) -> Tensor:
        """Return what pooling makes of the responses: (1,O,ceil(h/2),ceil(w/2))."""
        return pool(self(features), kind)

    def responses(self, features: Tensor) -> Tensor:
        """Return the responses without their gradient."""
        return self._forward.convolve(features, biases=self._biases)

    def input_gradient(self, gradient: Tensor, responses: Tensor) -> Tensor:
        """Return the gradient on the input from the one on the responses."""
        return self._backward.convolve(gradient, gate=responses)


class _Kernels:
    """Kernels of one direction, in the form that is fastest for their shape and device."""

    def __init__(self, kernels: Tensor) -> None:
        products = kernels.shape[0] * kernels.shape[1]
        self._transformed = transforms(products, kernels.device, kernels.dtype)
        if self._transformed:
            self._kernels = winograd.transform_kernels(kernels)
        else:
            self._kernels = kernels.contiguous(memory_format=torch.channels_last)

    def convolve(
        self, features: Tensor, biases: Tensor | None = None, gate: Tensor | None = None
    ) -> Tensor:
        features = features.contiguous(memory_format=torch.channels_last)
        if self._transformed:
            return winograd.convolve(features, self._kernels, biases, gate)
        if features.device.type != "cpu":
            return self._convolve_whole(features, biases, gate)
        result = empty_map((len(self._kernels), *features.shape[2:]), features)
        for rows in _strips(features):
            self._convolve_rows(features, rows, biases, gate, result[:, :, rows])
            pause()
        return result

    def _convolve_whole(
        self, features: Tensor, biases: Tensor | None, gate: Tensor | None
    ) -> Tensor:
        if gate is not None:
            features = torch.ops.aten.threshold_backward(features, gate, 0)
        result = functional.conv2d(features, self._kernels, biases, padding=1)
        return result if biases is None else result.relu_()

    def _convolve_rows(
        self,
        features: Tensor,
        rows: slice,
        biases: Tensor | None,
        gate: Tensor | None,
        result: Tensor,
    ) -> None:
        """Convolve some rows, with the row above and below where there are any."""
        seen = slice(max(0, rows.start - 1), rows.stop + 1)
        strip = features[:, :, seen]
        if gate is not None:
            strip = torch.ops.aten.threshold_backward(strip, gate[:, :, seen], 0)
        found = functional.conv2d(strip, self._kernels, biases, padding=1)
        found = found[:, :, rows.start - seen.start :][:, :, : result.shape[2]]
        if biases is None:
            result.copy_(found)
        else:
            torch.clamp(found, min=0, out=result)


def _strips(features: Tensor) -> Iterator[slice]:
    """Cut a map into a few rows that are convolved at once, and stay in the cache."""
    height, width = features.shape[2:]
    count = max(1, _STRIP_CELLS // width)
    for first in range(0, height, count):
        yield slice(first, min(first + count, height))


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: Tensor, layer: Convolution) -> Tensor:
        responses = layer.responses(features)
        context.save_for_backward(responses)
        context.layer = layer
        return responses

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (responses,) = context.saved_tensors
        return context.layer.input_gradient(gradient, responses), None
