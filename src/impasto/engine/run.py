"""Everything a run needs, read and checked before the first second of computing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.engine.guides import Region, both, fits, outside, within
from impasto.engine.hardware import pick_device
from impasto.engine.objective import Objective
from impasto.engine.planning import Plan, make_plan
from impasto.engine.pyramid import Level, make_levels, result_size
from impasto.engine.recipe import Ingredients, ingredient, style_ingredients
from impasto.engine.start import Start, grained, make_start
from impasto.engine.storage import Storage
from impasto.engine.targets import Scene, make_terms
from impasto.engine.view import make_view
from impasto.errors import UsageError
from impasto.network import Encoder, check_network
from impasto.pictures import (
    Picture,
    Served,
    Style,
    as_picture,
    as_styles,
    check_shape,
    coloured_like,
    cropped,
    filled,
    grey,
    in_space_of,
    lit_like,
    match_regions,
    resize,
    shared_out,
    with_colours_of,
)
from impasto.settings import Resources, Settings

_log = logging.getLogger(__name__)


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

    @property
    def device(self) -> torch.device:
        """Where the run is computed."""
        return torch.device(self.plan.device)

    @property
    def mask_bytes(self) -> int:
        """What masks take at the last level, beside everything else."""
        return _mask_bytes(self.regions, self.protect, self.levels[-1])

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
        painted = Picture(as_picture(image.clamp(0, 1)).array, alpha, origin)
        if self.colours is None:
            return painted
        photo = resize(self.colours.tensor()[None], *size)
        return with_colours_of(painted, as_picture(photo))

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


def prepare(
    content: Any,
    styles: Any,
    settings: Settings | None = None,
    resources: Resources | None = None,
    *,
    start: Any = None,
    plan: Plan | None = None,
    regions: Any = None,
    protect: Any = None,
    must_fit: bool = True,
) -> Run:
    """Read and check everything before the first second of computing; see `iterate`.

    What need not fit into the memory may be looked at, not painted.
    """
    settings, resources = settings or Settings(), resources or Resources()
    pick_device(resources)  # before anything is read
    check_network(settings)
    photo = None if content is None else as_picture(content)
    if photo is None:
        settings = _without_photo(settings, regions, protect)
    handed = as_styles(styles)
    paintings = _cropped(shared_out(handed, settings.style_blend, settings.style_scale), settings)
    photo, paintings = _in_one_space(photo, paintings)
    shape = None if photo is None else photo.size
    levels = make_levels(shape, [(s.picture.size, s.scale) for s in paintings], settings)
    first = make_start(photo, paintings, settings, start)
    shape = shape or result_size(None, settings)
    map_ = None if regions is None else as_picture(regions)
    served = match_regions(shape, map_, paintings)
    guard = None if protect is None else as_picture(protect)
    mask = None if guard is None else _protection(guard, shape)
    _note_sizes(photo, paintings, levels[-1])
    beside = _mask_bytes(served, mask, levels[-1])
    plan = plan or make_plan(levels, settings, resources, beside=beside, must_fit=must_fit)
    if len(plan.tiles) != len(levels):
        raise UsageError(f"the plan is for {len(plan.tiles)} levels, this run has {len(levels)}")
    ingredients = Ingredients(
        content=ingredient(photo), styles=style_ingredients(handed), regions=ingredient(map_),
        protect=ingredient(guard), start=ingredient(first.handed),
    )  # fmt: skip
    run = Run(
        photo, paintings, served, mask, None, first, levels, settings, plan, ingredients,
        may_shrink=resources.tile == "auto",
    )  # fmt: skip
    return _recoloured(run)


def _without_photo(settings: Settings, regions: Any, protect: Any) -> Settings:
    """Return the settings of a texture, which keeps nothing of any photograph."""
    if regions is not None or protect is not None or settings.colour != "style":
        raise UsageError("a texture has no photograph: regions, protect and colour need one")
    init = "noise" if settings.init == "content" else settings.init
    return replace(settings, content_weight=0.0, init=init)


def _cropped(styles: tuple[Style, ...], settings: Settings) -> tuple[Style, ...]:
    """Cut the settings' parts out of every style; strokes keep the size they have in the whole."""
    if not settings.style_crops:
        return styles
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in settings.style_crops]
    return tuple(
        replace(
            cropped(style, box),
            weight=style.weight * area / sum(areas), scale=style.scale * area**0.5,
        )
        for style in styles
        for box, area in zip(settings.style_crops, areas, strict=True)
    )  # fmt: skip


def _in_one_space(
    photo: Picture | None, styles: tuple[Style, ...]
) -> tuple[Picture | None, tuple[Style, ...]]:
    """Bring all pictures into the photograph's RGB space, colours beneath what is transparent."""
    space = photo or styles[0].picture
    moved = _with(styles, lambda one: filled(in_space_of(one, space)))
    return None if photo is None else filled(photo), moved


def _protection(mask: Picture, shape: tuple[int, int]) -> Tensor:
    check_shape("the mask to protect", mask.size, "the photograph", shape)
    return grey(mask).tensor()[None, :1]


def _recoloured(run: Run) -> Run:
    """Return the run with the pictures that its colour setting paints with."""
    photo, colour = run.content, run.settings.colour
    if photo is None or colour == "style":
        return run
    if colour == "chroma":
        return replace(run, colours=photo)
    if colour == "match":
        return replace(run, styles=_with(run.styles, lambda one: coloured_like(one, photo)))
    light = grey(photo)
    return replace(
        run,
        content=light, colours=photo, start=run.start.greyed(),
        styles=_with(run.styles, lambda one: lit_like(grey(one), light)),
    )  # fmt: skip


def _with(styles: tuple[Style, ...], make: Callable[[Picture], Picture]) -> tuple[Style, ...]:
    return tuple(replace(style, picture=make(style.picture)) for style in styles)


def _mask_bytes(served: tuple[Served, ...], protect: Tensor | None, level: Level) -> int:
    """Return what masks take at a level, beside everything else."""
    masks = sum(region.mask is not None or protect is not None for region in served)
    masks += 4 * (protect is not None)  # the photograph under it, and the mask
    # A mask of pixels and one for each stride, a quarter of the last each, in float32.
    return int(masks * 4 * (1 + 4 / 3) * level.height * level.width)


def _note_sizes(photo: Picture | None, paintings: tuple[Style, ...], finest: Level) -> None:
    if photo is not None and finest.height > photo.size[0]:
        height, width = photo.size
        _log.info(
            "the photograph is enlarged from %d x %d to %d x %d px; it gains no detail",
            width, height, finest.width, finest.height,
        )  # fmt: skip
    area = finest.height * finest.width
    for style in paintings:
        rows, columns = style.picture.size
        if rows * columns < area * style.scale**2:
            _log.info(
                "a style picture of %d x %d px is smaller than the result; it is not enlarged, "
                "so strokes come out finer: a larger picture gives larger strokes",
                columns, rows,
            )  # fmt: skip
