"""Whether bfloat16 pays on this machine's CPU: two layers, timed both ways."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from impasto.network.vgg import convolution

# Channels and side of the layers: large enough for the matrix units, a millisecond each.
_LAYERS = ((128, 48), (256, 24))
_TRIES = 3
# Less is not worth the digits: the layers are not all of an evaluation.
_WORTH = 1.5


@cache
def bfloat16_pays() -> bool:
    """Return whether layers take 1.5 times longer in float32; tried once for the process.

    Never tried where the processor has no instructions for bfloat16, which is then up to 80 times
    slower.
    """
    return has_instructions() and advantage() >= _WORTH


def has_instructions() -> bool:
    """Return whether this processor multiplies bfloat16: AMX, AVX512-BF16 or Arm's."""
    known = ("_is_amx_tile_supported", "_is_avx512_bf16_supported", "_is_arm_bf16_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in known)


@torch.no_grad()
def advantage() -> float:
    """Return how many times longer two layers take in float32 than in bfloat16."""
    seconds = {torch.float32: 0.0, torch.bfloat16: 0.0}
    for channels, side in _LAYERS:
        generator = torch.Generator().manual_seed(0)
        shape = (1, channels, side, side)
        features = torch.rand(shape, generator=generator, dtype=torch.float32)
        features = features.contiguous(memory_format=torch.channels_last)
        kernels = torch.ones(channels, channels, 3, 3, dtype=torch.float32)
        for dtype in seconds:
            layer = convolution(kernels.to(dtype), torch.zeros(channels, dtype=dtype))
            seconds[dtype] += _fastest(layer, features.to(dtype))
    return seconds[torch.float32] / seconds[torch.bfloat16]


def _fastest(layer: Callable[[Tensor], Tensor], features: Tensor) -> float:
    found = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        layer(features)
        found.append(time.perf_counter() - began)
    return min(found)
