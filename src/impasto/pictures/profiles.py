"""Colour profiles: which RGB space pixels are in, and how to bring them into another.

Pictures are painted in their photograph's own RGB space where that is one of three primaries and
a curve (sRGB, Display P3, Adobe RGB, ProPhoto); anything else is brought to sRGB. To the network a
space of other primaries looks much as sRGB does.
"""

from __future__ import annotations

import functools
import io
import logging
from dataclasses import replace
from typing import Any, cast

import numpy as np
from PIL import Image, ImageCms

from impasto.pictures.picture import Picture, Pixels

_log = logging.getLogger(__name__)

# What ICC calls the colours of each kind of pixels.
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}


@functools.cache
def srgb() -> bytes:
    """Return the profile of sRGB, the same bytes every time."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The header's date of making, and its digest, which covers that.
    return data[:24] + bytes(12) + data[36:84] + bytes(16) + data[100:]


def kept(profile: bytes | None, mode: str, name: str) -> bytes | None:
    """Return a profile that fits pixels of Pillow's `mode`, None with a note for one that does not.

    Then they are taken as sRGB.
    """
    if profile is None:
        return None
    try:
        space = _opened(profile).xcolor_space
    except (OSError, ImageCms.PyCMSError):
        _log.info("%s has a damaged colour profile; its colours are taken as sRGB", name)
        return None
    if space == _SPACES.get(mode):
        return profile
    _log.info(
        "%s has a colour profile for %s pixels but %s ones; they are taken as sRGB",
        name, space.strip(), mode,
    )  # fmt: skip
    return None


def is_matrix(profile: bytes) -> bool:
    """Return whether a profile is one of RGB primaries and curves."""
    opened = _opened(profile)
    return bool(opened.is_matrix_shaper and opened.xcolor_space == "RGB ")


def converted(pixels: Pixels, source: bytes | None, target: bytes | None) -> Pixels:
    """Bring RGB pixels (H,W,3) from one profile's space to another's, clipped to 0..1.

    None is sRGB. Relative colorimetric, in float.
    """
    if source == target:
        return pixels
    import imagecodecs  # not before it is needed: a run starts sooner

    moved = imagecodecs.cms_transform(
        np.ascontiguousarray(pixels), source or srgb(), target or srgb(),
        colorspace="rgb", outcolorspace="rgb", intent=int(ImageCms.Intent.RELATIVE_COLORIMETRIC),
    )  # fmt: skip
    return cast(Pixels, moved.astype(np.float32, copy=False).clip(0, 1))


def in_space_of(picture: Picture, other: Picture | None) -> Picture:
    """Return a picture in another one's RGB space, its own alpha kept."""
    if other is None or picture.origin.profile == other.origin.profile:
        return picture
    pixels = converted(picture.array, picture.origin.profile, other.origin.profile)
    return replace(
        picture, array=pixels, origin=replace(picture.origin, profile=other.origin.profile)
    )


def grey_to_rgb(grey: Pixels, profile: bytes | None) -> Pixels:
    """Return grey (H,W), in the space of its grey profile if any, as sRGB (H,W,3)."""
    if profile is None:
        return np.repeat(grey[..., None], 3, axis=2)
    import imagecodecs

    moved = imagecodecs.cms_transform(
        np.ascontiguousarray(grey), profile, srgb(),
        colorspace="gray", outcolorspace="rgb",
        intent=int(ImageCms.Intent.RELATIVE_COLORIMETRIC),
    )  # fmt: skip
    return cast(Pixels, moved.astype(np.float32, copy=False).clip(0, 1))


def flat_to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an 8-bit CMYK or Lab picture as sRGB."""
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _transformed(image, lab)
    if profile is None:
        return image.convert("RGB")
    return _transformed(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))


def _transformed(image: Image.Image, profile: Any) -> Image.Image:
    moved = ImageCms.profileToProfile(
        image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )  # fmt: skip
    assert moved is not None
    return moved


def _opened(profile: bytes) -> Any:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
