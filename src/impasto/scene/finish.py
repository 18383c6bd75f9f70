"""The finished picture: what was painted, in the surface and the colours that are asked for."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.reading.sources import as_picture
from impasto.scene.colour import with_colours_of
from impasto.scene.masks import both
from impasto.scene.originals import Originals
from impasto.scene.protecting import Protection
from impasto.scene.relight import relit


def finish(originals: Originals, surface: str, image: Tensor) -> Picture:
    """Make the finished picture of an evaluated one (1,3,H,W), clipped to 0..1, on the CPU."""
    photo, size = originals.content, (image.shape[-2], image.shape[-1])
    source = photo or originals.styles[0].picture
    visible = None if photo is None else photo.visible()
    alpha = None if visible is None else resize(visible, *size)[0, 0].numpy()
    pixels = image.detach().cpu().clamp(0, 1)
    if photo is not None and surface == "photograph":
        pixels = _surfaced(photo, originals.protect, pixels)
    origin = replace(source.origin, source=None)
    painted = Picture(as_picture(pixels).array, alpha, origin)
    if originals.colours is None:
        return painted
    return with_colours_of(painted, as_picture(resize(originals.colours.tensor()[None], *size)))


def _surfaced(photo: Picture, protect: Tensor | None, image: Tensor) -> Tensor:
    """Return a painting (1,3,H,W) with the photograph's own fine structure."""
    size, visible = (image.shape[-2], image.shape[-1]), photo.visible()
    pixels = resize(photo.tensor()[None], *size)
    weight = None if visible is None else resize(visible, *size)
    if protect is None:
        return relit(pixels, image, weight)
    protection = Protection(pixels, resize(protect, *size))
    weight = both(1 - protection.mask, weight)
    return protection.over(relit(pixels, protection.beneath(image), weight))
