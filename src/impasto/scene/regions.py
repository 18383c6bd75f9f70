"""Which styles serve which region of the photograph, by the colours of their maps."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from impasto.errors import UsageError
from impasto.pictures.labels import (
    Colour,
    Labels,
    are_alike,
    name_of,
    read_labels,
)
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.pictures.shapes import check_paired, check_shape
from impasto.scene.masks import Region, whole
from impasto.scene.styles import Style

_log = logging.getLogger(__name__)


def match_regions(
    photo: tuple[int, int],
    regions: Picture | None,
    styles: Sequence[Style],
    *,
    may_lack: bool = False,
) -> tuple[Region, ...]:
    """Return which styles serve which region of a photograph of (height, width).

    A style's own map gives a label its pixels of that colour; a style without one serves every
    label. Raises UsageError for a map of another shape than its picture, for a region that no
    style serves or that is transparent in one, and for a plain colour without a region, which a
    film's frame `may_lack`.
    """
    check_paired(regions, [style.regions for style in styles])
    if regions is None:
        return (whole(tuple(style.weight for style in styles)),)
    check_shape("the map of regions", regions.size, "the photograph", photo)
    labels = read_labels(regions)
    maps = [_style_labels(number, style) for number, style in enumerate(styles, 1)]
    if not may_lack:
        _check_used(labels, maps)
    return tuple(
        _served(Region(name_of(colour), labels.mask(number), _serving(colour, styles, maps)))
        for number, colour in enumerate(labels.colours)
    )


def with_shares(regions: Sequence[Region], shares: Sequence[float]) -> tuple[Region, ...]:
    """Return regions whose styles have other shares; raise UsageError where no style serves one."""
    return tuple(
        _served(replace(region, styles=tuple((n, shares[n], mask) for n, _, mask in region.styles)))
        for region in regions
    )


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
        if own is None or (isinstance(own, tuple) and are_alike(colour, own)):
            found.append((number, style.weight, None))
        elif isinstance(own, Labels) and (label := own.find(colour)) is not None:
            mask = own.mask(label)
            _check_seen(number + 1, style, mask, colour)
            found.append((number, style.weight, mask))
    return tuple(found)


def _served(region: Region) -> Region:
    if not sum(share for _, share, _ in region.styles):
        raise UsageError(
            f"no style serves the region {region.name}: paint that colour into a style's map, "
            f"or give a style the plain colour ({region.name})"
        )
    return region


def _check_seen(number: int, style: Style, mask: Tensor, colour: Colour) -> None:
    visible = style.picture.visible()
    if visible is not None and not (resize(mask, *style.picture.size) * visible).any():
        raise UsageError(
            f"the region {name_of(colour)} of style {number} is empty: all of it is transparent"
        )


def _check_used(labels: Labels, maps: Sequence[Labels | Colour | None]) -> None:
    """Refuse a plain colour that the photograph's map has not; a map may have more than it."""
    for number, own in enumerate(maps, 1):
        if isinstance(own, tuple) and labels.find(own) is None:
            known = ", ".join(map(name_of, labels.colours))
            raise UsageError(
                f"style {number} serves the region {name_of(own)}, which the photograph's map has "
                f"not; it has {known}"
            )
        for colour in own.colours if isinstance(own, Labels) else ():
            if labels.find(colour) is None:
                told = "style %d has the region %s, which the photograph's map has not"
                _log.info(told, number, name_of(colour))
