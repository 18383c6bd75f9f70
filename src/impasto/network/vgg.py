"""A VGG's convolutional part: a picture goes in, named feature maps come out.

Simonyan and Zisserman 2014, as Gatys et al. 2016 use it: no fully connected layers, average
or max pooling, filters normalised or as trained. Knows nothing of losses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor

from impasto.errors import UsageError, suggestion
from impasto.network.architecture import (
    Layer,
    block_of,
    convolution_of,
    down_to,
    kernel_shapes,
    layer_of,
    layer_table,
)
from impasto.network.convolution import Convolution, transforms
from impasto.network.input_convention import MEAN_RGB
from impasto.network.pooling import POOLS
from impasto.network.trained import layers_of, trained
from impasto.network.weights import Filters
from impasto.settings.settings import Settings


class Encoder(Protocol):
    """Whatever turns pictures into named feature maps, shallow layers first.

    One of the caller's own may say its `name`, and the `digest` of its weights (sha256): recipes
    will name them.
    """

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


class VGG:
    """The network down to the deepest layer it was built for."""

    def __init__(
        self,
        filters: Mapping[str, Filters],
        pooling: str = "average",
        *,
        mean: tuple[float, float, float] = MEAN_RGB,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Take `filters` (RGB 0..1 less `mean`, names as `conv1_1`, no gaps) to a device."""
        self.layers: Mapping[str, Layer] = layer_table(layer_of(name) for name in filters)
        self._convolutions = {
            name: Convolution(kernels.to(dtype).to(device), biases.to(dtype).to(device))
            for name, (kernels, biases) in filters.items()
        }
        self._pool = POOLS[pooling]
        self._dtype = dtype
        # The mean is taken off before the picture is rounded to the features' precision.
        precise = torch.promote_types(dtype, torch.float32)
        self._mean = torch.tensor(mean, device=device, dtype=precise).view(1, 3, 1, 1)

    def features(self, image: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        """Return all that `walk` yields."""
        return dict(self.walk(image, names))

    def walk(self, image: Tensor, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Encode `image` (1,3,H,W), sRGB 0..1, layer by layer; stop at the deepest of `names`.

        Each layer is taken after its ReLU; pooling rounds up as in Caffe, so a layer of
        stride s has (1, C, ceil(H/s), ceil(W/s)) cells. Raises UsageError for a layer that
        this network does not have.
        """
        check_layers(self, names)
        deepest = max(list(self.layers).index(name) for name in names)
        # Zero padding follows the subtraction: beyond the border lies the mean colour.
        current = (image - self._mean).to(self._dtype, memory_format=torch.channels_last)
        block = 1
        for name in list(self.layers)[: deepest + 1]:
            if block_of(name) != block:
                block, current = block_of(name), self._pool(current)
            current = self._convolutions[convolution_of(name)](current)
            if name in names:
                yield name, current


def named(encoder: Encoder) -> tuple[str, str]:
    """Return the name that an encoder gives itself, or its type's, and its digest, if any.

    Raises UsageError for what no recipe can hold.
    """
    name = str(getattr(encoder, "name", type(encoder).__name__))
    digest = str(getattr(encoder, "digest", ""))
    if not (name.isprintable() and 1 <= len(name) <= 200):
        raise UsageError(f"an encoder's name has 1 to 200 letters, this one is {name[:200]!r}")
    if not re.fullmatch(r"([0-9a-f]{64})?", digest):
        raise UsageError(
            f"an encoder's digest is a sha256 in 64 hexadecimal digits, not {digest!r}"
        )
    return name, digest


def check_layers(encoder: Encoder, names: Collection[str]) -> None:
    """Raise UsageError where an encoder lacks one of the layers `names`."""
    known = list(encoder.layers)
    if not known:
        raise UsageError("this network has no layers at all")
    for name in names:
        if name not in known:
            raise UsageError(
                f"unknown layer '{name}' for this network; choose from {known[0]} ... {known[-1]}"
                + suggestion(name, known)
            )


def build(
    settings: Settings,
    names: Collection[str],
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> VGG:
    """Build the network that `settings` names, down to the deepest of the layers `names`.

    Raises WeightsError when the weights are missing or damaged.
    """
    filters, mean = trained(settings, names)
    return VGG(filters, settings.pooling, mean=mean, device=device, dtype=dtype)


def weight_bytes(
    settings: Settings, device: torch.device, dtype: torch.dtype = torch.float32
) -> int:
    """Return the bytes of the settings' network down to its deepest layer, both directions."""
    total = 0
    for out, incoming, _, _ in kernel_shapes(
        down_to(layers_of(settings), settings.layers)
    ).values():
        products = out * incoming
        total += products * (36 if transforms(products, device, dtype) else 9)
    return 2 * dtype.itemsize * total
