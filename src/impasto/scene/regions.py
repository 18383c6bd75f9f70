"""Maps that say where a style applies: flat colours painted over a picture, read as labels."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.errors import PictureError, UsageError
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.scene.styles import Style

_log = logging.getLogger(__name__)

# A colour is a label when it covers this share of a map, pixels within TOLERANCE of it included;
# the rest (soft edges, JPEG's traces) joins the nearest label.
LEAST_SHARE = 0.005
TOLERANCE = 16

Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Labels:
    """A map's label colours, most common first, and each pixel's label (H,W)."""

    colours: tuple[Colour, ...]
    index: NDArray[np.intp]

    def mask(self, number: int) -> Tensor:
        """Return where label `number` is: (1,1,H,W), 0 or 1."""
        return torch.from_numpy((self.index == number).astype(np.float32))[None, None]

    def find(self, colour: Colour) -> int | None:
        """Return the number of the label of a colour, None where the map has none like it."""
        gaps = [max(abs(a - b) for a, b in zip(colour, own, strict=True)) for own in self.colours]
        return gaps.index(min(gaps)) if min(gaps) <= TOLERANCE else None


@dataclass(frozen=True, eq=False)
class Served:
    """A region of the photograph and what serves it: style number, share, mask of its picture.

    Masks are (1,1,H,W) of the map's own size; None is all of a picture.
    """

    name: str
    mask: Tensor | None
    styles: tuple[tuple[int, float, Tensor | None], ...]


def read_labels(picture: Picture) -> Labels:
    """Read a map's labels; raise PictureError where no colour covers enough of it."""
    pixels = np.rint(picture.array * 255).astype(np.int32).reshape(-1, 3)
    colours, inverse, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    centres: list[NDArray[np.int32]] = []
    left = counts.copy()
    while left.any():
        centre = colours[left.argmax()]
        near = (np.abs(colours - centre).max(1) <= TOLERANCE) & (left > 0)
        if left[near].sum() >= LEAST_SHARE * len(pixels):
            centres.append(centre)
        left[near] = 0
    if not centres:
        raise PictureError(
            "a map of regions has no colour that covers 0.5 % of it; paint it in flat colours"
        )
    gaps = np.stack([np.abs(colours - centre).max(1) for centre in centres])
    index = gaps.argmin(0)[inverse.reshape(-1)].reshape(picture.size)
    return Labels(tuple((int(r), int(g), int(b)) for r, g, b in centres), index)


def read_colour(text: str) -> Colour | None:
    """Read a plain colour, as `#ff8000`; return None for anything else."""
    digits = text.removeprefix("#")
    if not text.startswith("#") or len(digits) != 6:
        return None
    try:
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    except ValueError:
        return None


def match_regions(
    photo: tuple[int, int], regions: Picture | None, styles: Sequence[Style]
) -> tuple[Served, ...]:
    """Return which styles serve which region of a photograph of (height, width).

    A style's own map gives a label its pixels of that colour; a style without one serves every
    label. Raises UsageError for a map of another shape than its picture, for a region that no
    style serves or that is transparent in one, and for a plain colour without a region.
    """
    if regions is None:
        _refuse_lonely_maps(styles)
        return (Served("", None, tuple((n, s.weight, None) for n, s in enumerate(styles))),)
    check_shape("the map of regions", regions.size, "the photograph", photo)
    labels = read_labels(regions)
    maps = [_style_labels(number, style) for number, style in enumerate(styles, 1)]
    _check_used(labels, maps)
    return tuple(
        Served(_name(colour), labels.mask(number), _serving(colour, styles, maps))
        for number, colour in enumerate(labels.colours)
    )


def check_shape(what: str, size: tuple[int, int], whose: str, other: tuple[int, int]) -> None:
    """Make sure that a map (height, width) has its picture's shape, or raise UsageError."""
    # A pixel more or less on the smaller one is rounding.
    slack = max(1.5 / min(*size, *other), 0.01)
    if abs(np.log((size[0] / size[1]) / (other[0] / other[1]))) > slack:
        raise UsageError(
            f"{what} is {size[1]} x {size[0]} px and {whose} {other[1]} x {other[0]} px: "
            "give a map of the same shape"
        )


def _refuse_lonely_maps(styles: Sequence[Style]) -> None:
    if any(style.regions is not None for style in styles):
        raise UsageError("a style has a map of regions but the photograph has none: give --regions")


def _style_labels(number: int, style: Style) -> Labels | Colour | None:
    if style.regions is None or isinstance(style.regions, tuple):
        return style.regions
    check_shape(f"the map of style {number}", style.regions.size, "its picture", style.picture.size)
    return read_labels(style.regions)


def _serving(
    colour: Colour, styles: Sequence[Style], maps: Sequence[Labels | Colour | None]
) -> tuple[tuple[int, float, Tensor | None], ...]:
    found: list[tuple[int, float, Tensor | None]] = []
    for number, (style, own) in enumerate(zip(styles, maps, strict=True)):
        if own is None or (isinstance(own, tuple) and _alike(colour, own)):
            found.append((number, style.weight, None))
        elif isinstance(own, Labels) and (label := own.find(colour)) is not None:
            mask = own.mask(label)
            _check_seen(number + 1, style, mask, colour)
            found.append((number, style.weight, mask))
    if not sum(share for _, share, _ in found):
        raise UsageError(
            f"no style serves the region {_name(colour)}: paint that colour into a style's map, "
            f"or give a style the plain colour ({_name(colour)})"
        )
    return tuple(found)


def _check_seen(number: int, style: Style, mask: Tensor, colour: Colour) -> None:
    visible = style.picture.visible()
    if visible is not None and not (resize(mask, *style.picture.size) * visible).any():
        raise UsageError(
            f"the region {_name(colour)} of style {number} is empty: all of it is transparent"
        )


def _check_used(labels: Labels, maps: Sequence[Labels | Colour | None]) -> None:
    """Refuse a plain colour that the photograph's map has not; a map may have more than it."""
    for number, own in enumerate(maps, 1):
        if isinstance(own, tuple) and labels.find(own) is None:
            known = ", ".join(map(_name, labels.colours))
            raise UsageError(
                f"style {number} serves the region {_name(own)}, which the photograph's map has "
                f"not; it has {known}"
            )
        for colour in own.colours if isinstance(own, Labels) else ():
            if labels.find(colour) is None:
                _log.info(
                    "style %d has the region %s, which the photograph's map has not",
                    number, _name(colour),
                )  # fmt: skip


def _alike(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= TOLERANCE


def _name(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
