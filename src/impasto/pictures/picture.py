"""A picture in memory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import UsageError
from impasto.pictures import writing
from impasto.pictures.origin import Origin
from impasto.profiles.icc import Pixels, converted

if TYPE_CHECKING:  # whoever only reads and shows pictures needs no torch
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as float32 (height, width, 3), 0..1, in the RGB space of its origin.

    `alpha` (height, width), 0..1, is None where all of it is visible. `recipe` is what the file
    will carry of how it was painted.
    """

    array: Pixels
    alpha: Pixels | None = None
    origin: Origin = field(default_factory=Origin)
    recipe: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.array.shape[0]), int(self.array.shape[1])

    @property
    def image(self) -> Image.Image:
        """The picture as an 8-bit PIL image, RGB or RGBA, that knows its profile."""
        image = Image.fromarray(self.samples(8))
        if self.origin.profile is not None:
            image.info["icc_profile"] = self.origin.profile
        return image

    def samples(self, depth: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Return whole numbers of 8 or 16 bits, (height, width, 3), or 4 with alpha."""
        top, kind = (255, np.uint8) if depth == 8 else (65535, np.uint16)
        planes = self.array
        if self.alpha is not None:
            planes = np.concatenate((planes, self.alpha[..., None]), 2)
        samples: NDArray[np.uint8] | NDArray[np.uint16] = np.rint(planes * np.float32(top)).astype(
            kind
        )
        return samples

    def tensor(self) -> Tensor:
        """Return the picture as a float32 tensor (3, H, W), 0..1."""
        import torch

        return torch.from_numpy(self.array).permute(2, 0, 1).contiguous()

    def visible(self) -> Tensor | None:
        """Return the alpha as (1, 1, H, W), 0..1; None where all is visible."""
        if self.alpha is None:
            return None
        import torch

        return torch.from_numpy(self.alpha)[None, None]

    def with_pixels(self, array: Pixels) -> Picture:
        """Return the picture with other pixels, its alpha and origin kept."""
        return replace(self, array=array)

    def in_space_of(self, other: Picture) -> Picture:
        """Return the picture with its pixels in the RGB space of another's."""
        return self.in_space(other.origin.profile)

    def in_space(self, profile: bytes | None) -> Picture:
        """Return the picture with its pixels in the RGB space of a profile; None is sRGB."""
        if profile == self.origin.profile:
            return self
        pixels = converted(self.array, self.origin.profile, profile)
        return replace(self, array=pixels, origin=replace(self.origin, profile=profile))

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, depth: int | None = None
    ) -> None:
        """Write the picture in the format its extension names, completely or not at all.

        `depth` is 8 or 16 bits; without one, the origin's where the format has it. Raises
        UsageError for what is no path, an unknown extension or, unless `overwrite`, an existing
        file; OutputError when the folder cannot be written to.
        """
        place = _place(path)
        writing.check_output(place, overwrite=overwrite)
        writing.check_fits(place, *self.size, depth)
        writing.save(self, place, depth=depth, fresh=not overwrite)


def _place(path: str | os.PathLike[str]) -> Path:
    try:
        return Path(os.fsdecode(path))
    except TypeError as fault:
        raise UsageError(
            f"cannot save to a {type(path).__name__}; give a path, such as 'out.png', or save "
            "`picture.image`, a PIL image"
        ) from fault
