"""What a network takes for a picture: the order of the channels, their mean and their scale.

A convention is folded into the first kernels, so that every encoder is given RGB 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from impasto.network.weights import Filters, load

# The Caffe training set's mean colour, as RGB 0..1.
MEAN_RGB = (123.68 / 255, 116.779 / 255, 103.939 / 255)


@dataclass(frozen=True)
class Convention:
    """An input made from RGB 0..1: less `mean`, times `gain`, both as RGB, then put in order."""

    words: str
    is_bgr: bool
    mean: tuple[float, float, float]
    gain: tuple[float, float, float]

    def kernels_for_rgb(self, kernels: Tensor) -> Tensor:
        """Return the first kernels (out, 3, 3, 3) that take RGB 0..1 less the mean."""
        ordered = kernels.flip(1) if self.is_bgr else kernels
        return ordered * torch.tensor(self.gain, dtype=kernels.dtype).view(3, 1, 1)


CAFFE = Convention("BGR 0..255 less the mean", True, MEAN_RGB, (255, 255, 255))
# The same network with its channels turned round: torchvision's VGG16 "IMAGENET1K_FEATURES".
CAFFE_RGB = Convention(
    "RGB 0..255 less the mean", False, (0.48235, 0.45882, 0.40784), (255, 255, 255)
)
TORCHVISION = Convention(
    "RGB 0..1 with ImageNet mean and deviation",
    False,
    (0.485, 0.456, 0.406),
    (1 / 0.229, 1 / 0.224, 1 / 0.225),
)

# The mean cosine between a relative's first filters and the original's is 1, or 0.90 where
# noise of half a filter's length was added. With red and blue exchanged it is 0.69, for filters
# in another order up to 0.15.
_KIN = 0.8
# A relative made for inputs 57 times as small (0..1 over the deviation) has kernels that much
# longer beside its biases; the limit is half way, a factor of 7.5 from either.
_SHORTER = 1 / 7.5
# The original's first layer has 1 negative bias of 64, torchvision's VGG-16 has 28 of 64.
_MIXED = 1 / 8


def infer(first: Filters, by_name: Convention) -> tuple[Convention, str]:
    """Return the convention that the first filters were trained for, and what tells it.

    The size of the kernels tells nothing between networks: the original's are 0.19 (root mean
    square) for inputs up to 150, torchvision's VGG-16's about 0.3 for inputs up to 2.6. But
    many files hold the original network, converted, rescaled or trained on. Its filters keep
    their directions, which tell the order of the channels; and a filter's length beside its
    bias tells the scale, whatever both were multiplied by. A network trained afresh on inputs
    of unit deviation has biases of both signs. Failing both, its names tell.
    """
    first, original = first.double(), _original()
    if max(_likeness(first, original, order) for order in (CAFFE, CAFFE_RGB)) >= _KIN:
        return _of_relative(first, original), "its first filters are the original VGG's"
    if (first.biases < 0).double().mean() >= _MIXED:
        return TORCHVISION, "its biases have both signs"
    return by_name, "by its names"


def for_rgb(filters: Mapping[str, Filters], convention: Convention = CAFFE) -> dict[str, Filters]:
    """Return the filters with the first layer's taking RGB 0..1 less the convention's mean."""
    first = filters["conv1_1"]
    return {**filters, "conv1_1": first._replace(kernels=convention.kernels_for_rgb(first.kernels))}


@lru_cache(maxsize=1)
def _original() -> Filters:
    return load(["conv1_1"])["conv1_1"]


def _of_relative(first: Filters, original: Filters) -> Convention:
    if _likeness(first, original, CAFFE) > _likeness(first, original, CAFFE_RGB):
        return CAFFE
    has_small_biases = _bias_share(first) < _SHORTER * _bias_share(original)
    return TORCHVISION if has_small_biases else CAFFE_RGB


def _likeness(first: Filters, original: Filters, order: Convention) -> float:
    """Return the mean cosine between filters of the same place, both as RGB."""
    found = order.kernels_for_rgb(first.kernels).flatten(1)
    known = CAFFE.kernels_for_rgb(original.kernels).flatten(1)
    return float(torch.cosine_similarity(found, known).mean())


def _bias_share(first: Filters) -> float:
    """Return the median of |bias| / |kernel| over the filters."""
    lengths = first.kernels.flatten(1).norm(dim=1)
    return float((first.biases.abs() / lengths.clamp(min=1e-30)).median())
