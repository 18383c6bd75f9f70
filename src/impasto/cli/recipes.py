"""impasto recipe, rerun and resume: what a picture was painted by, and painting it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.options import telling_options
from impasto.cli.paint import paint_to
from impasto.cli.progress import make_reporter
from impasto.cli.results import result_options, results_of
from impasto.cli.signals import stoppable
from impasto.cli.telling import answer, tell
from impasto.errors import DeviceError, UsageError
from impasto.jobs.notes import read_notes
from impasto.jobs.pantry import Pantry, reading
from impasto.settings.names import from_names
from impasto.settings.settings import Settings

if TYPE_CHECKING:
    from impasto.engine.recipe import Recipe, StyleIngredient
    from impasto.engine.run import Run
    from impasto.pictures.origin import Source
    from impasto.pictures.picture import Picture
    from impasto.planning.plan import Plan
    from impasto.scene.styles import Style

_PATH = click.Path(path_type=Path, readable=False)


@click.command(no_args_is_help=True)
@click.argument("picture", metavar="FILE", type=_PATH)
def recipe(picture: Path) -> None:
    """Print the recipe in a picture that impasto painted, as JSON."""
    # As it was understood: what else stands in the file never reaches the terminal.
    answer(_read(picture)[0].as_json())


@click.command(no_args_is_help=True)
@click.argument("picture", metavar="FILE", type=_PATH)
@click.option("--content", metavar="PICTURE", type=_PATH, help="Paint this photograph instead.")
@click.option(
    "--style", "styles", metavar="PICTURE", type=_PATH, multiple=True,
    help="Take the style from this picture instead; once for each style of the recipe.",
)  # fmt: skip
@click.option("--size", metavar="PX|original|WxH", help="Paint at another size.")
@result_options
@telling_options
def rerun(
    picture: Path,
    content: Path | None,
    styles: tuple[Path, ...],
    size: str | None,
    quiet: bool,
    json_progress: bool,
    **flags: Any,
) -> None:
    """Paint a picture again by the recipe in FILE.

    The pictures that went in are looked for by their contents in FILE's folder and in the current
    one. With nothing changed, the same machine and versions write the same bytes; else it says
    that bits may differ. A picture whose run was interrupted is painted to the end.
    """
    results = results_of(flags)
    found, depth = _read(picture)
    pantry = Pantry([picture.parent, Path()])
    results.check([str(picture)])
    results = results.with_depth(depth)
    with stoppable():
        run = _again(found, pantry, content, styles, size)
        results.check(pantry.used)
        paint_to(run, results, make_reporter(quiet=quiet, json_lines=json_progress), pantry.used)


@click.command(no_args_is_help=True)
@click.argument("checkpoint", metavar="CHECKPOINT", type=_PATH)
@click.option("-o", "--output", metavar="OUT", type=_PATH, help="Where the result goes instead.")
@click.option(
    "--overwrite", is_flag=True, help="Replace OUT, and what goes beside it, if it exists."
)
@telling_options
def resume(
    checkpoint: Path, output: Path | None, overwrite: bool, quiet: bool, json_progress: bool
) -> None:
    """Go on with a run from its checkpoint, to the same bits as if it had never stopped.

    The result goes where the run would have put it, with the same flags. Pictures are read from
    where they were, or found by their contents beside the checkpoint and in the current folder.
    """
    from impasto.engine.checkpoint import read_checkpoint
    from impasto.engine.fitting import check_fits

    kept = read_checkpoint(checkpoint)
    notes = read_notes(kept.notes, checkpoint)
    pantry = Pantry([checkpoint.parent, Path()], notes.inputs)
    results = notes.resumed(checkpoint, output, overwrite=overwrite)
    own = notes.own(checkpoint)
    results.check([], own)
    with stoppable():
        run = _again(kept.recipe, pantry)
        check_fits(kept.state, run)
        results.check(pantry.used, own)
        reporter = make_reporter(quiet=quiet, json_lines=json_progress)
        paint_to(run, results, reporter, pantry.used, kept.state)


def _read(picture: Path) -> tuple[Recipe, int]:
    """Return the recipe in a file, and its bits a channel."""
    from impasto.engine.recipe import Recipe
    from impasto.reading.carrying import load_with_recipe

    # All that can be wrong with a file is said there; it may be as large as we made it.
    found, text = load_with_recipe(picture, reading())
    name = "stdin" if str(picture) == "-" else str(picture)
    return Recipe.from_json(text or "", name), found.origin.depth


def _again(
    recipe: Recipe,
    pantry: Pantry,
    content: Path | None = None,
    styles: tuple[Path, ...] = (),
    size: str | None = None,
) -> Run:
    """Prepare a recipe's run, with other pictures or another size."""
    from impasto.engine.prepare import prepare

    _check_network(recipe)
    settings, parts = _settings(recipe, pantry, size), recipe.ingredients
    plan = _plan(recipe) if size is None and not (content or styles) else None
    photo = _found(parts.content, pantry) if content is None else pantry.given(content)
    paintings = _styles(parts.styles, pantry, styles)
    _check_parts(paintings, settings)
    run = prepare(
        photo, paintings, settings, plan=plan, regions=_found(parts.regions, pantry),
        protect=_found(parts.protect, pantry), init=_found(parts.init, pantry),
    )  # fmt: skip
    return run if plan is None else _within_memory(run)


def _check_network(recipe: Recipe) -> None:
    """Refuse to paint with our network what was painted with the caller's own."""
    if recipe.encoder is not None:
        raise UsageError(
            f"this was painted with a network of its own ('{recipe.encoder}'), which the command "
            "line does not have; paint it in Python with impasto.iterate(..., encoder=...)"
        )


def _plan(recipe: Recipe) -> Plan | None:
    """Return the recipe's plan where its device is here; say what may change bits."""
    from impasto.engine.recipe import differences
    from impasto.planning.machine import present

    if other := differences(recipe):
        listed = ", ".join(other)
        tell(f"note: bits may differ from the recipe's picture: {listed}")
    return recipe.plan if present(recipe.plan.device) else None


def _found(part: Source | None, pantry: Pantry) -> Picture | None:
    return None if part is None else pantry.load(part)


def _check_parts(styles: Sequence[Style], settings: Settings) -> None:
    """Refuse to cut more out of the styles than the memory holds: every part is a copy."""
    import torch

    from impasto.memory.free import free_bytes

    area = sum((right - left) * (low - top) for left, top, right, low in settings.style_crops)
    wanted = area * sum(style.picture.array.nbytes for style in styles)
    free = free_bytes(torch.device("cpu"))
    if wanted > free:
        raise DeviceError(
            f"settings.style_crops needs {wanted / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
        )


def _within_memory(run: Run) -> Run:
    """Return the run with a plan of this machine's where its own asks for more than is free."""
    from impasto.memory.free import free_bytes
    from impasto.planning.choose import make_plan
    from impasto.settings.resources import Resources

    # The plan's own memory of steps, which the settings need not ask for.
    costs = replace(run.costs, settings=replace(run.settings, history=max(run.plan.history)))
    wanted = max(level.memory for level in costs.forecast(run.levels, run.plan))
    free = free_bytes(run.device)
    if wanted + run.mask_bytes <= free:
        return run
    tell(
        f"note: bits may differ from the recipe's picture: its plan takes {wanted / 1e9:.1f} GB, "
        f"and {free / 1e9:.1f} GB are free here"
    )
    plan = make_plan(run.levels, run.settings, Resources(), beside=run.mask_bytes)
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
    wanted: Sequence[StyleIngredient], pantry: Pantry, given: tuple[Path, ...]
) -> list[Style]:
    from impasto.pictures.origin import Source
    from impasto.scene.styles import Style

    if given and len(given) != len(wanted):
        raise UsageError(f"the recipe has {len(wanted)} styles; give --style once for each")
    found = []
    for number, style in enumerate(wanted):
        picture = pantry.given(given[number]) if given else pantry.load(style.picture)
        map_ = style.regions
        regions = pantry.load(map_) if isinstance(map_, Source) else map_
        found.append(Style(picture, style.weight, regions, style.scale))
    return found
