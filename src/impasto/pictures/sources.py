"""Everything that can be made into a picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from impasto.errors import PictureError
from impasto.pictures.modes import from_pil
from impasto.pictures.picture import Picture
from impasto.pictures.reading import load


def as_picture(source: Any) -> Picture:
    """Make a picture of a path, a PIL image, an array or a tensor.

    Arrays are (H,W), (H,W,1), (H,W,3) or (H,W,4), uint8 or float 0..1; tensors are (3,H,W) or
    (1,3,H,W), float 0..1. Raises PictureError for anything else, UsageError for a missing file.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, str | os.PathLike):
        return load(Path(source))
    if isinstance(source, Image.Image):
        return from_pil(source)
    if isinstance(source, Tensor):
        return _from_tensor(source)
    if isinstance(source, np.ndarray):
        return _from_array(source)
    raise PictureError(
        f"a {type(source).__name__} is not a picture; "
        "give a path, a PIL image, a numpy array or a torch tensor"
    )


def _from_tensor(tensor: Tensor) -> Picture:
    values = tensor.detach().cpu()
    if values.dim() == 4 and values.shape[0] == 1:
        values = values[0]
    if values.dim() != 3 or values.shape[0] != 3 or not values.is_floating_point():
        raise PictureError(
            f"a tensor of shape {tuple(tensor.shape)} and type {tensor.dtype} is not a picture; "
            "give (3, H, W) or (1, 3, H, W), float, 0..1"
        )
    return _checked(values.permute(1, 2, 0).numpy())


def _from_array(array: NDArray[Any]) -> Picture:
    if array.dtype == np.uint8 and array.ndim in (2, 3):
        flat = array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array
        if flat.ndim == 2 or flat.shape[2] in (3, 4):
            return from_pil(Image.fromarray(np.ascontiguousarray(flat)))
    if np.issubdtype(array.dtype, np.floating):
        if array.ndim == 2:
            array = array[..., None]
        if array.ndim == 3 and array.shape[2] in (1, 3):
            return _checked(np.broadcast_to(array, (*array.shape[:2], 3)))
    raise PictureError(
        f"an array of shape {array.shape} and type {array.dtype} is not a picture; "
        "give (H, W), (H, W, 3) or (H, W, 4) as uint8, or (H, W) or (H, W, 3) as float 0..1"
    )


def _checked(values: NDArray[Any]) -> Picture:
    if values.size == 0:
        raise PictureError("the picture has no pixels")
    if not np.isfinite(values).all():
        raise PictureError("the picture has pixels that are not finite numbers (NaN or infinity)")
    if values.min() < -1e-3 or values.max() > 1 + 1e-3:
        raise PictureError(
            f"float pixels must lie in 0..1, these reach {values.min():g} to {values.max():g}; "
            "divide by 255 or give uint8"
        )
    return Picture(np.ascontiguousarray(values.clip(0, 1), dtype=np.float32))
