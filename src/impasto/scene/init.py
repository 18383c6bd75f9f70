"""What the painting, and each level after the first, starts from."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impasto.network.input_convention import MEAN_RGB
from impasto.pictures.picture import Picture
from impasto.pictures.resample import enlarge, fine_detail, resize, smooth
from impasto.planning.levels import Size
from impasto.reading.sources import PictureSource, as_picture
from impasto.scene.colour import grey
from impasto.scene.styles import Style
from impasto.settings.settings import Settings
from impasto.settings.starts import word_and_share

# Standard deviation of the noise on a picture to start from, in shares of the pixel range. In a
# flat sky every cell of a layer sees the same, so every gradient repeats with the layer's stride
# and a lattice grows; this little noise breaks it and is painted over. It is grey: the network
# hardly sees colours of single pixels, and what it starts with of them would stay.
GRAIN = 0.01
# White noise to start from, as faint as in the authors' code (DeepTextures, ImageSyn.py): deviation
# 1 of 255, about the mean colour of the photographs that the network was trained on. Networks
# hardly see colours that change from pixel to pixel: what noise starts with of them, it keeps.
FAINT = 1 / 255
# At a finer level: more than this would stay in the picture.
MOST_GRAIN = 0.04
# Evaluations that paint over it all.
PAINTED_OVER = 20
# What is left of white noise of deviation 1 when the smoothed is taken off: 1 - 1/2 + (3/8)^2.
WHITE_DETAIL = 0.640625**0.5
# Its light's deviation, the mean of three channels, and that of colours beside it.
WHITE_LIGHT, WHITE_COLOUR = (1 / 3) ** 0.5, (2 / 3) ** 0.5


@dataclass(frozen=True, eq=False)
class Init:
    """A picture, and the share, 0..1, of white noise or of another picture that is laid over it.

    Without any picture and share it is grey, with the faint noise of every start. A painting that
    goes on `as_it_is` has its grain already.
    """

    picture: Picture | None
    over: Picture | None = None  # None is white noise
    share: float = 0.0
    given: Picture | None = None  # as it was handed in, unless a word said it
    as_it_is: bool = False

    def greyed(self) -> Init:
        """Return the same without colour."""
        return replace(
            self,
            picture=None if self.picture is None else grey(self.picture),
            over=None if self.over is None else grey(self.over),
        )

    def at(self, height: int, width: int) -> Tensor | None:
        """Return the pictures it is made of at a size (1,3,height,width), None where none is."""
        if self.picture is None:
            return None
        image = _covering(self.picture, height, width)
        if self.over is None:
            return image
        return image.lerp(_covering(self.over, height, width), self.share)


def make_init(
    content: Picture | None,
    styles: Sequence[Style],
    settings: Settings,
    given: PictureSource | None = None,
) -> Init:
    """Return what to start from; a picture that is `given` goes before the settings' `init`.

    Raises UsageError when `init` is neither a known word nor a picture file.
    """
    space = content or styles[0].picture
    if given is None and settings.init_file is not None and os.path.exists(settings.init_file):
        given = settings.init_file
    if given is not None:
        picture = as_picture(given)
        return Init(picture.in_space_of(space), given=picture)
    word, share = word_and_share(settings.init, has_photo=content is not None)
    if word == "content":
        return Init(content)
    under = content if share < 1 else None
    if word == "noise":
        return Init(under, None, share if ":" in settings.init else 0.0)
    style = styles[0].picture
    return Init(under, style, share) if under is not None else Init(style)


def first_image(init: Init, made: Tensor | None, size: Size, seed: int) -> Tensor:
    """Return where the coarsest level, of `size` (H,W), starts: (1,3,H,W), 0..1.

    `made` is what `init` is made of at that size, if it is made of pictures.
    """
    # Made on the CPU, so that a seed means the same on every device.
    generator = torch.Generator().manual_seed(seed)
    if made is None and not init.share:
        return _grained(_grey(size), FAINT * WHITE_LIGHT, FAINT * WHITE_COLOUR, generator)
    if made is not None and init.as_it_is:
        return made
    if made is not None and (init.over is not None or not init.share):
        return _grained(made, GRAIN, 0.0, generator)
    noise = torch.rand((1, 3, *size), generator=generator, dtype=torch.float32)
    return noise if made is None else made.lerp(noise.to(made.device), init.share)


def grained(
    image: Tensor,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    seed: int,
    evaluations: int = PAINTED_OVER,
) -> Tensor:
    """Return a finer level's start (1,3,H,W) with grain as strong as the styles' finest detail.

    As strong in the light, and as strong in colours; less where fewer `evaluations` than
    PAINTED_OVER would leave it standing.

    The last level has not seen that detail. Where a flat sky starts without any, the first specks
    that happen to look like it grow at the cost of all others; with grain it grows everywhere.
    """
    generator = torch.Generator().manual_seed(seed)
    light, colour = 0.0, 0.0
    for style, share in zip(styles, shares, strict=True):
        own = _deviations(fine_detail(style))
        light, colour = light + share * own[0], colour + share * own[1]
    most = min(1.0, MOST_GRAIN / max(math.hypot(light, colour), MOST_GRAIN))
    most *= min(1.0, evaluations / PAINTED_OVER)
    return _grained(image, most * light, most * colour, generator)


def next_image(image: Tensor, made: Tensor | None, size: Size, detail: float = 1.0) -> Tensor:
    """Return where the next level, of `size` (H,W), starts, given the last one's result.

    Between two pictures, by `detail`: the last result enlarged (0), whose strokes go on as they
    are, and what the run started from, `made` at the new size, plus what the last level changed
    (1), where the scene's edges come back. There the change is smoothed, for noise of single
    pixels would only be enlarged to blotches. White noise, None, has no edges.
    """
    if image.shape[-2:] == size:
        return image
    if made is None:
        return resize(image, *size)
    change = smooth(image - resize(made, *image.shape[-2:]))
    edged = enlarge(change, *size).add_(made).clamp_(0, 1)
    return enlarge(image, *size).clamp_(0, 1).lerp_(edged, detail)


def _grey(size: Size) -> Tensor:
    return torch.tensor(MEAN_RGB).view(1, 3, 1, 1).expand(1, 3, *size)


def _grained(image: Tensor, light: float, colour: float, generator: torch.Generator) -> Tensor:
    """Return an image with noise of these deviations: of its light, and of colours beside it."""
    # Made on the CPU, so that a seed means the same on every device; in place, for it may be large.
    grain = torch.randn(image.shape, generator=generator, dtype=torch.float32)
    grey = grain.mean(1, keepdim=True)
    grain.sub_(grey).mul_(colour / WHITE_COLOUR).add_(grey.mul_(light / WHITE_LIGHT))
    return grain.to(image.device).add_(image).clamp_(0, 1)


def _deviations(detail: Tensor) -> tuple[float, float]:
    """Return how strong fine detail (1,3,H,W) is beside white noise's: in the light, in colours."""
    light = detail.mean(1).square().mean().item()
    colour = max(detail.square().mean().item() - light, 0.0)
    return light**0.5 / WHITE_DETAIL, colour**0.5 / WHITE_DETAIL


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
