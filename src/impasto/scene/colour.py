"""Colour against light: what is kept of whose when a picture is painted in another's style.

After Gatys et al. 2017, section 5 (and arXiv 1606.05897). Luminance is Rec. 601's, of the sRGB
values as they are, as the papers take it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels

_LUMINANCE = np.array((0.299, 0.587, 0.114), dtype=np.float32)


def grey(picture: Picture) -> Picture:
    """Return the picture without colour: its luminance in all three channels."""
    return picture.with_pixels(np.repeat(_light(picture.array)[..., None], 3, axis=2))


def lit_like(style: Picture, photo: Picture) -> Picture:
    """Return a grey style with the mean and deviation of a grey photo's light, within 0..1."""
    ours, theirs = style.array, photo.array
    scale = theirs.std() / max(float(ours.std()), 1e-6)
    moved = (ours - ours.mean()) * scale + theirs.mean()
    return style.with_pixels(moved.clip(0, 1).astype(np.float32))


def coloured_like(style: Picture, photo: Picture) -> Picture:
    """Move a style's colours to a photo's: same mean and covariance, clipped to 0..1.

    The principal-component form of 1606.05897, eq. 7: whiten along the style's own axes, then
    stretch along the photo's.
    """
    ours, theirs = style.array.reshape(-1, 3), photo.array.reshape(-1, 3)
    move = _root(np.cov(theirs.T), 0.5) @ _root(np.cov(ours.T), -0.5)
    moved = (ours - ours.mean(0)) @ move.T.astype(np.float32) + theirs.mean(0)
    return style.with_pixels(moved.clip(0, 1).astype(np.float32).reshape(style.array.shape))


def with_colours_of(painted: Picture, photo: Picture) -> Picture:
    """Return the light of `painted` in the colours of `photo`, of the same size.

    The photo's chroma (what is left of a pixel without its luminance) is added to the painted
    luminance; where that leaves 0..1, the chroma is made weaker, never the light.
    """
    light = _light(painted.array)[..., None]
    chroma = photo.array - _light(photo.array)[..., None]
    # Rounding leaves 0..1 by a hair.
    return painted.with_pixels((light + chroma * _room(light, chroma)).clip(0, 1))


def _light(pixels: Pixels) -> Pixels:
    light: Pixels = (pixels @ _LUMINANCE).clip(0, 1)
    return light


def _room(light: Pixels, chroma: Pixels) -> Pixels:
    """Return the largest share, up to 1, of each pixel's chroma that stays in 0..1."""
    space = np.where(chroma > 0, 1 - light, light)
    share: Pixels = (space / np.maximum(np.abs(chroma), 1e-6)).min(2, keepdims=True).clip(0, 1)
    return share


def _root(matrix: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix + 1e-5 * np.eye(3))  # a grey picture has no spread
    root: NDArray[np.float64] = (vectors * values**power) @ vectors.T
    return root
