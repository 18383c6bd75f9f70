"""A style: the picture it is taken from, its share among several, and where it applies."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from impasto.errors import UsageError
from impasto.pictures.picture import Picture
from impasto.reading.sources import PictureSource, as_picture
from impasto.settings.option import checked, options
from impasto.settings.readers import Box, read_float
from impasto.settings.settings import Settings
from impasto.settings.shares import scales_for, shares_of


@dataclass(frozen=True, eq=False)
class Style:
    """A picture whose manner is wanted, with its share among several styles.

    `picture` is anything that makes one. `regions` is a map of the picture's regions, a plain
    colour (r, g, b) of 0..255 that all of it serves, or None where it serves every region. `scale`
    is its size against the result's: larger means larger strokes. Raises UsageError for numbers
    that the settings' `style_blend` and `style_scale` could not be.
    """

    picture: Picture
    weight: float = 1.0
    regions: Picture | tuple[int, int, int] | None = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        values = {
            "picture": as_picture(self.picture),
            "weight": _number("weight", "style_blend", self.weight),
            "regions": _regions(self.regions),
            "scale": _number("scale", "style_scale", self.scale),
        }
        self.__dict__.update(values)

    def changed(self, **values: Any) -> Style:
        """Return the style with other values, computed: they may leave what may be asked for."""
        other = copy(self)
        other.__dict__.update(values)
        return other


# One style or several, each anything that makes a picture.
Styles = PictureSource | Style | Sequence[PictureSource | Style]


def _number(name: str, like: str, value: Any) -> float:
    """Read a number as each of those of an option of Settings is read."""
    option, _ = options(Settings)[like]
    number: float = checked(f"the {name} of a style", replace(option, read=read_float), value)
    return number


def _regions(value: Any) -> Picture | tuple[int, int, int] | None:
    if not isinstance(value, list | tuple):
        return None if value is None else as_picture(value)
    if len(value) == 3 and all(isinstance(n, int | np.integer) and 0 <= n <= 255 for n in value):
        return int(value[0]), int(value[1]), int(value[2])
    raise UsageError(
        f"the regions of a style cannot be {value!r}; give a map, or a colour as three whole "
        "numbers of 0 to 255"
    )


def as_styles(sources: Styles) -> tuple[Style, ...]:
    """Make styles of one or several picture sources; raise UsageError when there are none."""
    items: list[Any] = list(sources) if isinstance(sources, list | tuple) else [sources]
    if not items:
        raise UsageError("no style picture given")
    return tuple(item if isinstance(item, Style) else Style(item) for item in items)


def shared_out(
    styles: Sequence[Style], blend: tuple[float, ...] = (), scales: tuple[float, ...] = (1.0,)
) -> tuple[Style, ...]:
    """Return the styles with shares that add up to 1, and scales.

    Raises UsageError where there is not one share or scale for each, or no share at all.
    """
    shares = shares_of([style.weight for style in styles], blend)
    each = zip(styles, shares, scales_for(len(styles), scales), strict=True)
    return tuple(
        style.changed(weight=share, scale=style.scale * scale) for style, share, scale in each
    )


def with_crops(styles: tuple[Style, ...], boxes: Sequence[Box]) -> tuple[Style, ...]:
    """Cut these parts out of every style; strokes keep the size they have in the whole."""
    if not boxes:
        return styles
    parts = [
        cropped(style, box).changed(scale=style.scale * _area(box) ** 0.5)
        for style in styles
        for box in boxes
    ]
    return weighing(tuple(parts), shares_of_parts([style.weight for style in styles], boxes))


def shares_of_parts(shares: Sequence[float], boxes: Sequence[Box]) -> tuple[float, ...]:
    """Return what each part that is cut out of every style has of its style's share."""
    areas = [_area(box) for box in boxes]
    return tuple(share * area / sum(areas) for share in shares for area in areas) or tuple(shares)


def weighing(styles: tuple[Style, ...], shares: Sequence[float]) -> tuple[Style, ...]:
    """Return the styles with other shares."""
    pairs = zip(styles, shares, strict=True)
    return tuple(style.changed(weight=share) for style, share in pairs)


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def cropped(style: Style, box: Box) -> Style:
    """Return a style of a part of the picture, (left, top, right, bottom) in shares of its sides.

    Its map of regions, if any, is cut alike.
    """
    regions = style.regions
    return style.changed(
        picture=_cut(style.picture, box),
        regions=_cut(regions, box) if isinstance(regions, Picture) else regions,
    )


def _cut(picture: Picture, box: Box) -> Picture:
    height, width = picture.size
    left, right = round(box[0] * width), round(box[2] * width)
    top, bottom = round(box[1] * height), round(box[3] * height)
    alpha = picture.alpha
    return replace(
        picture,
        array=np.ascontiguousarray(picture.array[top:bottom, left:right]),
        alpha=None if alpha is None else np.ascontiguousarray(alpha[top:bottom, left:right]),
    )
