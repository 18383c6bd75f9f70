"""Pooling over 2x2 cells: the mean, as Gatys et al. prefer, or the largest, as VGG was trained.

Sides round up: a last window takes the cells it has, as in Caffe.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from impasto.memory.arena import empty_map
from impasto.native import operations as native

# Kernel, stride, padding, rounding up, counting the padding, divisor.
_WINDOWS = ([2, 2], [2, 2], [0, 0], True, False, None)


def pool(features: Tensor, kind: str) -> Tensor:
    """Return the `kind` ("average", "max") (1,C,ceil(h/2),ceil(w/2)) of (1,C,h,w)."""
    if kind == "max" and not native.takes(features):
        return functional.max_pool2d(features, 2, ceil_mode=True)
    made = _NativePool if native.takes(features) else _AveragePool
    result: Tensor = made.apply(features, kind)  # type: ignore[no-untyped-call]
    return result


class _NativePool(torch.autograd.Function):
    """Pooling in machine code."""

    @staticmethod
    def forward(context: Any, features: Tensor, kind: str) -> Tensor:
        context.save_for_backward(features)
        context.kind = kind
        return native.pool(features, kind)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (features,) = context.saved_tensors
        return native.pool_gradient(gradient, features, context.kind), None


class _AveragePool(torch.autograd.Function):
    """torch's own operation, its large results in memory that is held."""

    @staticmethod
    def forward(context: Any, features: Tensor, _kind: str) -> Tensor:
        context.save_for_backward(features)
        height, width = features.shape[2:]
        result = empty_map((features.shape[1], -(-height // 2), -(-width // 2)), features)
        torch.ops.aten.avg_pool2d.out(features, *_WINDOWS, out=result)
        return result

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (features,) = context.saved_tensors
        result = empty_map(features.shape[1:], features)
        torch.ops.aten.avg_pool2d_backward.grad_input(
            gradient, features, *_WINDOWS, grad_input=result
        )
        return result, None
