"""What the painting, and each level after the first, starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.errors import UsageError, suggestion
from impasto.pictures import Picture, as_picture, enlarge, resize, smooth
from impasto.settings import Settings

_WORDS = ("content", "noise")

# Standard deviation of the noise on a start picture, in shares of the pixel range. In a flat
# sky every cell of a layer sees the same, so every gradient repeats with the layer's stride and
# a lattice grows; this little noise breaks it and is painted over.
GRAIN = 0.01


def start_picture(content: Picture, settings: Settings, start: Any = None) -> Picture | None:
    """Return the picture to start from, None for white noise.

    `start` is any picture source and goes before the settings' `init`. Raises UsageError when
    `init` is neither a known word nor a picture file.
    """
    if start is not None:
        return as_picture(start)
    if settings.init == "content":
        return content
    if settings.init == "noise":
        return None
    if not Path(settings.init).exists():
        raise UsageError(
            f"init cannot be '{settings.init}': there is no such file; give content, noise or "
            f"a picture file{suggestion(settings.init, _WORDS)}"
        )
    return as_picture(Path(settings.init))


def start_image(picture: Picture | None, height: int, width: int, seed: int) -> Tensor:
    """Return the start (1,3,height,width), 0..1, on the CPU: the picture with grain, or noise."""
    # Made on the CPU, so that a seed means the same on every device.
    generator = torch.Generator().manual_seed(seed)
    if picture is None:
        return torch.rand((1, 3, height, width), generator=generator)
    grain = torch.randn((1, 3, height, width), generator=generator) * GRAIN
    return grain.add_(resize(picture.tensor()[None], height, width)).clamp_(0, 1)


def next_image(image: Tensor, start: Picture | None, height: int, width: int) -> Tensor:
    """Return where the next level starts, given the last one's result (1,3,H,W).

    It is the start picture at the new size plus what the last level changed: the scene's edges
    come back, and the objective falls sooner (docs/benchmarks.md). The change is smoothed, for
    noise of single pixels would only be enlarged to blotches.
    """
    if image.shape[-2:] == (height, width):
        return image
    if start is None:
        return resize(image, height, width)
    fine = resize(start.tensor()[None].to(image.device), height, width)
    change = smooth(image - resize(fine, *image.shape[-2:]))
    return enlarge(change, height, width).add_(fine).clamp_(0, 1)
