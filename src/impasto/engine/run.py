"""What a run is: its pictures, levels and plan, and what each level makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from impasto.engine.recipe import Ingredients
from impasto.memory.storage import Storage
from impasto.network.vgg import Encoder
from impasto.objective.objective import Objective
from impasto.objective.terms import Scene, make_terms
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.planning.levels import Level
from impasto.planning.plan import Plan
from impasto.reading.sources import as_picture
from impasto.scene.colour import with_colours_of
from impasto.scene.init import Start, grained
from impasto.scene.masks import Region, both, fits, outside, within
from impasto.scene.protecting import Protection
from impasto.scene.regions import Served
from impasto.scene.relight import relit
from impasto.scene.styles import Style
from impasto.settings.settings import Settings
from impasto.tiles.view import make_view


@dataclass(frozen=True, eq=False)
class Run:
    """Everything a run needs, checked: nothing here has to be refused later.

    `content` and `styles` are as they are painted, `colours` is the photograph whose colours the
    finished picture takes, `protect` (1,1,H,W) is 1 where the photograph stays.
    """

    content: Picture | None
    styles: tuple[Style, ...]
    regions: tuple[Served, ...]
    protect: Tensor | None
    colours: Picture | None
    start: Start
    levels: tuple[Level, ...]
    settings: Settings
    plan: Plan
    ingredients: Ingredients
    may_shrink: bool  # tiles, when memory runs out
    may_yield: bool  # threads, to other programs

    @property
    def device(self) -> torch.device:
        """Where the run is computed."""
        return torch.device(self.plan.device)

    @property
    def mask_bytes(self) -> int:
        """What masks take at the last level, beside everything else."""
        return mask_bytes(self.regions, self.protect, self.levels[-1])

    def storage(self, number: int) -> Storage:
        """Return where level `number`, from 1, keeps its long vectors."""
        folder = self.plan.scratch[number - 1]
        return Storage(self.device, None if folder is None else Path(folder))

    def finish(self, image: Tensor) -> Picture:
        """Make the finished picture of an evaluated one (1,3,H,W), clipped to 0..1."""
        size = (image.shape[-2], image.shape[-1])
        source = self.content or self.styles[0].picture
        visible = None if self.content is None else self.content.visible()
        alpha = None if visible is None else resize(visible, *size)[0, 0].numpy()
        origin = replace(source.origin, source=None)
        pixels = self._surfaced(image.detach().cpu().clamp(0, 1))
        painted = Picture(as_picture(pixels).array, alpha, origin)
        if self.colours is None:
            return painted
        photo = resize(self.colours.tensor()[None], *size)
        return with_colours_of(painted, as_picture(photo))

    def _surfaced(self, image: Tensor) -> Tensor:
        """Return a picture (1,3,H,W) with the fine structure that is asked for, on the CPU."""
        if self.content is None or self.settings.surface == "painted":
            return image
        size = (image.shape[-2], image.shape[-1])
        photo, visible = resize(self.content.tensor()[None], *size), self.content.visible()
        weight = None if visible is None else resize(visible, *size)
        if self.protect is None:
            return relit(photo, image, weight)
        protection = Protection(photo, resize(self.protect, *size))
        weight = both(1 - protection.mask, weight)
        return protection.over(relit(photo, protection.beneath(image), weight))

    def grained(self, image: Tensor, number: int) -> Tensor:
        """Return the start (1,3,H,W) of level `number`, from 2, with the styles' grain."""
        sizes = self.levels[number - 1].style_sizes
        styles = [self._at(s.picture, *size) for s, size in zip(self.styles, sizes, strict=True)]
        shares = [style.weight for style in self.styles]
        return grained(image, styles, shares, self.settings.seed + number)

    def photo_at(self, level: Level) -> Tensor | None:
        """Return the photograph at a level's size (1,3,H,W), on the device."""
        return None if self.content is None else self._at(self.content, level.height, level.width)

    def protected_at(self, level: Level) -> Tensor | None:
        """Return where the photograph stays at a level's size (1,1,H,W), 0..1."""
        if self.protect is None:
            return None
        return resize(self.protect.to(self.device), level.height, level.width)

    def visible_at(self, level: Level) -> Tensor | None:
        """Return where the photograph is not transparent (1,1,H,W), 0..1; None is everywhere."""
        mask = None if self.content is None else self.content.visible()
        return self._mask_at(mask, (level.height, level.width))

    def objective(self, number: int, encoder: Encoder, tile_px: int | None = None) -> Objective:
        """Measure the targets of level `number`, from 1, afresh from the originals."""
        level = self.levels[number - 1]
        view = make_view(encoder, self.settings, tile_px)
        terms = make_terms(
            view, self._scene(level), self.settings, level.content_emphasis, self.storage(number)
        )
        return Objective(view, terms)

    def _scene(self, level: Level) -> Scene:
        styles = [
            self._at(style.picture, *size)
            for style, size in zip(self.styles, level.style_sizes, strict=True)
        ]
        protected, visible = self.protected_at(level), self.visible_at(level)
        found = [
            within(outside(self._region(served, level), protected), visible)
            for served in self.regions
        ]
        regions = [region for region in found if region.mask is None or fits(region.mask)]
        return Scene(self.photo_at(level), styles, regions, visible)

    def _region(self, served: Served, level: Level) -> Region:
        sizes = level.style_sizes
        return Region(
            served.name,
            self._mask_at(served.mask, (level.height, level.width)),
            tuple(
                (number, share, self._style_mask_at(number, mask, sizes[number]))
                for number, share, mask in served.styles
            ),
        )

    def _style_mask_at(
        self, number: int, mask: Tensor | None, size: tuple[int, int]
    ) -> Tensor | None:
        served = self._mask_at(mask, size)
        visible = self._mask_at(self.styles[number].picture.visible(), size)
        return both(served, visible)

    def _mask_at(self, mask: Tensor | None, size: tuple[int, int]) -> Tensor | None:
        return None if mask is None else resize(mask.to(self.device), *size)

    def _at(self, picture: Picture, height: int, width: int) -> Tensor:
        return resize(picture.tensor()[None].to(self.device), height, width)


def mask_bytes(served: tuple[Served, ...], protect: Tensor | None, level: Level) -> int:
    """Return what masks take at a level, beside everything else."""
    masks = sum(region.mask is not None or protect is not None for region in served)
    masks += 4 * (protect is not None)  # the photograph under it, and the mask
    # A mask of pixels and one for each stride, a quarter of the last each, in float32.
    return int(masks * 4 * (1 + 4 / 3) * level.height * level.width)
