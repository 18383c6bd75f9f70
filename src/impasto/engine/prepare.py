"""Everything a run needs, read and checked before the first second of computing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from impasto.computing.modes import set_apart
from impasto.engine.networks import Networks
from impasto.engine.recipe import Ingredients, ingredient, style_ingredients
from impasto.engine.run import Run
from impasto.errors import UsageError
from impasto.memory.free import memory_may_run_out
from impasto.network.encoder import Encoder, check_layers, named
from impasto.network.trained import check_network
from impasto.pictures.picture import Picture
from impasto.planning.choose import followed_here, make_plan
from impasto.planning.levels import Level, make_levels, result_size
from impasto.planning.machine import pick_device
from impasto.planning.plan import Plan
from impasto.reading.sources import PictureSource, as_picture
from impasto.scene.borders import without_borders
from impasto.scene.detector import Face
from impasto.scene.faces import settle_faces
from impasto.scene.init import make_init
from impasto.scene.originals import Originals, in_one_space, note_sizes, protection_of
from impasto.scene.regions import match_regions
from impasto.scene.styles import Style, Styles, as_styles, shared_out, with_crops
from impasto.settings.option import given
from impasto.settings.presets import from_options
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings
from impasto.settings.textures import without_photo


@memory_may_run_out()
@set_apart
def prepare(
    content: PictureSource | None,
    styles: Styles,
    settings: Settings | None = None,
    resources: Resources | None = None,
    *,
    init: PictureSource | None = None,
    regions: PictureSource | None = None,
    protect: PictureSource | None = None,
    plan: Plan | None = None,
    encoder: Encoder | None = None,
    must_fit: bool = True,
    networks: Networks | None = None,
    **options: Any,
) -> Run:
    """Read and check everything before the first second of computing; see `iterate`.

    What need not fit into the memory may be looked at, not painted. `networks` are those that were
    loaded for other runs.
    """
    settings, resources = _asked(settings, resources, options)
    plan = None if plan is None else given(plan, Plan)
    pick_device(resources)  # before anything is read
    if isinstance(init, str):
        settings, init = replace(settings, init=init), None
    _check_network(settings, encoder)
    photo = _picture(content)
    if photo is None:
        has = regions is not None, protect is not None
        settings = without_photo(settings, regions=has[0], protect=has[1])
    faces, settings = settle_faces(photo, settings)
    handed_in = as_styles(styles)
    paintings = shared_out(handed_in, settings.style_blend, settings.style_scale)
    if settings.style_border == "auto":
        paintings = without_borders(paintings)
    photo, paintings = in_one_space(photo, with_crops(paintings, settings.style_crops))
    shape = None if photo is None else photo.size
    levels = make_levels(shape, [(s.picture.size, s.scale) for s in paintings], settings)
    map_, mask = _picture(regions), _picture(protect)
    originals = _originals(photo, paintings, settings, init, map_, mask, faces)
    note_sizes(photo, paintings, levels[-1])
    ingredients = Ingredients(
        content=ingredient(photo),
        styles=style_ingredients(handed_in),
        regions=ingredient(map_),
        protect=ingredient(mask),
        init=ingredient(originals.init.given),
    )
    run = Run(
        originals=originals.recoloured(settings.colour),
        levels=levels,
        settings=settings,
        plan=_plan(plan, levels, settings, resources, originals, encoder, must_fit=must_fit),
        ingredients=ingredients,
        encoder=encoder,
        may_shrink=resources.tile == "auto",
        may_yield=plan is None and resources.threads == "auto",
    )
    return run if networks is None else replace(run, networks=networks)


def _asked(
    settings: Settings | None, resources: Resources | None, options: Mapping[str, Any]
) -> tuple[Settings, Resources]:
    """Return what was asked for: as Settings and Resources, or by the names of their fields."""
    if not options:
        return given(settings, Settings), given(resources, Resources)
    if settings is not None or resources is not None:
        raise UsageError(
            f"{', '.join(options)} cannot be given beside settings or resources; give them there, "
            "or everything by name"
        )
    return from_options(options)


def _check_network(settings: Settings, encoder: Encoder | None) -> None:
    if encoder is None:
        check_network(settings)
    else:
        named(encoder)
        check_layers(encoder, settings.layers)


def _picture(source: PictureSource | None) -> Picture | None:
    return None if source is None else as_picture(source)


def _originals(
    photo: Picture | None,
    styles: tuple[Style, ...],
    settings: Settings,
    init: PictureSource | None,
    regions: Picture | None,
    protect: Picture | None,
    faces: tuple[Face, ...],
) -> Originals:
    """Put a run's pictures together; raise UsageError where one does not fit the others."""
    shape = result_size(None, settings) if photo is None else photo.size
    return Originals(
        init=make_init(photo, styles, settings, init),
        content=photo,
        styles=styles,
        regions=match_regions(shape, regions, styles),
        protect=protection_of(protect, shape),
        faces=faces,
    )


def _plan(
    plan: Plan | None,
    levels: Sequence[Level],
    settings: Settings,
    resources: Resources,
    originals: Originals,
    encoder: Encoder | None,
    *,
    must_fit: bool,
) -> Plan:
    """Return the plan that is given, as far as this machine can follow it, or choose one."""
    if plan is None:
        return make_plan(
            levels,
            settings,
            resources,
            own_layers=None if encoder is None else encoder.layers,
            beside=originals.mask_bytes(levels[-1]),
            must_fit=must_fit,
        )
    plan = followed_here(plan, resources)
    if len(plan.tiles) != len(levels):
        raise UsageError(f"the plan is for {len(plan.tiles)} levels, this run has {len(levels)}")
    return plan
