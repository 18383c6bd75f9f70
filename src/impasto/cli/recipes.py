"""impasto recipe, rerun and resume: what a picture was painted by, and painting it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from impasto.cli.files import PATH, overwrite_option, result_options
from impasto.cli.options import telling_options
from impasto.cli.telling import answer
from impasto.errors import UsageError


def _read_cell(
    ctx: click.Context, flag: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    """Read a sheet's row and column."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*([1-9]\d{0,3})\s*,\s*([1-9]\d{0,3})\s*", text)
    if found is None:
        raise UsageError(f"cell cannot be '{text}'; give ROW,COLUMN, each from 1, as 2,3")
    return int(found[1]), int(found[2])


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
@click.option(
    "--cell",
    metavar="ROW,COLUMN",
    callback=_read_cell,
    help="FILE is the JSON of a sheet (impasto sweep, impasto paper): paint this cell, from 1,1.",
)
@result_options
@telling_options
def rerun(
    picture: Path,
    content: Path | None,
    styles: tuple[Path, ...],
    size: str | None,
    cell: tuple[int, int] | None,
    **flags: Any,
) -> None:
    """Paint a picture again by the recipe in FILE.

    The pictures that went in are looked for by their contents in FILE's folder, in the current one
    and among impasto's examples. With nothing changed, the same machine and versions write the
    same bytes; else it says that bits may differ. A picture whose run was interrupted is painted
    to the end.
    """
    from impasto.cli import painting

    painting.rerun(picture, content, styles, size, flags, cell=cell)


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
    from impasto.cli import painting

    painting.resume(checkpoint, output, flags, overwrite=overwrite)
