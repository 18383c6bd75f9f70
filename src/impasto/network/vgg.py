"""VGG-19's convolutional part: a picture goes in, named feature maps come out.

Simonyan and Zisserman 2014, as Gatys et al. 2016 use it: no fully connected layers, average
or max pooling, filters normalised or as trained. Knows nothing of losses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from impasto.errors import UsageError, suggestion
from impasto.network.convolution import Convolution, transforms
from impasto.network.weights import Filters, load
from impasto.settings import VGG19_LAYERS, Settings

# The Caffe training set's mean colour, as RGB 0..1.
MEAN_RGB = (123.68 / 255, 116.779 / 255, 103.939 / 255)

_CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512}


@dataclass(frozen=True)
class Layer:
    """A feature map's shape: channels, pixels a cell, pixels it sees beyond its cell each way."""

    channels: int
    stride: int
    reach: int


class Encoder(Protocol):
    """Whatever turns pictures into named feature maps, shallow layers first."""

    @property
    def layers(self) -> Mapping[str, Layer]:
        """Shapes of all layers, in depth order."""
        ...

    def walk(self, image: Tensor, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Encode `image` (1,3,H,W), sRGB 0..1: yield each of `names`, shallow first, with its map.

        A map is (1, C, ceil(H/stride), ceil(W/stride)). Who uses it before asking for the next
        keeps less in memory, and autograd goes the same way back.
        """
        ...


def layer_table() -> dict[str, Layer]:
    """Return every layer of VGG-19 with its shape, in depth order."""
    table: dict[str, Layer] = {}
    stride, field, block = 1, 1, 1
    for name in VGG19_LAYERS:
        if _block(name) != block:
            block, field, stride = _block(name), field + stride, stride * 2
        field += 2 * stride
        table[name] = Layer(_CHANNELS[block], stride, (field - stride) // 2)
    return table


class VGG19:
    """The network down to the deepest layer it was built for."""

    def __init__(
        self,
        filters: Mapping[str, Filters],
        pooling: str = "average",
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Take `filters` (RGB 0..1 less the mean, names as `conv1_1`, no gaps) to a device."""
        self.layers: Mapping[str, Layer] = {
            name: layer for name, layer in layer_table().items() if _convolution(name) in filters
        }
        self._convolutions = {
            name: Convolution(kernels.to(dtype).to(device), biases.to(dtype).to(device))
            for name, (kernels, biases) in filters.items()
        }
        self._pool = _POOLS[pooling]
        self._dtype = dtype
        # The mean is taken off before the picture is rounded to the features' precision.
        precise = torch.promote_types(dtype, torch.float32)
        self._mean = torch.tensor(MEAN_RGB, device=device, dtype=precise).view(1, 3, 1, 1)

    def features(self, image: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        """Return all that `walk` yields."""
        return dict(self.walk(image, names))

    def walk(self, image: Tensor, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Encode `image` (1,3,H,W), sRGB 0..1, layer by layer; stop at the deepest of `names`.

        Each layer is taken after its ReLU; pooling rounds up as in Caffe, so a layer of
        stride s has (1, C, ceil(H/s), ceil(W/s)) cells. Raises UsageError for a layer that
        this network does not have.
        """
        deepest = max(self._depth(name) for name in names)
        # Zero padding follows the subtraction: beyond the border lies the mean colour.
        current = (image - self._mean).to(self._dtype, memory_format=torch.channels_last)
        block = 1
        for name in list(self.layers)[: deepest + 1]:
            if _block(name) != block:
                block, current = _block(name), self._pool(current)
            current = self._convolutions[_convolution(name)](current)
            if name in names:
                yield name, current

    def _depth(self, name: str) -> int:
        if name not in self.layers:
            known = list(self.layers)
            raise UsageError(
                f"unknown layer '{name}' for this network; choose from {known[0]} ... {known[-1]}"
                + suggestion(name, known)
            )
        return list(self.layers).index(name)


def build(
    settings: Settings,
    names: Collection[str],
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> VGG19:
    """Build the network that `settings` names, down to the deepest of the layers `names`.

    Raises WeightsError when the weights are missing or damaged.
    """
    deepest = max(VGG19_LAYERS.index(name) for name in names)
    convolutions = [_convolution(name) for name in VGG19_LAYERS[: deepest + 1]]
    filters = for_rgb(load(convolutions))
    if settings.network == "normalised":
        filters = normalised(filters, filter_means())
    return VGG19(filters, settings.pooling, device=device, dtype=dtype)


def weight_bytes(
    names: Collection[str], device: torch.device, dtype: torch.dtype = torch.float32
) -> int:
    """Return the bytes of the network down to the deepest of `names`, for both directions."""
    deepest = max(VGG19_LAYERS.index(name) for name in names)
    total, incoming = 0, 3
    for layer in list(layer_table().values())[: deepest + 1]:
        products, incoming = layer.channels * incoming, layer.channels
        total += products * (36 if transforms(products, device, dtype) else 9)
    return 2 * dtype.itemsize * total


def for_rgb(filters: Mapping[str, Filters]) -> dict[str, Filters]:
    """Return the filters with the first layer's taking RGB 0..1 instead of BGR 0..255."""
    first = filters["conv1_1"]
    return {**filters, "conv1_1": first._replace(kernels=first.kernels.flip(1) * 255)}


def normalised(filters: Mapping[str, Filters], means: Mapping[str, Tensor]) -> dict[str, Filters]:
    """Scale every filter so that its mean activation is 1 (Gatys et al. 2016, section 2).

    `means` holds each filter's mean activation (C,) in the network as given. A filter is
    divided by its mean and the next layer's inputs are multiplied by it, which leaves every
    activation the old one divided by its mean, and costs nothing at run time.
    """
    result: dict[str, Filters] = {}
    incoming = torch.ones(3)
    for name, (kernels, biases) in filters.items():
        own = means[name].to(kernels)
        scales = incoming.to(own) / own[:, None]  # (out, in)
        result[name] = Filters(kernels * scales[..., None, None], biases / own)
        incoming = own
    return result


def filter_means() -> dict[str, Tensor]:
    """Read the mean activations measured by scripts/measure_filter_means.py: name -> (C,)."""
    text = files("impasto.network").joinpath("filter_means.json").read_text("utf-8")
    return {name: torch.tensor(values) for name, values in json.loads(text)["means"].items()}


def _block(name: str) -> int:
    return int(name.removeprefix("relu").split("_")[0])


def _convolution(name: str) -> str:
    return name.replace("relu", "conv")


def _average_pool(features: Tensor) -> Tensor:
    # ceil_mode: the last window averages the cells it has, as in Caffe.
    return functional.avg_pool2d(features, 2, ceil_mode=True)


def _max_pool(features: Tensor) -> Tensor:
    return functional.max_pool2d(features, 2, ceil_mode=True)


_POOLS: dict[str, Callable[[Tensor], Tensor]] = {"average": _average_pool, "max": _max_pool}
