"""A picture in memory."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from impasto.errors import PictureError

_log = logging.getLogger(__name__)

_SIXTEEN_BIT = {"I;16", "I;16B", "I;16L", "I;16N"}


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as float32 (height, width, 3), sRGB, 0..1."""

    array: NDArray[np.float32]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.array.shape[0]), int(self.array.shape[1])

    @property
    def image(self) -> Image.Image:
        """The picture as an 8-bit PIL image."""
        return Image.fromarray(np.rint(self.array * 255).astype(np.uint8))

    def tensor(self) -> Tensor:
        """Return the picture as a float32 tensor (3, H, W), sRGB, 0..1."""
        return torch.from_numpy(self.array).permute(2, 0, 1).contiguous()

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the picture in the format its extension names, completely or not at all.

        Raises UsageError for an unknown extension or, unless `overwrite`, an existing file;
        OutputError when the folder cannot be written to.
        """
        from impasto.pictures import files  # which imports this file

        files.check_output(Path(path), overwrite=overwrite)
        files.save(self, Path(path))


def from_pil(image: Image.Image, name: str = "the picture") -> Picture:
    """Make a picture of a PIL image of any mode; transparent pixels are laid over white."""
    if min(image.size) < 1:
        raise PictureError(f"{name} has no pixels")
    if image.mode in _SIXTEEN_BIT:
        # Pillow's own conversion clips 16 bits to white.
        grey = np.asarray(image, dtype=np.float32)[..., None] / np.float32(65535)
        return Picture(np.ascontiguousarray(np.repeat(grey, 3, axis=2)))
    if image.mode in ("I", "F"):
        raise PictureError(f"{name} has {image.mode} pixels of unknown range; save it as 8 bit")
    if image.has_transparency_data:
        image = _over_white(image, name)
    return Picture(np.asarray(image.convert("RGB"), dtype=np.float32) / np.float32(255))


def _over_white(image: Image.Image, name: str) -> Image.Image:
    layer = image.convert("RGBA")
    if np.asarray(layer.getchannel("A")).min() < 255:
        _log.info("%s has transparent parts; they are laid over white", name)
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
