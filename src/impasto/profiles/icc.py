"""Colour profiles: which RGB space pixels are in, and how to bring them into another.

Pictures are painted in their photograph's own RGB space where that is one of three primaries and
a curve (sRGB, Display P3, Adobe RGB, ProPhoto); anything else is brought to sRGB. To the network a
space of other primaries looks much as sRGB does. One of another curve does not: in linear light,
or PQ, differences that nobody sees weigh as much as those that everybody does. Such pictures are
painted with sRGB's curve, and given back in their own.
"""

from __future__ import annotations

import functools
import io
import logging
import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from impasto.profiles import spaces

Pixels = NDArray[np.float32]

_log = logging.getLogger(__name__)

# What ICC calls the colours of each kind of pixels.
_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
# Exponents, at half of white, of what displays show: from 1.8 (ProPhoto) over 2.2 to 2.4 (L*).
_DISPLAYED = (1.6, 2.7)


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
        if space == _SPACES.get(mode):
            _transformed(np.zeros((1, 1, len(mode)), np.uint16), profile, space.strip().lower())
    except (OSError, ImageCms.PyCMSError, RuntimeError):  # the last: it opens, but is of no use
        _log.info("%s has a damaged colour profile; its colours are taken as sRGB", name)
        return None
    if space == _SPACES.get(mode):
        return profile
    told = "%s has a colour profile for %s pixels but %s ones; they are taken as sRGB"
    _log.info(told, name, space.strip(), mode)
    return None


def is_matrix(profile: bytes) -> bool:
    """Return whether a profile is one of RGB primaries and curves."""
    opened = _opened(profile)
    return bool(opened.is_matrix_shaper and opened.xcolor_space == "RGB ")


def to_paint_in(profile: bytes) -> bytes | None:
    """Return the space to paint pixels of a matrix profile in: its own, where displays' curves are.

    Else that of the same primaries and sRGB's curve; None is sRGB.
    """
    opened = _opened(profile)
    colours = (opened.red_colorant, opened.green_colorant, opened.blue_colorant)
    colorants = np.array([xyz for xyz, _ in colours])
    linear = spaces.of_colorants(colorants, spaces.LINEAR, "")
    halves = converted(np.full((1, 1, 3), 0.5, np.float32), profile, linear)[0, 0]
    low, high = _DISPLAYED
    if all(low <= math.log(max(half, 1e-9), 0.5) <= high for half in halves):
        return profile
    if np.abs(colorants - spaces.colorants_of(spaces.SRGB)).max() < 5e-4:
        return None
    name = f"{(opened.profile_description or '')[:80]}, with the curve of sRGB"
    return spaces.of_colorants(colorants, spaces.SRGB_CURVE, name)


def converted(pixels: Pixels, source: bytes | None, target: bytes | None) -> Pixels:
    """Bring RGB pixels (H,W,3) from one profile's space to another's, clipped to 0..1.

    None is sRGB. Relative colorimetric, in float.
    """
    if source == target:
        return pixels
    return _transformed(pixels, source or srgb(), "rgb", target)


def grey_to_rgb(grey: Pixels, profile: bytes | None) -> Pixels:
    """Return grey (H,W), in the space of its grey profile if any, as sRGB (H,W,3)."""
    if profile is None:
        return np.repeat(grey[..., None], 3, axis=2)
    return _transformed(grey, profile, "gray")


def inks_to_rgb(inks: Pixels, profile: bytes | None, name: str) -> Pixels:
    """Return CMYK (H,W,4), shares of ink, as sRGB; without a profile as light left over."""
    _log.info("%s is converted from CMYK to RGB", name)
    fitting = kept(profile, "CMYK", name)
    if fitting is None:
        left: Pixels = (1 - inks[..., :3]) * (1 - inks[..., 3:])
        return left
    return _transformed(np.rint(inks * 65535).astype(np.uint16), fitting, "cmyk")


def lab_to_rgb(lab: Pixels, bits: int, name: str) -> Pixels:
    """Return Lab (H,W,3) of so many bits as sRGB; it is 0..1, zero of a and b in the middle."""
    _log.info("%s is converted from LAB to RGB", name)
    top = ((1 << bits) - 1) / (1 << (bits - 8))
    values = lab * np.array((100, top, top), np.float32) - np.array((0, 128, 128), np.float32)
    space = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    return _transformed(values, space, "lab")


def _transformed(
    samples: NDArray[Any], profile: bytes, kind: str, target: bytes | None = None
) -> Pixels:
    import imagecodecs  # not before it is needed: a run starts sooner

    moved = imagecodecs.cms_transform(
        np.ascontiguousarray(samples),
        profile,
        target or srgb(),
        colorspace=kind,
        outcolorspace="rgb",
        outdtype="float32",
        intent=int(ImageCms.Intent.RELATIVE_COLORIMETRIC),
    )
    return cast(Pixels, moved.clip(0, 1))


def _opened(profile: bytes) -> Any:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
