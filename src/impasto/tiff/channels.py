"""A TIFF page's channels as RGB and alpha: grey, palettes, inks, Lab, YCbCr, and what is beside."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureError
from impasto.pictures.modes import picture_of
from impasto.pictures.picture import Picture
from impasto.pictures.samples import shares
from impasto.profiles import icc as profiles
from impasto.profiles.icc import Pixels

_log = logging.getLogger(__name__)

# Kinds of pixels (TIFF 6.0, PhotometricInterpretation), and how many channels of them are colour.
_WHITE_IS_ZERO, _BLACK_IS_ZERO, RGB, _PALETTE = 0, 1, 2, 3
_INKS, _YCBCR, _LAB, _ICC_LAB = 5, 6, 8, 9
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, RGB: 3, _PALETTE: 1}
_COLOURS |= {_INKS: 4, _YCBCR: 3, _LAB: 3, _ICC_LAB: 3}
_GREYS = (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
_ASSOCIATED, _UNASSOCIATED = 1, 2
_JPEGS = (6, 7)  # whose decoders make RGB of YCbCr
_MOST = 16


def check_channels(page: Any, name: str) -> None:
    """Refuse a page of which it is not known what is red, green and blue."""
    kind, channels = page.photometric, page.samplesperpixel
    said = getattr(kind, "name", kind)
    if kind not in _COLOURS or page.imagedepth > 1 or page.dtype is None:
        raise PictureError(f"{name} is {said} of {page.bitspersample} bits; save it as RGB")
    most = 4 if kind in _GREYS else _MOST
    inks = page.tags.valueof("NumberOfInks", 4)
    if not _COLOURS[kind] <= channels <= most or inks != 4:
        raise PictureError(f"{name} is {said} of {channels} channels; save it as RGB")


def rgb_of(
    samples: NDArray[Any], kind: int, page: Any, profile: bytes | None, name: str
) -> Picture:
    """Make a picture of a page's numbers (H,W,C), which are of a photometric kind."""
    depth = 16 if page.bitspersample > 8 else 8
    if kind == _PALETTE:
        return picture_of(_looked_up(page, samples[..., 0]), None, profile, name)
    colours, extra = _COLOURS[kind], [int(one) for one in page.extrasamples]
    if kind in _GREYS and samples.shape[2] >= 3:
        _log.info("%s says that it is grey; its three channels are taken as RGB", name)
        colours, extra = 3, extra[2:]
    if kind == _LAB:
        samples = _offset(samples)
    values = shares(samples, name, page.bitspersample)
    alpha = _alpha(values[..., colours:], extra)
    colour = values[..., :colours]
    if alpha is not None and _ASSOCIATED in extra:
        colour = _unmultiplied(colour, alpha, name)
    if kind == _WHITE_IS_ZERO:
        colour = 1 - colour
    if kind == _YCBCR and page.compression not in _JPEGS:
        colour = _of_ycbcr(colour)
    if kind == _INKS:
        colour, profile = profiles.inks_to_rgb(colour, profile, name), None
    if kind in (_LAB, _ICC_LAB):
        colour, profile = profiles.lab_to_rgb(colour, page.bitspersample, name), None
    pixels = colour[..., 0] if colours == 1 else colour
    return picture_of(np.ascontiguousarray(pixels), alpha, profile, name, depth)


def _alpha(others: Pixels, extra: list[int]) -> Pixels | None:
    """Return the first channel beside the colours that is said to be alpha."""
    for number, kind in enumerate(extra[: others.shape[2]]):
        if kind in (_ASSOCIATED, _UNASSOCIATED):
            return np.ascontiguousarray(others[..., number])
    return None


def _unmultiplied(colour: Pixels, alpha: Pixels, name: str) -> Pixels:
    """Return colours that are stored multiplied by alpha as they were before."""
    share = alpha[..., None]
    if (colour > share + 2 / 255).mean() > 0.01:
        _log.info("%s says that its colours are multiplied by alpha, but they are not", name)
        return colour
    divided: Pixels = (colour / np.maximum(share, 1e-6)).clip(0, 1)
    return divided


def _looked_up(page: Any, index: NDArray[Any]) -> Pixels:
    palette = np.asarray(page.colormap)
    if palette.max() > 255:  # some writers know bytes only, others leave the lower one empty
        palette = palette >> 8
    colours: Pixels = (palette.T / np.float32(255)).astype(np.float32)
    looked_up: Pixels = colours[np.minimum(index, len(colours) - 1)]
    return looked_up


def _offset(lab: NDArray[Any]) -> NDArray[Any]:
    """Return Lab whose a and b have signs as ICC's, whose zero is in the middle."""
    moved = lab.copy()
    if lab.dtype.kind == "u":
        moved[..., 1:3] ^= lab.dtype.type(1 << (8 * lab.dtype.itemsize - 1))
    return moved


def _of_ycbcr(colour: Pixels) -> Pixels:
    """Return YCbCr of the whole range (Rec. 601, as JFIF has it) as RGB."""
    light, blue, red = colour[..., 0], colour[..., 1] - 128 / 255, colour[..., 2] - 128 / 255
    rgb = (light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue)
    moved: Pixels = np.stack(rgb, -1).clip(0, 1)
    return moved
