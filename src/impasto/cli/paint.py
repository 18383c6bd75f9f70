"""impasto paint and impasto texture: pictures in, one result out."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.files import (
    content_argument,
    map_options,
    reading_options,
    result_options,
    styles_argument,
)
from impasto.cli.options import GroupedCommand, given, settings_options, telling_options

_PAINTING = (
    ("A 512 px picture:", "impasto paint photo.jpg painting.jpg -o painted.png"),
    (
        "Larger, with more of the photograph:",
        "impasto paint photo.jpg painting.jpg -o painted.jpg --size 1024 --style-weight 200",
    ),
    (
        "Two styles, the photograph's own colours:",
        "impasto paint photo.jpg one.jpg two.jpg -o both.png --style-blend 0.7,0.3 "
        "--colour luminance",
    ),
    ("As in the paper:", "impasto paint photo.jpg painting.jpg -o paper.png --preset paper"),
)
_GROWING = (
    ("A picture of nothing but style:", "impasto texture painting.jpg -o out.png"),
    (
        "A tile that repeats without a seam:",
        "impasto texture wood.jpg -o tile.png --size 768x512 --seamless",
    ),
)


@click.command(cls=GroupedCommand, examples=_PAINTING, no_args_is_help=True)
@content_argument
@styles_argument
@result_options
@telling_options
@map_options
@reading_options
@settings_options
def paint(**flags: Any) -> None:
    """Paint the photograph CONTENT in the style of one or more pictures STYLE.

    The photograph's forms are kept, the painting's colours, strokes and textures are taken.
    Ctrl-C stops early and saves what is there.
    """
    _paint(flags)


@click.command(cls=GroupedCommand, examples=_GROWING, no_args_is_help=True)
@styles_argument
@click.option(
    "--seamless",
    is_flag=True,
    help="Let opposite borders meet, so that the result repeats without a seam; its sides must "
    "be multiples of 16 px.",
)
@result_options
@telling_options
@reading_options
@settings_options
def texture(seamless: bool, **flags: Any) -> None:
    """Paint a texture of --size WIDTHxHEIGHT in the style of one or more pictures STYLE.

    There is no photograph: the style's statistics alone, from white noise.
    """
    _paint({**flags, "padding": "wrap"} if seamless else flags)


def _paint(flags: dict[str, Any]) -> None:
    # Settings before pictures, so that a wrong flag is answered before torch is loaded.
    settings, resources = given(flags)
    from impasto.cli import painting

    painting.paint(settings, resources, flags)
