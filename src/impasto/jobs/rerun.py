"""Painting a picture again: a recipe's pictures found, its run prepared."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from impasto.engine.change import Change, Place
from impasto.engine.prepare import prepare
from impasto.engine.recipe import Recipe, StyleIngredient, differences, source_of
from impasto.engine.run import Run
from impasto.engine.steering import with_change
from impasto.errors import DeviceError, UsageError
from impasto.jobs.pantry import Pantry, reading
from impasto.memory.free import free_bytes
from impasto.network.encoder import Encoder, named
from impasto.pictures.origin import Source
from impasto.pictures.picture import Picture
from impasto.planning.choose import make_plan
from impasto.planning.machine import present
from impasto.planning.plan import Plan
from impasto.reading.carrying import load_with_recipe
from impasto.scene.styles import Style
from impasto.settings.presets import from_names
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

_log = logging.getLogger(__name__)


def read_recipe(picture: Path) -> tuple[Recipe, int]:
    """Return the recipe in a file, and its bits a channel."""
    # All that can be wrong with a file is said there; it may be as large as we made it.
    found, text = load_with_recipe(picture, reading())
    name = "stdin" if str(picture) == "-" else str(picture)
    return Recipe.from_json(text or "", name), found.origin.depth


def again(
    recipe: Recipe,
    pantry: Pantry,
    *,
    content: Path | None = None,
    styles: Sequence[Path] = (),
    size: str | None = None,
    encoder: Encoder | None = None,
    processes: int = 1,
) -> Run:
    """Prepare a recipe's run, with other pictures or another size, for so many processes.

    What changed on the way changes again: after the same evaluation where the levels are as many,
    else at the level that is as far on.
    Raises UsageError for a recipe that needs the caller's own network, unless that is given as
    `encoder`; notes what may change bits.
    """
    _check_network(recipe, encoder)
    settings, parts = _settings(recipe, pantry, size), recipe.ingredients
    plan = _plan(recipe) if size is None and not (content or styles) else None
    photo = _found(parts.content, pantry) if content is None else pantry.given(content)
    paintings = _styles(parts.styles, pantry, styles)
    _check_parts(paintings, settings)
    run = prepare(
        photo,
        paintings,
        settings,
        Resources(processes=processes),
        init=_found(parts.init, pantry),
        regions=_found(parts.regions, pantry),
        protect=_found(parts.protect, pantry),
        plan=plan,
        encoder=encoder,
    )
    run = _changing(run, recipe, pantry)
    return run if plan is None else _within_memory(run)


def _changing(run: Run, recipe: Recipe, pantry: Pantry) -> Run:
    """Return a run that changes where the recipe's did."""
    for number, change in enumerate(recipe.changes):
        level, iteration = _place(change, recipe, run)
        try:
            run = _changed(run, replace(change, level=level, iteration=iteration), pantry)
        except UsageError as fault:
            raise UsageError(f"changes[{number}]: {fault}") from fault
    return run


def _place(change: Change, recipe: Recipe, run: Run) -> Place:
    """Return where a run makes a recipe's next change: where there are other levels, as far on."""
    level = math.ceil(change.level * len(run.levels) / len(recipe.plan.tiles))
    place = level, min(change.iteration, run.levels[level - 1].iterations)
    # Of two levels that became one, the later one's changes stay the later.
    return max([place, *(one.place for one in run.changes[-1:])])


def _changed(run: Run, change: Change, pantry: Pantry) -> Run:
    if not isinstance(change.protect, Source):
        return with_change(run, change)
    mask = pantry.load(change.protect)
    if (source := source_of(mask)) in run.masks:
        return with_change(run, replace(change, protect=source))
    return with_change(run, change, mask)


def _check_network(recipe: Recipe, encoder: Encoder | None) -> None:
    """Refuse to paint by another network than the one that a recipe names."""
    if recipe.encoder is None:
        return
    if encoder is None:
        raise UsageError(
            f"this was painted with a network of its own ('{recipe.encoder}'), which is not here; "
            "paint it in Python with impasto.iterate(..., encoder=...)"
        )
    name, digest = named(encoder)
    if name != recipe.encoder:
        raise UsageError(f"this was painted with the network '{recipe.encoder}', not with '{name}'")
    if digest != recipe.weights:
        _log.info("bits may differ from the recipe's picture: '%s' has other weights", name)


def _plan(recipe: Recipe) -> Plan | None:
    """Return the recipe's plan where its device is here; say what may change bits."""
    if other := differences(recipe):
        _log.info("bits may differ from the recipe's picture: %s", ", ".join(other))
    return recipe.plan if present(recipe.plan.device) else None


def _found(part: Source | None, pantry: Pantry) -> Picture | None:
    return None if part is None else pantry.load(part)


def _check_parts(styles: Sequence[Style], settings: Settings) -> None:
    """Refuse to cut more out of the styles than the memory holds: every part is a copy."""
    area = sum((right - left) * (low - top) for left, top, right, low in settings.style_crops)
    wanted = area * sum(style.picture.array.nbytes for style in styles)
    free = free_bytes(torch.device("cpu"))
    if wanted > free:
        raise DeviceError(
            f"settings.style_crops needs {wanted / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
        )


def _within_memory(run: Run) -> Run:
    """Return the run with a plan of this machine's where its own asks for more than is free."""
    # The plan's own memory of steps, which the settings need not ask for.
    costs = replace(run.costs, settings=replace(run.settings, history=max(run.plan.history)))
    wanted = max(level.memory for level in costs.forecast(run.levels, run.plan))
    free = free_bytes(run.device)
    if wanted + run.mask_bytes <= free:
        return run
    told = "bits may differ from the recipe's picture: its plan takes %.1f GB, and %.1f GB are free"
    _log.info(told + " here", wanted / 1e9, free / 1e9)
    own_layers = None if run.encoder is None else run.encoder.layers
    resources = Resources(processes=run.plan.processes)
    plan = make_plan(
        run.levels, run.settings, resources, own_layers=own_layers, beside=run.mask_bytes
    )
    return replace(run, plan=plan)


def _settings(recipe: Recipe, pantry: Pantry, size: str | None) -> Settings:
    settings = recipe.settings
    if size is not None:
        changed, _ = from_names({"size": size})
        settings = replace(settings, size=changed.size)
    if settings.weights != "auto":
        path = pantry.with_digest(settings.weights, recipe.weights)
        settings = replace(settings, weights=str(path))
    return settings


def _styles(
    wanted: Sequence[StyleIngredient], pantry: Pantry, given: Sequence[Path]
) -> list[Style]:
    if given and len(given) != len(wanted):
        raise UsageError(f"the recipe has {len(wanted)} styles; give --style once for each")
    found = []
    for number, style in enumerate(wanted):
        picture = pantry.given(given[number]) if given else pantry.load(style.picture)
        map_ = style.regions
        regions = pantry.load(map_) if isinstance(map_, Source) else map_
        found.append(Style(picture, style.weight, regions, style.scale))
    return found
