"""Pillow's kinds of pixels, all brought to RGB with or without alpha."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import PictureError
from impasto.pictures.origin import Origin
from impasto.pictures.picture import Picture
from impasto.pictures.samples import shares
from impasto.profiles import icc as profiles
from impasto.profiles.icc import Pixels

_log = logging.getLogger(__name__)

_SIXTEEN_BIT = {"I;16", "I;16B", "I;16L", "I;16N"}
_UNKNOWN_RANGE = {"I", "F"}
_GREY = {"1", "L", "LA", "La", *_SIXTEEN_BIT}
_MULTIPLIED = {"La": "LA", "RGBa": "RGBA"}


def from_pil(image: Image.Image, profile: bytes | None, name: str) -> Picture:
    """Make a picture of a PIL image of any mode, in the space of its profile or sRGB.

    Raises PictureError where the pixels have no known range.
    """
    if min(image.size) < 1:
        raise PictureError(f"{name} has no pixels")
    if image.mode in _UNKNOWN_RANGE:
        raise PictureError(f"{name} has {image.mode} pixels of unknown range; save it as 8 bit")
    if image.mode in _MULTIPLIED:
        image = image.convert(_MULTIPLIED[image.mode])
    if image.mode in _SIXTEEN_BIT:
        return picture_of(_share(image, 65535), _keyed(image), profile, name, 16)
    if image.mode == "CMYK":
        return Picture(profiles.inks_to_rgb(_share(image, 255), profile, name))
    if image.mode == "LAB":
        lab = np.asarray(image) ^ np.array((0, 128, 128), np.uint8)  # a and b have signs there
        return Picture(profiles.lab_to_rgb((lab / np.float32(255)).astype(np.float32), 8, name))
    is_grey = image.mode in _GREY
    alpha = None
    if image.has_transparency_data:
        # First, for a palette's transparency is lost on the way to RGB.
        image = image.convert("RGBA")
        alpha = _share(image.getchannel("A"), 255)
    return picture_of(_share(image.convert("L" if is_grey else "RGB"), 255), alpha, profile, name)


def picture_of(
    pixels: Pixels, alpha: Pixels | None, profile: bytes | None, name: str, depth: int = 8
) -> Picture:
    """Make a picture of grey (H,W) or RGB (H,W,3) pixels, 0..1, and their profile.

    Pixels are brought into a space to paint in where the profile is none. Raises PictureError
    where nothing is visible.
    """
    if alpha is not None:
        alpha = _seen(alpha, name)
    if pixels.ndim == 2:
        # Many a grey file carries an RGB profile; grey has the same curve there.
        is_rgb = profile is not None and profile[16:20] == b"RGB "
        grey = None if is_rgb else profiles.kept(profile, "L", name)
        pixels, profile = profiles.grey_to_rgb(pixels, grey), profile if is_rgb else None
    return _in_its_space(pixels, alpha, profiles.kept(profile, "RGB", name), name, depth)


def _in_its_space(
    pixels: Pixels, alpha: Pixels | None, fitting: bytes | None, name: str, depth: int
) -> Picture:
    """Make a picture of RGB pixels in the space of a profile, or in one to paint in."""
    if fitting is None:
        return Picture(pixels, alpha, Origin(depth=depth))
    if not profiles.is_matrix(fitting):
        return Picture(profiles.converted(pixels, fitting, None), alpha, Origin(depth=depth))
    space = profiles.to_paint_in(fitting)
    if space == fitting:
        return Picture(pixels, alpha, Origin(fitting, depth))
    _log.info(
        "%s is in linear light or another curve that no display has; it is painted with sRGB's "
        "curve and given back in its own",
        name,
    )
    pixels = profiles.converted(pixels, fitting, space)
    return Picture(pixels, alpha, Origin(space, depth, own_profile=fitting))


def picture_of_samples(
    samples: NDArray[Any], profile: bytes | None, name: str, depth: int = 16
) -> Picture:
    """Make a picture of numbers, (H,W) or (H,W,C): grey or RGB, with or without alpha."""
    planes = shares(samples, name)
    planes = planes[..., None] if planes.ndim == 2 else planes
    alpha = np.ascontiguousarray(planes[..., -1]) if planes.shape[2] in (2, 4) else None
    colour = planes[..., 0] if planes.shape[2] < 3 else planes[..., :3]
    return picture_of(np.ascontiguousarray(colour), alpha, profile, name, depth)


def samples_of(image: Image.Image) -> NDArray[Any]:
    """Return the numbers of a Pillow image of whatever mode, (H,W) or (H,W,C)."""
    if image.mode in _SIXTEEN_BIT:  # which Pillow would clip
        return np.asarray(image)
    return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def _seen(alpha: Pixels, name: str) -> Pixels | None:
    if alpha.max() <= 0:
        raise PictureError(f"{name} is transparent everywhere: there is nothing to see in it")
    return None if alpha.min() >= 1 else alpha


def _keyed(image: Image.Image) -> Pixels | None:
    """Return the alpha of grey of which one value is transparent."""
    key = image.info.get("transparency")
    return (np.asarray(image) != key).astype(np.float32) if isinstance(key, int) else None


def _share(image: Image.Image, top: int) -> Pixels:
    # Pillow's own conversion clips 16 bits to white.
    return np.asarray(image, dtype=np.float32) / np.float32(top)
