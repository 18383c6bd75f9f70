"""Borders of paintings that are none of their style: frames, mounts, bars and edges of scans."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

import numpy as np

from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.profiles.icc import Pixels
from impasto.scene.styles import Style, cropped
from impasto.settings.readers import Box

_log = logging.getLogger(__name__)

# Pictures are looked at by this long side: what is thinner than 2 px there is left to be.
_LOOKED_AT_PX = 512
# How far in a border of one colour, and a frame of any, may reach, in shares of a side.
_PLAIN_DEPTH, _FRAME_DEPTH = 0.3, 0.12
# A pixel is of a border's colour when no channel is further off; a row, where all but a few are.
_SAME, _ALL_BUT = 0.08, 0.03
# A border of one colour ends where most of a row is of others at once: a sky ends row by row.
_ENDS = 0.6
# A frame ends in an edge of at least this step, along nearly all of the side.
_STEP, _ALONG = 0.07, 0.88
# A mount within a frame within a scan.
_NESTED = 3

# What was found before, so that what is measured of a style's picture serves many photographs.
_known: WeakKeyDictionary[Picture, tuple[Box, Picture] | None] = WeakKeyDictionary()

# Each turns a picture (H,W,3) so that the side is on top.
_SIDES: Mapping[str, Callable[[Pixels], Pixels]] = {
    "left": lambda pixels: pixels.transpose(1, 0, 2),
    "top": lambda pixels: pixels,
    "right": lambda pixels: pixels[:, ::-1].transpose(1, 0, 2),
    "bottom": lambda pixels: pixels[::-1],
}


def without_borders(styles: tuple[Style, ...]) -> tuple[Style, ...]:
    """Return styles without the borders that are found on their pictures, which is noted."""
    return tuple(_without_border(style) for style in styles)


def border_of(picture: Picture) -> Mapping[str, int]:
    """Return how many pixels of each side are border: "left", "top", "right" and "bottom"."""
    scale = min(1.0, _LOOKED_AT_PX / max(picture.size))
    size = [max(1, round(side * scale)) for side in picture.size]
    seen = resize(picture.tensor()[None], *size)[0].permute(1, 2, 0).numpy()
    found = dict.fromkeys(_SIDES, 0)
    for _ in range(_NESTED):
        inner = _inside(seen, found)
        more = _depths(inner, _plain_depth)
        if not any(more.values()):
            more = _opposite(_depths(inner, _frame_depth))
        found = {side: depth + more[side] for side, depth in found.items()}
    # One more, where picture and border mix.
    return {side: depth and round((depth + 1) / scale) for side, depth in found.items()}


def _without_border(style: Style) -> Style:
    picture = style.picture
    if picture not in _known:
        _known[picture] = _cut(picture)
    if (found := _known[picture]) is None:
        return style
    box, inner = found
    maps = cropped(style, box) if isinstance(style.regions, Picture) else style
    return maps.changed(picture=inner)


def _cut(picture: Picture) -> tuple[Box, Picture] | None:
    """Return what is left in a border, in shares of the sides, and cut out; None without one."""
    border, (height, width) = border_of(picture), picture.size
    if not any(border.values()):
        return None
    told = ", ".join(f"{depth} px {side}" for side, depth in border.items() if depth)
    source = picture.origin.source
    name = f"the style {source.name}" if source is not None else "a style"
    _log.info(
        "%s has a border, which is left out: %s; --style-border keep takes it as paint", name, told
    )
    box: Box = (
        border["left"] / width,
        border["top"] / height,
        1 - border["right"] / width,
        1 - border["bottom"] / height,
    )
    return box, cropped(Style(picture), box).picture


def _inside(pixels: Pixels, border: Mapping[str, int]) -> Pixels:
    height, width = pixels.shape[:2]
    rows = slice(border["top"], height - border["bottom"])
    return pixels[rows, border["left"] : width - border["right"]]


def _depths(pixels: Pixels, depth_of: Callable[[Pixels], int]) -> dict[str, int]:
    return {side: depth_of(turned(pixels)) for side, turned in _SIDES.items()}


def _opposite(depths: dict[str, int]) -> dict[str, int]:
    """Leave out what is found on one side alone: a table's edge, a horizon."""
    pairs = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    return {side: depth if depths[pairs[side]] else 0 for side, depth in depths.items()}


def _plain_depth(pixels: Pixels) -> int:
    """Return how many rows from the top are of one colour and end at once; 0 where they do not."""
    most = int(_PLAIN_DEPTH * len(pixels))
    colour = np.median(pixels[:2].reshape(-1, 3), 0)
    others = (np.abs(pixels[: most + 4] - colour).max(2) > _SAME).mean(1)
    if not (others > _ALL_BUT).any():
        return 0
    depth = int((others > _ALL_BUT).argmax())
    ends = depth >= 2 and others[depth : depth + 4].max() > _ENDS
    return depth if ends and depth < most else 0


def _frame_depth(pixels: Pixels) -> int:
    """Return the innermost row near the top that lies along an edge of the whole side, or 0."""
    found = 0
    for depth in range(4, int(_FRAME_DEPTH * len(pixels))):
        step = pixels[depth + 1 : depth + 4].mean(0) - pixels[depth - 4 : depth - 1].mean(0)
        along = max((step > _STEP).mean(0).max(), (step < -_STEP).mean(0).max())
        if along >= _ALONG:
            found = depth + 1
    return found
