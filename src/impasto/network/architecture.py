"""Which layers a network has, their shapes, and what files call them. No weights, no tensors."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from impasto.settings.layers import VGG19_LAYERS

_CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512}

# What files call a convolution's weights. An index counts ReLUs and pools too: conv2_1's is 5.
NAMINGS = {
    "torchvision": "features.{index}",
    "Caffe": "conv{block}_{position}",
}


@dataclass(frozen=True)
class Layer:
    """A feature map's shape: channels, pixels a cell, pixels it sees beyond its cell each way."""

    channels: int
    stride: int
    reach: int


def layer_table(names: Iterable[str] = VGG19_LAYERS) -> dict[str, Layer]:
    """Return each of `names` (a VGG's layers in depth order, no gaps) with its shape."""
    table: dict[str, Layer] = {}
    stride, field, block = 1, 1, 1
    for name in names:
        if block_of(name) != block:
            block, field, stride = block_of(name), field + stride, stride * 2
        field += 2 * stride
        table[name] = Layer(_CHANNELS[block], stride, (field - stride) // 2)
    return table


def kernel_shapes(names: Iterable[str]) -> dict[str, tuple[int, int, int, int]]:
    """Return each layer's convolution, as conv1_1, with its kernels' shape (out, in, 3, 3)."""
    shapes: dict[str, tuple[int, int, int, int]] = {}
    incoming = 3
    for name, layer in layer_table(names).items():
        shapes[convolution_of(name)] = (layer.channels, incoming, 3, 3)
        incoming = layer.channels
    return shapes


def keys(naming: str, names: Iterable[str] = VGG19_LAYERS) -> dict[str, str]:
    """Return each layer's convolution, as conv1_1, with what files of a naming call it."""
    found = {}
    for number, name in enumerate(names):
        position, index = name.partition("_")[2], 2 * number + block_of(name) - 1
        key = NAMINGS[naming].format(block=block_of(name), position=position, index=index)
        found[convolution_of(name)] = key
    return found


def down_to(layers: Iterable[str], names: Collection[str]) -> list[str]:
    """Return `layers` down to the deepest of `names`."""
    ordered = list(layers)
    return ordered[: max(ordered.index(name) for name in names) + 1]


def block_of(name: str) -> int:
    """Return a layer's block: 3 for relu3_1."""
    return int(name.removeprefix("relu").split("_")[0])


def convolution_of(name: str) -> str:
    """Return the convolution that a layer rectifies: conv3_1 for relu3_1."""
    return name.replace("relu", "conv")


def layer_of(convolution: str) -> str:
    """Return the layer behind a convolution: relu3_1 for conv3_1."""
    return convolution.replace("conv", "relu")
