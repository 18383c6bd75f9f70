"""The pictures of a run at their own sizes, checked and as they are painted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from torch import Tensor

from impasto.pictures.picture import Picture
from impasto.pictures.shapes import check_shape
from impasto.planning.levels import Level
from impasto.scene.alpha import filled
from impasto.scene.anchor import Anchor
from impasto.scene.colour import coloured_like, grey, lit_like
from impasto.scene.detector import Face
from impasto.scene.init import Init
from impasto.scene.masks import Region
from impasto.scene.regions import with_shares
from impasto.scene.styles import Style, weighing

_log = logging.getLogger(__name__)

# Pictures in the space that was asked for last, and with them what was measured of them.
_known: WeakKeyDictionary[Picture, tuple[bytes | None, Picture]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False, kw_only=True)
class Originals:
    """All pictures of a run, in the photograph's RGB space.

    `colours` is the photograph whose colours the finished picture takes, `protect` (1,1,H,W), of
    the mask's own size, is 1 where the photograph stays. `faces` are those that are kept, `anchor`
    is what the painting is held to.
    """

    content: Picture | None
    styles: tuple[Style, ...]
    regions: tuple[Region, ...]
    protect: Tensor | None = None
    colours: Picture | None = None
    faces: tuple[Face, ...] = ()
    anchor: Anchor | None = None
    init: Init

    def mask_bytes(self, level: Level) -> int:
        """Return what masks take at a level, beside everything else."""
        guarded = self.protect is not None
        masks = sum(region.mask is not None or guarded for region in self.regions)
        masks += 4 * guarded  # the photograph under it, and the mask
        masks += (1 + len(self.regions)) * bool(self.faces)  # and the regions without it
        masks += 4 * (self.anchor is not None)  # its picture and its mask
        # A mask of pixels and one for each stride, a quarter of the last each, in float32.
        return int(masks * 4 * (1 + 4 / 3) * level.height * level.width)

    def blended(self, shares: Sequence[float]) -> Originals:
        """Return the pictures with other shares of the styles; raise UsageError as regions do."""
        styles, regions = weighing(self.styles, shares), with_shares(self.regions, shares)
        return replace(self, styles=styles, regions=regions)

    def recoloured(self, colour: str) -> Originals:
        """Return the pictures that a colour setting paints with."""
        photo = self.content
        if photo is None or colour == "style":
            return self
        if colour == "chroma":
            return replace(self, colours=photo)
        if colour == "match":
            matched = each_picture(self.styles, lambda one: coloured_like(one, photo))
            return replace(self, styles=matched)
        light = grey(photo)
        lit = each_picture(self.styles, lambda one: lit_like(grey(one), light))
        init = self.init.greyed()
        if self.init.picture is photo:
            init = replace(init, picture=light)
        return replace(self, content=light, colours=photo, init=init, styles=lit)


def in_one_space(
    photo: Picture | None, styles: tuple[Style, ...]
) -> tuple[Picture | None, tuple[Style, ...]]:
    """Bring all pictures into the photograph's RGB space, colours beneath what is transparent."""
    space = photo or styles[0].picture
    moved = each_picture(styles, lambda one: _moved(one, space))
    return None if photo is None else filled(photo), moved


def _moved(picture: Picture, space: Picture) -> Picture:
    """Return a style's picture in a photograph's space, filled; the same for the next one's."""
    profile = space.origin.profile
    known = _known.get(picture)
    if known is not None and known[0] == profile:
        return known[1]
    found = filled(picture.in_space_of(space))
    if found is not picture:  # which would keep itself
        _known[picture] = profile, found
    return found


def each_picture(
    styles: tuple[Style, ...], make: Callable[[Picture], Picture]
) -> tuple[Style, ...]:
    """Return styles of what is made of their pictures."""
    return tuple(style.changed(picture=make(style.picture)) for style in styles)


def protection_of(mask: Picture | None, shape: tuple[int, int]) -> Tensor | None:
    """Return a mask's light (1,1,H,W); raise UsageError where it has another shape."""
    if mask is None:
        return None
    check_shape("the mask to protect", mask.size, "the photograph", shape)
    return grey(mask).tensor()[None, :1]


def note_sizes(photo: Picture | None, styles: tuple[Style, ...], finest: Level) -> None:
    """Say where a picture is enlarged, or too small for its strokes."""
    if photo is not None and finest.height > photo.size[0]:
        told = "the photograph is enlarged from %d x %d to %d x %d px; it gains no detail"
        _log.info(told, *photo.size[::-1], finest.width, finest.height)
    told = (
        "a style picture of %d x %d px is smaller than the result; it is not enlarged, so strokes "
        "come out finer: a larger picture gives larger strokes"
    )
    for style in styles:
        rows, columns = style.picture.size
        if rows * columns < finest.height * finest.width * style.scale**2:
            _log.info(told, columns, rows)
