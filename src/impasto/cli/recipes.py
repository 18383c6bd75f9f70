"""impasto recipe, rerun and resume: what a picture was painted by, and painting it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from impasto.cli.files import PATH, outputs_of, overwrite_option, result_options
from impasto.cli.options import telling_options
from impasto.cli.paint import paint_to
from impasto.cli.signals import stoppable
from impasto.cli.telling import answer


@click.command(no_args_is_help=True)
@click.argument("picture", metavar="FILE", type=PATH)
def recipe(picture: Path) -> None:
    """Print the recipe in a picture that impasto painted, as JSON."""
    from impasto.jobs.rerun import read_recipe

    # As it was understood: what else stands in the file never reaches the terminal.
    answer(read_recipe(picture)[0].as_json())


@click.command(no_args_is_help=True)
@click.argument("picture", metavar="FILE", type=PATH)
@click.option("--content", metavar="PICTURE", type=PATH, help="Paint this photograph instead.")
@click.option(
    *("--style", "styles"),
    metavar="PICTURE",
    type=PATH,
    multiple=True,
    help="Take the style from this picture instead; once for each style of the recipe.",
)
@click.option("--size", metavar="PX|original|WxH", help="Paint at another size.")
@result_options
@telling_options
def rerun(
    picture: Path, content: Path | None, styles: tuple[Path, ...], size: str | None, **flags: Any
) -> None:
    """Paint a picture again by the recipe in FILE.

    The pictures that went in are looked for by their contents in FILE's folder and in the current
    one. With nothing changed, the same machine and versions write the same bytes; else it says
    that bits may differ. A picture whose run was interrupted is painted to the end.
    """
    from impasto.jobs.pantry import Pantry
    from impasto.jobs.rerun import again, read_recipe

    outputs = outputs_of(flags)
    found, depth = read_recipe(picture)
    pantry = Pantry([picture.parent, Path()])
    outputs.check([str(picture)])
    outputs = outputs.with_depth(depth)
    with stoppable():
        run = again(found, pantry, content=content, styles=styles, size=size)
        outputs.check(pantry.used)
        paint_to(run, outputs, pantry.used, flags)


@click.command(no_args_is_help=True)
@click.argument("checkpoint", metavar="CHECKPOINT", type=PATH)
@click.option("-o", "--output", metavar="OUT", type=PATH, help="Where the result goes instead.")
@overwrite_option
@telling_options
def resume(checkpoint: Path, output: Path | None, overwrite: bool, **flags: Any) -> None:
    """Go on with a run from its checkpoint, to the same bits as if it had never stopped.

    The result goes where the run would have put it, with the same flags. Pictures are read from
    where they were, or found by their contents beside the checkpoint and in the current folder.
    """
    from impasto.engine.checkpoint import read_checkpoint
    from impasto.engine.fitting import check_fits
    from impasto.jobs.notes import read_notes
    from impasto.jobs.pantry import Pantry
    from impasto.jobs.rerun import again

    kept = read_checkpoint(checkpoint)
    notes = read_notes(kept.notes, checkpoint)
    pantry = Pantry([checkpoint.parent, Path()], notes.inputs)
    outputs = notes.resumed(checkpoint, output, overwrite=overwrite)
    own = notes.own(checkpoint)
    outputs.check([], own)
    with stoppable():
        run = again(kept.recipe, pantry)
        check_fits(kept.state, run)
        outputs.check(pantry.used, own)
        paint_to(run, outputs, pantry.used, flags, kept.state)
