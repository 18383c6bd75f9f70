"""Everything a run needs, read and checked before the first second of computing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from impasto.computing.modes import set_apart
from impasto.engine.recipe import Ingredients, ingredient, style_ingredients
from impasto.engine.run import Run, mask_bytes
from impasto.errors import UsageError
from impasto.memory.free import memory_may_run_out
from impasto.network.trained import check_network
from impasto.pictures.picture import Picture
from impasto.planning.levels import Level, make_levels, result_size
from impasto.planning.machine import pick_device
from impasto.planning.plan import Plan, fitted_here, make_plan
from impasto.reading.sources import as_picture
from impasto.scene.alpha import filled
from impasto.scene.colour import coloured_like, grey, lit_like
from impasto.scene.init import make_start
from impasto.scene.regions import check_shape, match_regions
from impasto.scene.styles import Style, as_styles, cropped, shared_out
from impasto.settings.option import given
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

_log = logging.getLogger(__name__)


@memory_may_run_out()
@set_apart
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
    settings, resources = given(settings, Settings), given(resources, Resources)
    plan = None if plan is None else given(plan, Plan)
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
    beside = mask_bytes(served, mask, levels[-1])
    chosen = plan is None and resources.threads == "auto"
    if plan is None:
        plan = make_plan(levels, settings, resources, beside=beside, must_fit=must_fit)
    else:
        plan = fitted_here(plan, resources)
    if len(plan.tiles) != len(levels):
        raise UsageError(f"the plan is for {len(plan.tiles)} levels, this run has {len(levels)}")
    ingredients = Ingredients(
        content=ingredient(photo), styles=style_ingredients(handed), regions=ingredient(map_),
        protect=ingredient(guard), start=ingredient(first.handed),
    )  # fmt: skip
    run = Run(
        photo, paintings, served, mask, None, first, levels, settings, plan, ingredients,
        may_shrink=resources.tile == "auto", may_yield=chosen,
    )  # fmt: skip
    return _recoloured(run)


def _without_photo(settings: Settings, regions: Any, protect: Any) -> Settings:
    """Return the settings of a texture, which keeps nothing of any photograph."""
    asked = {
        "regions": regions is not None, "protect": protect is not None,
        f"colour {settings.colour}": settings.colour != "style",
        f"surface {settings.surface}": settings.surface != "painted",
    }  # fmt: skip
    if needing := [name for name, is_asked in asked.items() if is_asked]:
        raise UsageError(
            f"a texture has no photograph, which {' and '.join(needing)} would need: leave that "
            "out, or take a preset's back with --surface painted or --colour style"
        )
    init = "noise" if settings.init == "content" else settings.init
    return replace(settings, content_weight=0.0, init=init)


def _cropped(styles: tuple[Style, ...], settings: Settings) -> tuple[Style, ...]:
    """Cut the settings' parts out of every style; strokes keep the size they have in the whole."""
    if not settings.style_crops:
        return styles
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in settings.style_crops]
    return tuple(
        cropped(style, box).changed(
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
    moved = _with(styles, lambda one: filled(one.in_space_of(space)))
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
    return tuple(style.changed(picture=make(style.picture)) for style in styles)


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
