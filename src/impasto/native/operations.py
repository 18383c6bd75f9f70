"""The library's functions, for tensors: maps (1,C,h,w), float32, channels_last, on the CPU.

Results are in the arena where there is one. A map may be cut out of a larger one.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p
from functools import partial
from typing import Any

import torch
from torch import Tensor

from impasto.memory.arena import empty, empty_map
from impasto.native.library import Library, library
from impasto.native.team import is_native, scratch, size, together

# Every vector and panel of any processor divides this.
_CHANNELS = 32
# Patches in a block: few, so that they stay in the cache, but not so few that kernels are fetched
# for each of them. Measured (docs/benchmarks.md).
_PATCHES = 24
# Cells of a part that is summed up in order, and the most parts.
_PART_CELLS, _MOST_PARTS = 256, 32
_POOLINGS = ("", "average", "max")
_FIRST_NUMBERS, _STRIP = 32, 16


class _Map(ctypes.Structure):
    """As in vector.h."""

    _fields_ = (
        ("cells", c_void_p),
        ("height", c_int64),
        ("width", c_int64),
        ("channels", c_int64),
        ("row", c_int64),
    )


def takes(features: Tensor) -> bool:
    """Return whether there is machine code for a map of so many channels and of its type."""
    return (
        is_native()
        and features.dtype == torch.float32
        and features.device.type == "cpu"
        and features.shape[0] == 1
        and features.shape[1] % _CHANNELS == 0
    )


def takes_kernels(kernels: Tensor) -> bool:
    """Return whether there is machine code for a layer's kernels (O,C,3,3)."""
    filters, channels = kernels.shape[:2]
    is_fit = filters % _CHANNELS == 0 and (channels == 3 or channels % _CHANNELS == 0)
    return is_native() and kernels.dtype == torch.float32 and kernels.is_cpu and is_fit


def in_panels(matrices: Tensor) -> Tensor:
    """Return matrices (...,K,N) in panels of columns (...,N/panel,K,panel)."""
    panel = _library().panel
    split = matrices.reshape(*matrices.shape[:-1], -1, panel)
    return split.transpose(-2, -3).contiguous()


def convolve(
    features: Tensor, panels: Tensor, biases: Tensor, pooled: str = "", gated: bool = True
) -> tuple[Tensor, Tensor | None]:
    """Convolve, add biases (O,) and rectify; kernels transformed and in panels (36,O/p,C,p).

    Returns the responses, or what `pooled` ("average", "max") makes of them, and if `gated` their
    gate, which the gradient takes.
    """
    features = laid_out(features)
    height, width = features.shape[2:]
    filters = panels.shape[1] * panels.shape[3]
    halved = (filters, -(-height // 2), -(-width // 2))
    result = empty_map(halved if pooled else (filters, height, width), features)
    gate = _empty_gate(filters, height, width) if gated else None
    large, small = (None, _map(result)) if pooled else (_map(result), None)
    given = (panels, biases, filters, large, gate, small, _POOLINGS.index(pooled))
    _convolve("convolve", (_map(features), *given), (height, width), features.shape[1], filters)
    return result, gate


def convolve_gradient(
    gradient: Tensor, gate: Tensor, panels: Tensor, size: tuple[int, int], pooled: str = ""
) -> Tensor:
    """Return the gradient on the input (1,C,h,w) of `size` from the one on what came out.

    Kernels are turned round, channels swapped.
    """
    gradient = laid_out(gradient)
    channels = panels.shape[1] * panels.shape[3]
    result = empty_map((channels, *size), gradient)
    given = (_map(gradient), gate, _POOLINGS.index(pooled), panels, _map(result))
    _convolve("convolve_gradient", given, size, gradient.shape[1], channels)
    return result


def _convolve(
    name: str, given: tuple[Any, ...], size: tuple[int, int], channels: int, filters: int
) -> None:
    patches = -(-size[0] // 4) * -(-size[1] // 4)
    blocks, groups = _cut(patches, filters)
    floats = _floats("convolve", *size, channels, filters, blocks, groups)
    _call(name, (*given, blocks, groups), blocks * groups, floats)


def _empty_gate(channels: int, height: int, width: int) -> Tensor:
    """Return room for a bit of each number, in whole bytes of a vector."""
    count = _library().function("gate_bytes")(c_int64(channels)) or 0
    like = torch.empty(0, dtype=torch.uint8, device="cpu")
    return empty((height, width, count), like)


def _cut(patches: int, filters: int) -> tuple[int, int]:
    """Return into how many blocks a layer's patches are cut, and into how many groups its filters.

    As many units for each thread. A map of few patches is not cut: for each block the kernels
    are fetched once more, for each group only the patches are transformed.
    """
    threads, panels = size(), filters // _CHANNELS
    if patches >= threads * _PATCHES // 2:
        return threads * -(-patches // (threads * _PATCHES)), 1
    divisors = (count for count in range(1, panels + 1) if panels % count == 0)
    groups = max(count for count in divisors if count <= threads)
    return -(-patches // _PATCHES), groups


def first_panels(kernels: Tensor) -> Tensor:
    """Return the first layer's kernels (O,3,3,3) for `first`."""
    return in_panels(_seen(kernels))


def first_gradient_panels(kernels: Tensor) -> Tensor:
    """Return the first layer's kernels (O,3,3,3) for `first_gradient`."""
    return in_panels(_seen(kernels).T)


def _seen(kernels: Tensor) -> Tensor:
    """Return what an output sees, (dy, dx, channel) and zeros, by filters (32,O)."""
    seen = kernels.permute(2, 3, 1, 0).flatten(0, 2)
    return torch.cat((seen, seen.new_zeros(_FIRST_NUMBERS - len(seen), seen.shape[1])))


def first(
    picture: Tensor, panels: Tensor, biases: Tensor, gated: bool = True
) -> tuple[Tensor, Tensor | None]:
    """Convolve a picture (1,3,h,w), add biases and rectify; return responses and gate."""
    picture = laid_out(picture)
    height, width = picture.shape[2:]
    result = empty_map((len(biases), height, width), picture)
    gate = _empty_gate(len(biases), height, width) if gated else None
    given = (_map(picture), panels, biases, _map(result), gate)
    _call("first", given, height, _floats("first", width))
    return result, gate


def first_gradient(gradient: Tensor, gate: Tensor, panels: Tensor) -> Tensor:
    """Return the gradient on the picture (1,3,h,w) from the one on the responses."""
    gradient = laid_out(gradient)
    channels, height, width = gradient.shape[1:]
    result = empty_map((3, height, width), gradient)
    given = (_map(gradient), gate, panels, _map(result))
    floats = _floats("first_gradient", width, channels)
    _call("first_gradient", given, -(-height // _STRIP), floats)
    return result


def pool(features: Tensor, kind: str) -> Tensor:
    """Return the `kind` ("average", "max") of windows of 2x2, sides rounded up."""
    features = laid_out(features)
    channels, height, width = features.shape[1:]
    result = empty_map((channels, -(-height // 2), -(-width // 2)), features)
    _call("pool", (_map(features), _POOLINGS.index(kind), _map(result)), result.shape[2])
    return result


def pool_gradient(gradient: Tensor, features: Tensor, kind: str) -> Tensor:
    """Return the gradient on the features that were pooled."""
    gradient, features = laid_out(gradient), laid_out(features)
    result = empty_map(features.shape[1:], features)
    given = (_map(gradient), _map(features), _POOLINGS.index(kind), _map(result))
    _call("pool_gradient", given, gradient.shape[2])
    return result


def sums(features: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the sums over cells, each counting by `weight` (1,1,h,w), of F (C,) and F F^T."""
    features = laid_out(features)
    channels, cells = features.shape[1], features[0, 0].numel()
    parts = max(1, min(_MOST_PARTS, cells // _PART_CELLS))
    found = torch.empty(parts, channels + 1, channels, dtype=torch.float32, device="cpu")
    weight = None if weight is None else laid_out(weight.to(torch.float32))
    given = (_map(features), _map(weight), found, parts)
    _call("sums", given, parts, _floats("sums", channels))
    total = found.sum(0) if parts > 1 else found[0]
    right = total[:channels].triu()
    return total[channels], right + right.triu(1).T.contiguous()


def sums_gradient(
    features: Tensor,
    weight: Tensor | None,
    of_total: Tensor,
    of_outer: Tensor,
    into: Tensor | None = None,
) -> Tensor:
    """Return the gradient on the features from those on their sums, or add it `into` a map."""
    features = laid_out(features)
    channels, height, width = features.shape[1:]
    result = empty_map((channels, height, width), features) if into is None else into
    slope = in_panels(of_outer + of_outer.T.contiguous())  # torch turns faster than it adds turned
    weight = None if weight is None else laid_out(weight.to(torch.float32))
    given = (_map(features), _map(weight), slope, of_total.contiguous(), _map(result))
    adds = int(into is not None)
    _call("sums_gradient", (*given, adds), height, _floats("sums_gradient", channels))
    return result


def _floats(name: str, *counts: int) -> int:
    """Return the floats of scratch that a function takes for each thread."""
    return _library().function(f"{name}_scratch")(*map(c_int64, counts)) or 0


def _call(name: str, given: tuple[Any, ...], units: int, floats: int = 0) -> None:
    """Share a function's units of work among the team, with scratch of so many floats each."""
    arguments = [*map(_argument, given), ctypes.byref(c_int64(0))]
    call = partial(_run, _library().function(name), arguments, floats, given)
    together(call, units)


def _run(function: Any, arguments: list[Any], floats: int, _held: object) -> None:
    """Call in this thread; what is `_held` is kept alive meanwhile."""
    own = [c_void_p(scratch(floats).data_ptr())] if floats else []
    function(*arguments, *own)


def _argument(given: Any) -> Any:
    if isinstance(given, _Map):
        return ctypes.byref(given)
    if isinstance(given, Tensor):
        return c_void_p(given.data_ptr())
    return c_void_p() if given is None else c_int64(given)


def _map(features: Tensor | None) -> _Map | None:
    """Describe a map as _laid_out; the tensor lives as long as what is returned."""
    if features is None:
        return None
    channels, height, width = features.shape[1:]
    found = _Map(features.data_ptr(), height, width, channels, features.stride(2))
    found.held = features
    return found


def laid_out(features: Tensor) -> Tensor:
    """Return a map whose cells and channels lie one after another; rows may be apart."""
    channels, _, width = features.shape[1:]
    has_cells = channels == 1 or features.stride(1) == 1
    has_rows = width == 1 or features.stride(3) == channels
    if has_cells and has_rows:
        return features
    return features.contiguous(memory_format=torch.channels_last)


def _library() -> Library:
    found = library()
    assert isinstance(found, Library)
    return found
