"""What one level is painted from, all of it at the level's size and made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.planning.levels import Level, Size
from impasto.scene.anchor import Anchor
from impasto.scene.faces import faces_mask
from impasto.scene.masks import Region, both, is_enough, mask_at, whole, without
from impasto.scene.originals import Originals
from impasto.scene.protecting import Protection


@dataclass(frozen=True, eq=False)
class Scene:
    """One level's pictures, (1,3,H,W) each: the photograph, if any, the styles, the regions.

    `visible` (1,1,H,W), 0..1, is where the photograph is not transparent; None is everywhere.
    `faces` (1,1,H,W), 0..1, is where it has faces to keep; None is nowhere.
    `anchor` is what the painting is held to, if anything.
    `pictures` are the originals that the styles were made of, `init` what the run starts from,
    None white noise.
    """

    content: Tensor | None
    styles: Sequence[Tensor]
    regions: Sequence[Region]
    visible: Tensor | None = None
    faces: Tensor | None = None
    protection: Protection | None = None
    anchor: Anchor | None = None
    pictures: Sequence[Picture] = ()
    init: Tensor | None = None


def plain_scene(content: Tensor, styles: Sequence[tuple[Tensor, float]]) -> Scene:
    """Return a scene of one region, with each style's share."""
    shares = tuple(share for _, share in styles)
    return Scene(content, [image for image, _ in styles], [whole(shares)])


def make_scene(originals: Originals, level: Level, device: torch.device) -> Scene:
    """Bring a run's pictures and masks to a level's size, on a device."""
    photo, size = originals.content, (level.height, level.width)
    content = None if photo is None else _at(photo, size, device)
    init = originals.init
    made = content if init.picture is photo and init.over is None else init.at(*size)
    visible = None if photo is None else mask_at(photo.visible(), size, device)
    protected = mask_at(originals.protect, size, device)
    seen = [
        mask_at(style.picture.visible(), size, device)
        for style, size in zip(originals.styles, level.style_sizes, strict=True)
    ]
    faces = faces_mask(originals.faces, size, device)
    if faces is not None:
        faces = both(without(faces, protected), visible)
    regions = []
    for region in originals.regions:
        mask = both(without(mask_at(region.mask, size, device), protected), visible)
        if is_enough(mask):
            served = _served(region, level, seen, device)
            regions.append(Region(region.name, mask, served))
    pictures = [style.picture for style in originals.styles]
    anchor = originals.anchor
    return Scene(
        content,
        [_at(one, size, device) for one, size in zip(pictures, level.style_sizes, strict=True)],
        regions,
        visible,
        faces if is_enough(faces) else None,
        None if content is None or protected is None else Protection(content, protected),
        None if anchor is None else anchor.at(size, device),
        pictures,
        None if made is None else made.to(device),
    )


def _served(
    region: Region, level: Level, seen: Sequence[Tensor | None], device: torch.device
) -> tuple[tuple[int, float, Tensor | None], ...]:
    """Return a region's styles with their masks at the level's sizes, where they are seen."""
    sizes = level.style_sizes
    return tuple(
        (number, share, both(mask_at(mask, sizes[number], device), seen[number]))
        for number, share, mask in region.styles
    )


def _at(picture: Picture, size: Size, device: torch.device) -> Tensor:
    return resize(picture.tensor()[None].to(device), *size)
