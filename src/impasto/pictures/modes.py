"""Pillow's kinds of pixels, all brought to RGB with or without alpha."""

from __future__ import annotations

import logging

import numpy as np
from PIL import Image

from impasto.errors import PictureError
from impasto.pictures import profiles
from impasto.pictures.picture import Origin, Picture, Pixels

_log = logging.getLogger(__name__)

_SIXTEEN_BIT = {"I;16", "I;16B", "I;16L", "I;16N"}
_UNKNOWN_RANGE = {"I", "F"}
_GREY = {"1", "L", "LA", "La", *_SIXTEEN_BIT}
_FLAT = {"CMYK", "LAB"}


def from_pil(image: Image.Image, name: str = "the picture") -> Picture:
    """Make a picture of a PIL image of any mode, in its own RGB space or sRGB.

    Raises PictureError where the pixels have no known range.
    """
    if min(image.size) < 1:
        raise PictureError(f"{name} has no pixels")
    if image.mode in _UNKNOWN_RANGE:
        raise PictureError(f"{name} has {image.mode} pixels of unknown range; save it as 8 bit")
    profile = image.info.get("icc_profile") or None
    alpha = None
    if image.has_transparency_data:
        alpha = _share(image.convert("RGBA").getchannel("A"), 255)
    if image.mode in _GREY:
        return picture_of(
            _grey(image), alpha, profile, name, 16 if image.mode in _SIXTEEN_BIT else 8
        )
    if image.mode in _FLAT:
        _log.info("%s is converted from %s to RGB", name, image.mode)
        fitting = profiles.kept(profile, image.mode, name) if image.mode == "CMYK" else None
        return Picture(_share(profiles.flat_to_rgb(image, fitting), 255))
    return picture_of(_share(image.convert("RGB"), 255), alpha, profile, name)


def picture_of(
    pixels: Pixels, alpha: Pixels | None, profile: bytes | None, name: str, depth: int = 8
) -> Picture:
    """Make a picture of grey (H,W) or RGB (H,W,3) pixels, 0..1, and their profile.

    The profile is kept where it is one to paint in; else pixels are brought to sRGB. Raises
    PictureError where nothing is visible.
    """
    if alpha is not None:
        alpha = _seen(alpha, name)
    if pixels.ndim == 2:
        fitting = profiles.kept(profile, "L", name) if not _is_rgb(profile) else None
        return Picture(profiles.grey_to_rgb(pixels, fitting), alpha, Origin(depth=depth))
    fitting = profiles.kept(profile, "RGB", name)
    if fitting is not None and not profiles.is_matrix(fitting):
        pixels, fitting = profiles.converted(pixels, fitting, None), None
    return Picture(pixels, alpha, Origin(fitting, depth))


def _is_rgb(profile: bytes | None) -> bool:
    # Many a grey file carries an RGB profile; grey has the same curve there.
    return profile is not None and profile[16:20] == b"RGB "


def _seen(alpha: Pixels, name: str) -> Pixels | None:
    if alpha.max() <= 0:
        raise PictureError(f"{name} is transparent everywhere: there is nothing to see in it")
    return None if alpha.min() >= 1 else alpha


def _grey(image: Image.Image) -> Pixels:
    if image.mode in _SIXTEEN_BIT:
        return _share(image, 65535)  # Pillow's own conversion clips 16 bits to white
    return _share(image.convert("L"), 255)


def _share(image: Image.Image, top: int) -> Pixels:
    return np.asarray(image, dtype=np.float32) / np.float32(top)
