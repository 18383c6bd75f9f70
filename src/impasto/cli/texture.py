"""impasto texture: a style alone, grown from noise to any size."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.inputs import inputs_of, reading_options, styles_argument
from impasto.cli.options import GroupedCommand, given, settings_options, telling_options
from impasto.cli.paint import paint_to
from impasto.cli.progress import make_reporter
from impasto.cli.results import result_options, results_of
from impasto.cli.signals import stoppable


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
@styles_argument
@click.option(
    "--seamless", is_flag=True,
    help="Let opposite borders meet, so that the result repeats without a seam; its sides must "
    "be multiples of 16 px.",
)  # fmt: skip
@result_options
@telling_options
@reading_options
@settings_options
def texture(seamless: bool, quiet: bool, json_progress: bool, **flags: Any) -> None:
    """Paint a texture of --size WIDTHxHEIGHT in the style of one or more pictures STYLE.

    There is no photograph: the style's statistics alone, from white noise.
    """
    results, inputs = results_of(flags), inputs_of(flags)
    settings, resources = given({**flags, **({"padding": "wrap"} if seamless else {})})
    paths = inputs.paths(settings)
    results.check(paths)
    with stoppable():
        run = inputs.prepare(settings, resources)
        paint_to(run, results, make_reporter(quiet=quiet, json_lines=json_progress), paths)
