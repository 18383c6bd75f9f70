"""What the painting, and each level after the first, starts from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from impasto.errors import UsageError, suggestion
from impasto.pictures.picture import Picture
from impasto.pictures.resample import enlarge, fine_detail, resize, smooth
from impasto.reading.sources import as_picture
from impasto.scene.colour import grey
from impasto.scene.styles import Style
from impasto.settings.numbers import INIT_WORDS
from impasto.settings.settings import Settings

# Standard deviation of the noise on a start picture, in shares of the pixel range. In a flat
# sky every cell of a layer sees the same, so every gradient repeats with the layer's stride and
# a lattice grows; this little noise breaks it and is painted over.
GRAIN = 0.01
# At a finer level: more than this would stay in the picture.
MOST_GRAIN = 0.04
# What is left of white noise of deviation 1 when the smoothed is taken off: 1 - 1/2 + (3/8)^2.
WHITE_DETAIL = 0.640625**0.5


@dataclass(frozen=True, eq=False)
class Start:
    """A picture, and the share, 0..1, of white noise or of another picture that is laid over it."""

    picture: Picture | None  # None is white noise
    over: Picture | None = None  # None is white noise
    share: float = 0.0
    handed: Picture | None = None  # the picture that was given to start from, if any

    def greyed(self) -> Start:
        """Return the start without colour."""
        return replace(
            self,
            picture=None if self.picture is None else grey(self.picture),
            over=None if self.over is None else grey(self.over),
        )

    def at(self, height: int, width: int) -> Tensor | None:
        """Return the pictures it is made of at a size (1,3,height,width), None for white noise."""
        if self.picture is None:
            return None
        image = _covering(self.picture, height, width)
        if self.over is None:
            return image
        return image.lerp(_covering(self.over, height, width), self.share)


def make_start(
    content: Picture | None, styles: Sequence[Style], settings: Settings, start: Any = None
) -> Start:
    """Return what to start from.

    `start` is any picture source and goes before the settings' `init`. Raises UsageError when
    `init` is neither a known word nor a picture file.
    """
    space = content or styles[0].picture
    if start is not None:
        return _from(as_picture(start), space)
    if settings.init_file is not None and os.path.exists(settings.init_file):
        return _from(as_picture(settings.init_file), space)
    word, share = _word_and_share(settings.init)
    if word == "content":
        return Start(content)
    if share < 1 and content is None:
        raise UsageError(f"init {settings.init} needs a photograph to be laid over")
    under = content if share < 1 else None
    if word == "noise":
        return Start(under, None, share)
    style = styles[0].picture
    return Start(under, style, share) if under is not None else Start(style)


def _from(picture: Picture, space: Picture) -> Start:
    return Start(picture.in_space_of(space), handed=picture)


def start_image(start: Start, height: int, width: int, seed: int) -> Tensor:
    """Return the start (1,3,height,width), 0..1, on the CPU: the picture with grain, or noise."""
    # Made on the CPU, so that a seed means the same on every device.
    generator = torch.Generator().manual_seed(seed)
    shape = (1, 3, height, width)
    image = start.at(height, width)
    if image is None:
        return torch.rand(shape, generator=generator, dtype=torch.float32)
    if start.over is None and start.share:
        return image.lerp(torch.rand(shape, generator=generator, dtype=torch.float32), start.share)
    return _grained(image, GRAIN, generator)


def grained(image: Tensor, styles: Sequence[Tensor], shares: Sequence[float], seed: int) -> Tensor:
    """Return a finer level's start (1,3,H,W) with grain as strong as the styles' finest detail.

    The last level has not seen that detail. Where a flat sky starts without any, the first specks
    that happen to look like it grow at the cost of all others; with grain it grows everywhere.
    """
    generator = torch.Generator().manual_seed(seed)
    detail = sum(
        share * fine_detail(style).std().item() for style, share in zip(styles, shares, strict=True)
    )
    return _grained(image, min(detail / WHITE_DETAIL, MOST_GRAIN), generator)


def next_image(image: Tensor, start: Start, height: int, width: int, detail: float = 1.0) -> Tensor:
    """Return where the next level starts, given the last one's result (1,3,H,W).

    Between two pictures, by `detail`: the last result enlarged (0), whose strokes go on as they
    are, and the start picture at the new size plus what the last level changed (1), where the
    scene's edges come back. There the change is smoothed, for noise of single pixels would
    only be enlarged to blotches.
    """
    if image.shape[-2:] == (height, width):
        return image
    fine = start.at(height, width)
    if fine is None:
        return resize(image, height, width)
    fine = fine.to(image.device)
    change = smooth(image - resize(fine, *image.shape[-2:]))
    edged = enlarge(change, height, width).add_(fine).clamp_(0, 1)
    return enlarge(image, height, width).clamp_(0, 1).lerp_(edged, detail)


def _grained(image: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    # Made on the CPU, so that a seed means the same on every device.
    grain = torch.randn(image.shape, generator=generator, dtype=torch.float32) * deviation
    return grain.to(image.device).add_(image).clamp_(0, 1)


def _word_and_share(init: str) -> tuple[str, float]:
    word, _, number = init.partition(":")
    try:
        share = float(number) if number else 1.0
    except ValueError:
        share = -1.0
    if word not in INIT_WORDS or not 0 <= share <= 1 or (word == "content" and number):
        raise UsageError(
            f"init cannot be '{init}': there is no such file; give content, noise, style, "
            f"noise:0.3, style:0.3 (a share of 0 to 1) or a picture file"
            f"{suggestion(word, INIT_WORDS)}"
        )
    return word, share


def _covering(picture: Picture, height: int, width: int) -> Tensor:
    """Return the picture's middle at a size (1,3,height,width), its shape kept."""
    image = picture.tensor()[None]
    rows, columns = picture.size
    # A pixel more or less is rounding: the photograph itself is never cut.
    if abs(rows * width - columns * height) > max(rows, columns, height, width):
        kept_rows = min(rows, round(columns * height / width))
        kept_columns = min(columns, round(rows * width / height))
        image = image.narrow(2, (rows - kept_rows) // 2, max(1, kept_rows))
        image = image.narrow(3, (columns - kept_columns) // 2, max(1, kept_columns))
    return resize(image, height, width)
