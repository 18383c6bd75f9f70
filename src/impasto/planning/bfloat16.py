"""Whether bfloat16 pays on this machine's CPU: two layers, timed both ways."""

from __future__ import annotations

import time
from functools import cache

import torch

from impasto.network.vgg import convolution

# Channels and side of the layers: large enough for the matrix units, two milliseconds or so each.
_LAYERS = ((128, 64), (256, 32))
_TRIES = 6
# A win must show every time: where there is none, a thread that wakes late may feign one.
_TRIALS = 3
# Less is not worth the digits: the layers are not all of an evaluation.
_WORTH = 1.5


@cache
def bfloat16_pays() -> bool:
    """Return whether both layers take 1.5 times longer in float32, in each of three trials.

    Tried once for the process, and never where the processor has no instructions for bfloat16,
    which is then up to 80 times slower.
    """
    return has_instructions() and all(
        advantage(*layer) >= _WORTH for _ in range(_TRIALS) for layer in _LAYERS
    )


def has_instructions() -> bool:
    """Return whether this processor multiplies bfloat16: AMX, AVX512-BF16 or Arm's."""
    known = ("_is_amx_tile_supported", "_is_avx512_bf16_supported", "_is_arm_bf16_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in known)


@torch.no_grad()
def advantage(channels: int, side: int) -> float:
    """Return how many times longer a layer takes in float32 than in bfloat16.

    Both take turns, and only the fastest of each counts: what else the machine does slows one as
    well as the other.
    """
    generator = torch.Generator().manual_seed(0)
    features = torch.rand((1, channels, side, side), generator=generator, dtype=torch.float32)
    features = features.contiguous(memory_format=torch.channels_last)
    kernels = torch.ones(channels, channels, 3, 3, dtype=torch.float32)
    layers = {
        dtype: convolution(kernels.to(dtype), torch.zeros(channels, dtype=dtype))
        for dtype in (torch.float32, torch.bfloat16)
    }
    seconds: dict[torch.dtype, list[float]] = {dtype: [] for dtype in layers}
    for _ in range(_TRIES):
        for dtype, layer in layers.items():
            began = time.perf_counter()
            layer(features.to(dtype))
            seconds[dtype].append(time.perf_counter() - began)
    return min(seconds[torch.float32]) / min(seconds[torch.bfloat16])
