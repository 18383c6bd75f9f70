"""Everything that can be made into a picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from impasto.errors import PictureError
from impasto.pictures.coding import decoding, memory_told
from impasto.pictures.metadata import words_of
from impasto.pictures.modes import from_pil, picture_of_samples
from impasto.pictures.picture import Picture
from impasto.reading.load import load

# Everything that `as_picture` makes a picture of.
PictureSource = Picture | str | os.PathLike[str] | Image.Image | NDArray[Any] | Tensor

_NAME = "the picture"
_WANTED = (
    "give (H, W), (H, W, C) or (C, H, W) of 1, 3 or 4 channels, as floats of 0..1 or uint8 or "
    "uint16"
)
_CHANNELS = (1, 3, 4)
# Bytes of floats, of whole numbers and of what is true or not.
_LARGEST = {"f": 16, "u": 2, "b": 1}


def as_picture(source: PictureSource) -> Picture:
    """Make a picture of a path, a PIL image, an array or a tensor.

    Arrays are (H,W) or (H,W,C), tensors (C,H,W), each the other way round too where that is plain,
    or a batch of one: 1, 3 or 4 channels, floats of 0..1 or whole numbers without sign of 8 or 16
    bits. Raises PictureError for anything else, UsageError for a missing file.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, str | os.PathLike):
        return load(Path(os.fsdecode(source)))
    if isinstance(source, Image.Image):
        return _from_image(source)
    if isinstance(source, Tensor):
        return _from_numbers(_numbers(source), "tensor", first=True)
    if isinstance(source, np.ndarray):
        return _from_numbers(_unmasked(source), "array", first=False)
    raise PictureError(
        f"a {type(source).__name__} is not a picture; "
        "give a path, a PIL image, a numpy array or a torch tensor"
    )


def _from_image(image: Image.Image) -> Picture:
    with decoding(_NAME):  # only now, and its file may be damaged
        image.load()
        words = words_of(image)
        return words.of(from_pil(image, words.profile, _NAME))


def _unmasked(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of numpy's own type: others (np.matrix) have shapes that stay as they are."""
    if np.ma.is_masked(array):
        raise PictureError(
            "an array with masked pixels is no picture: nobody knows what is beneath; fill them, "
            "or give what is seen as a fourth channel"
        )
    return np.asarray(array)


def _numbers(tensor: Tensor) -> NDArray[Any]:
    if tensor.layout != torch.strided or tensor.is_meta or tensor.is_complex():
        raise _refusal(tensor)
    is_half = tensor.is_floating_point() and tensor.dtype.itemsize < 4
    try:
        with memory_told():
            values = tensor.detach().cpu()
            # Not all of the short ones are known to numpy.
            found: NDArray[Any] = (values.float() if is_half else values).numpy(force=True)
            return found
    except (TypeError, RuntimeError) as fault:  # of packed, quantised, nested, fake numbers
        raise _refusal(tensor) from fault


def _refusal(tensor: Tensor) -> PictureError:
    kind = "nested" if tensor.is_nested else str(tensor.layout)
    return PictureError(
        f"a {type(tensor).__name__} that is {kind} of type {tensor.dtype} on {tensor.device} is no "
        f"picture; {_WANTED}"
    )


def _from_numbers(numbers: NDArray[Any], what: str, first: bool) -> Picture:
    """Make a picture of numbers whose channels come `first` or last, where both can be meant."""
    planes = numbers[0] if numbers.ndim == 4 and len(numbers) == 1 else numbers
    if planes.ndim == 2:
        planes = planes[..., None]
    axis = _channel_axis(planes.shape, first) if planes.ndim == 3 else None
    if axis is None:
        raise PictureError(f"{what}s of shape {numbers.shape} are no pictures; {_WANTED}")
    if planes.dtype.itemsize > _LARGEST.get(planes.dtype.kind, 0):
        raise PictureError(f"{what}s of type {numbers.dtype} are no pictures; {_WANTED}")
    samples = np.moveaxis(planes, axis, -1)
    depth = 16 if samples.dtype.kind == "u" and samples.dtype.itemsize == 2 else 8
    return picture_of_samples(samples, None, _NAME, depth)


def _channel_axis(shape: tuple[int, ...], first: bool) -> int | None:
    """Return which axis of three holds the channels, None where that is not plain."""
    usual, other = (0, 2) if first else (2, 0)
    if shape[usual] in _CHANNELS:
        return usual
    sides = [size for axis, size in enumerate(shape) if axis != other]
    return other if shape[other] in _CHANNELS and shape[other] < min(sides) else None
