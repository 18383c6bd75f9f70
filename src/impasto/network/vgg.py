"""A VGG's convolutional part: a picture goes in, named feature maps come out.

Simonyan and Zisserman 2014, as Gatys et al. 2016 use it: no fully connected layers, average
or max pooling, filters normalised or as trained. Knows nothing of losses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial

import torch
from torch import Tensor

from impasto.memory.free import give_back
from impasto.native import operations as native
from impasto.native.team import each, is_native
from impasto.network.architecture import (
    Layer,
    block_of,
    convolution_of,
    down_to,
    layer_of,
    layer_table,
)
from impasto.network.convolution import Convolution
from impasto.network.encoder import Narrow, check_layers
from impasto.network.input_convention import MEAN_RGB
from impasto.network.native_layers import COLOURS, NativeConvolution, NativeFirst
from impasto.network.pooling import pool
from impasto.network.trained import Trained, trained
from impasto.network.weights import Filters
from impasto.settings.settings import Settings


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
        made = [
            partial(convolution, kernels.to(dtype).to(device), biases.to(dtype).to(device))
            for kernels, biases in filters.values()
        ]
        # The forms of a layer's kernels take a while: layers are shared by our threads.
        layers = each(lambda make: make(), made) if is_native() else [make() for make in made]
        self._convolutions = dict(zip(filters, layers, strict=True))
        self._pooling = pooling
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
        yield from self.walk_narrowing(image, names, lambda features, *_: features)

    def walk_narrowing(
        self, image: Tensor, names: Collection[str], narrow: Narrow
    ) -> Iterator[tuple[str, Tensor]]:
        """As `walk`; maps of another stride may be made narrower by `narrow` where they begin."""
        check_layers(self, names)
        # Zero padding follows the subtraction: beyond the border lies the mean colour.
        current = (image - self._mean).to(self._dtype, memory_format=torch.channels_last)
        walked = list(down_to(self.layers, names))
        for name, following in zip(walked, [*walked[1:], ""], strict=True):
            layer = self._convolutions[convolution_of(name)]
            is_pooled = bool(following) and block_of(following) != block_of(name)
            if is_pooled and name not in names:
                current = layer.pooled(current, self._pooling)
            else:
                current = layer(current)
                if name in names:
                    yield name, current
                if is_pooled:
                    current = pool(current, self._pooling)
            if is_pooled:
                left = walked[walked.index(following) :]
                seen_px = sum(self.layers[one].stride for one in left)
                current = narrow(current, seen_px, self.layers[following].stride)


def convolution(kernels: Tensor, biases: Tensor) -> Convolution | NativeConvolution | NativeFirst:
    """Return a layer of kernels (O,C,3,3) and biases (O,): in machine code, where there is any."""
    if not native.takes_kernels(kernels):
        return Convolution(kernels, biases)
    made = NativeFirst if kernels.shape[1] == COLOURS else NativeConvolution
    return made(kernels, biases)


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
    return of_filters(filters_of(settings, names, dtype), settings.pooling, device, dtype)


def filters_of(settings: Settings, names: Collection[str], dtype: torch.dtype) -> Trained:
    """Read the filters of the network that `settings` names, in the precision it will have.

    Raises WeightsError when the weights are missing or damaged.
    """
    filters, mean = trained(settings, names)
    # In float64, which is let go before the layers' own forms are made.
    filters = {name: Filters(*(part.to(dtype) for part in pair)) for name, pair in filters.items()}
    give_back()
    return Trained(filters, mean)


def of_filters(
    filters: Trained, pooling: str, device: torch.device | str, dtype: torch.dtype
) -> VGG:
    """Build a network of filters that were read."""
    network = VGG(filters.filters, pooling, mean=filters.mean, device=device, dtype=dtype)
    give_back()
    return network
