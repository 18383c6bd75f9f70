"""For tests of programs that use impasto: a network in small, which needs no weights."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from impasto.network.architecture import Layer


class TinyEncoder:
    """Two seeded convolutions with a pool between: VGG-19's layout in small, in milliseconds.

    Its layers are named like VGG-19's: give `content_layers="relu2_1"` and
    `style_layers="relu1_1,relu2_1"` with it, as TINY does, and it to `encoder`.
    """

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        """Compute features in `dtype`."""
        self.name, self.digest = type(self).__name__, ""
        generator = torch.Generator().manual_seed(0)
        self._first = torch.randn(4, 3, 3, 3, generator=generator).to(dtype)
        self._second = torch.randn(6, 4, 3, 3, generator=generator).to(dtype) / 3
        self.layers: Mapping[str, Layer] = {"relu1_1": Layer(4, 1, 1), "relu2_1": Layer(6, 2, 4)}

    def features(self, image: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        """Return all that `walk` yields."""
        return dict(self.walk(image, names))

    def walk(self, image: Tensor, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        """Encode `image` (1,3,H,W), 0..1: yield each of `names` with its map."""
        pixels = image.to(self._first.dtype) - 0.5
        first = functional.relu(functional.conv2d(pixels, self._first, padding=1))
        pooled = functional.avg_pool2d(first, 2, ceil_mode=True)
        second = functional.relu(functional.conv2d(pooled, self._second, padding=1))
        maps = {"relu1_1": first, "relu2_1": second}
        yield from ((name, maps[name]) for name in maps if name in names)


# Options that name only layers of the tiny encoder: `iterate(..., encoder=TinyEncoder(), **TINY)`.
TINY = {"content_layers": "relu2_1", "style_layers": "relu1_1,relu2_1"}
