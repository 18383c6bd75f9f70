"""impasto texture: a style alone, grown from noise to any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from impasto.cli.options import GroupedCommand, given, output_options, settings_options
from impasto.cli.paint import paint_to
from impasto.cli.progress import make_reporter


class TextureCommand(GroupedCommand):
    """The texture command's examples."""

    examples = (
        ("A picture of nothing but style:", "impasto texture painting.jpg -o out.png"),
        (
            "A tile that repeats without a seam:",
            "impasto texture wood.jpg -o tile.png --size 768x512 --seamless",
        ),
    )


@click.command(cls=TextureCommand, no_args_is_help=True)
@click.argument(
    "styles", metavar="STYLE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--seamless", is_flag=True,
    help="Let opposite borders meet, so that the result repeats without a seam; its sides must "
    "be multiples of 16 px.",
)  # fmt: skip
@output_options
@settings_options
def texture(
    styles: tuple[Path, ...],
    seamless: bool,
    output: Path,
    overwrite: bool,
    quiet: bool,
    json_progress: bool,
    **flags: Any,
) -> None:
    """Paint a texture of --size WIDTHxHEIGHT in the style of one or more pictures STYLE.

    There is no photograph: the style's statistics alone, from white noise.
    """
    settings, resources = given({**flags, **({"padding": "wrap"} if seamless else {})})
    from impasto.engine import prepare
    from impasto.pictures import check_output

    check_output(output, overwrite=overwrite, inputs=styles)
    run = prepare(None, styles, settings, resources)
    paint_to(run, output, make_reporter(quiet=quiet, json_lines=json_progress))
