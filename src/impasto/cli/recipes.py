"""impasto recipe, rerun and resume: what a picture was painted by, and painting it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.options import telling_options
from impasto.cli.paint import paint_to
from impasto.cli.progress import make_reporter
from impasto.cli.results import Results, result_options, results_of
from impasto.cli.stopping import stoppable
from impasto.errors import UsageError
from impasto.settings import Settings, from_names

if TYPE_CHECKING:
    from impasto.engine import Recipe, Run, StyleIngredient
    from impasto.pictures import Picture, Source, Style

_PATH = click.Path(path_type=Path, readable=False)


@click.command(no_args_is_help=True)
@click.argument("picture", metavar="FILE", type=_PATH)
def recipe(picture: Path) -> None:
    """Print the recipe in a picture that impasto painted, as JSON."""
    from impasto.pictures import read_recipe_text

    _read(picture)  # so that only a recipe is printed
    click.echo(read_recipe_text(picture))


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
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
@telling_options
def resume(
    checkpoint: Path, output: Path | None, overwrite: bool, quiet: bool, json_progress: bool
) -> None:
    """Go on with a run from its checkpoint, to the same bits as if it had never stopped.

    The result goes where the run would have put it, with the same flags. Pictures are read from
    where they were, or found by their contents beside the checkpoint and in the current folder.
    """
    from impasto.engine import read_checkpoint

    kept = read_checkpoint(checkpoint)
    notes = dict(kept.notes)
    if set(notes) != {"inputs", *Results.__dataclass_fields__}:
        raise UsageError(f"{checkpoint} was not written by 'impasto paint'; go on in Python")
    pantry = Pantry([checkpoint.parent, Path()], notes.pop("inputs"))
    results = _resumed(notes, checkpoint, output, overwrite)
    results.check([], own=checkpoint)
    with stoppable():
        run = _again(kept.recipe, pantry)
        results.check(pantry.used, own=checkpoint)
        reporter = make_reporter(quiet=quiet, json_lines=json_progress)
        paint_to(run, results, reporter, pantry.used, kept.state)


class Pantry:
    """Finds the files of a recipe by their contents."""

    def __init__(self, folders: Sequence[Path], paths: Iterable[str] = ()) -> None:
        """Look at `paths` first, then at everything in `folders`."""
        self._candidates = [
            *(Path(path) for path in paths),
            *(path for folder in folders for path in sorted(folder.iterdir())),
        ]
        self._digests: dict[Path, str] = {}
        self.used: list[str] = []

    def load(self, wanted: Source) -> Picture:
        """Read the picture; raise UsageError where there is none, or it was never a file."""
        from impasto.pictures import Reading, load

        # It was let in before.
        path = self._find(wanted)
        return load(path, Reading(1 << 62, wanted.frame, allow_truncated=True))

    def _find(self, wanted: Source) -> Path:
        if not wanted.name:
            raise UsageError(
                "the recipe's pictures came from memory, not from files; give them again"
            )
        return self.with_digest(wanted.name, wanted.sha256)

    def given(self, path: Path) -> Picture:
        """Read a picture that is given instead."""
        from impasto.pictures import load

        self.used.append(str(path.absolute()))
        return load(path)

    def with_digest(self, name: str, sha256: str) -> Path:
        """Return the file of these contents, whatever its name is now."""
        # Those of the right name first: hashing a folder of photographs takes its time.
        for path in sorted(self._candidates, key=lambda path: path.name != name):
            if self._digest(path) == sha256:
                self.used.append(str(path.absolute()))
                return path
        changed = [path for path in self._candidates if path.name == name and path.is_file()]
        reason = f"{changed[0]} has other contents now" if changed else "it is not there"
        raise UsageError(
            f"the recipe needs {name} (sha256 {sha256[:16]}...) and {reason}; put it into the "
            "same folder"
        )

    def _digest(self, path: Path) -> str:
        from impasto.pictures import digest_of

        if path not in self._digests:
            try:
                self._digests[path] = digest_of(path) if path.is_file() else ""
            except OSError:
                self._digests[path] = ""
        return self._digests[path]


def _read(picture: Path) -> tuple[Recipe, int]:
    """Return the recipe in a file, and its bits a channel."""
    from impasto.engine import Recipe
    from impasto.pictures import Reading, load, read_recipe_text

    # All that can be wrong with a file is said there; it may be as large as we made it.
    found = load(picture, Reading(1 << 62))
    recipe = Recipe.from_json(read_recipe_text(picture) or "", str(picture))
    return recipe, found.origin.depth


def _again(
    recipe: Recipe,
    pantry: Pantry,
    content: Path | None = None,
    styles: tuple[Path, ...] = (),
    size: str | None = None,
) -> Run:
    """Prepare a recipe's run, with other pictures or another size."""
    from impasto.engine import differences, prepare, present

    parts = recipe.ingredients
    settings = _settings(recipe, pantry, size)
    same = size is None and not (content or styles)
    plan = recipe.plan if same and present(recipe.plan.device) else None
    if same and (other := differences(recipe)):
        listed = ", ".join(other)
        click.echo(f"note: bits may differ from the recipe's picture: {listed}", err=True)
    photo = None
    if content is not None:
        photo = pantry.given(content)
    elif parts.content is not None:
        photo = pantry.load(parts.content)

    def found_part(part: Source | None) -> Picture | None:
        return None if part is None else pantry.load(part)

    return prepare(
        photo, _styles(parts.styles, pantry, styles), settings, plan=plan,
        regions=found_part(parts.regions), protect=found_part(parts.protect),
        start=found_part(parts.start),
    )  # fmt: skip


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
    from impasto.pictures import Source, Style

    if given and len(given) != len(wanted):
        raise UsageError(f"the recipe has {len(wanted)} styles; give --style once for each")
    found = []
    for number, style in enumerate(wanted):
        picture = pantry.given(given[number]) if given else pantry.load(style.picture)
        map_ = style.regions
        regions = pantry.load(map_) if isinstance(map_, Source) else map_
        found.append(Style(picture, style.weight, regions, style.scale))
    return found


def _resumed(notes: dict[str, Any], checkpoint: Path, output: Path | None, again: bool) -> Results:
    paths = ("output", "fallback_dir", "checkpoint", "timelapse")
    for name in paths:
        if notes[name] is not None:
            notes[name] = Path(notes[name])
    if output is not None:
        notes["output"] = output.absolute()
    notes["overwrite"] = notes["overwrite"] or again
    notes["checkpoint"] = checkpoint  # it goes on in the same file
    if notes["timelapse"] is not None:  # the first part of the film stays
        film = notes["timelapse"]
        notes["timelapse"] = film.with_name(f"{film.stem}-resumed{film.suffix}")
    return Results(**notes)
