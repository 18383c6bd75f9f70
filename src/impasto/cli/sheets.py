"""impasto paper and impasto sweep: labelled sheets of many pictures."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.files import (
    PATH,
    content_argument,
    map_options,
    overwrite_option,
    reading_options,
    styles_argument,
)
from impasto.cli.options import (
    GroupedCommand,
    asked_for,
    at_least,
    check_layers,
    options_named,
    settings_options,
    telling_options,
)
from impasto.settings.figures import BASE, CONTROLS, FIGURES, QUICK, figure_options
from impasto.settings.option import options
from impasto.settings.resources import Resources
from impasto.settings.sweeping import read_axis, variants

_PAPER = (
    ("All figures, of the example pictures:", "impasto paper all -o figures"),
    (
        "One, of your own pictures:",
        "impasto paper transfer -o figures --content photo.jpg --style one.jpg --style two.jpg",
    ),
    ("A first look in minutes:", "impasto paper all -o figures --quick"),
    (
        "What a photograph keeps of another's light:",
        "impasto paper photo -o figures --content day.jpg --photo night.jpg",
    ),
)
_SWEEPING = (
    (
        "Three strengths, three sizes of strokes:",
        "impasto sweep photo.jpg painting.jpg --over strength=30,50,70 --over style-scale=0.5,1,2 "
        "-o sheet.png",
    ),
    (
        "Presets side by side:",
        "impasto sweep photo.jpg painting.jpg --over preset=quick,standard,paper -o sheet.png",
    ),
    (
        "Values that hold commas:",
        "impasto sweep photo.jpg painting.jpg -o sheet.png "
        "--over 'style-layers=relu1_1;relu1_1,relu2_1;relu3_1,relu4_1'",
    ),
    (
        "One cell of a sheet again, large:",
        "impasto rerun sheet.json --cell 2,3 --size 2048 -o large.png",
    ),
)

_thumbnail_option = click.option(
    "--thumbnail",
    metavar="PX",
    callback=at_least(32),
    help="Long side of a picture on the sheet; the files beside it are whole. [default: 512, or "
    "the pictures' own where that is less]",
)
_FIELDS = (*CONTROLS, *options(Resources))


@click.command(cls=GroupedCommand, examples=_PAPER, no_args_is_help=True)
@click.argument("figure", metavar="FIGURE|all", type=click.Choice([*FIGURES, "all"]))
@click.option(
    *("-o", "--output"),
    metavar="FOLDER",
    required=True,
    type=PATH,
    help="Where the sheets go; made if it is not there.",
)
@click.option(
    "--content", metavar="FILE", type=PATH, help="The photograph. [default: an example's]"
)
@click.option(
    *("--style", "styles"),
    metavar="FILE",
    multiple=True,
    type=PATH,
    help="A painting, again for each of several: 'transfer' shows all, the others the first. "
    "[default: the examples']",
)
@click.option(
    "--photo",
    metavar="FILE",
    type=PATH,
    help="The photograph whose light 'photo' takes. [default: an example's]",
)
@click.option(
    "--quick",
    is_flag=True,
    help=f"A first look: {QUICK['size']} px, {QUICK['iterations']} evaluations.",
)
@_thumbnail_option
@overwrite_option
@telling_options
@reading_options
@options_named(*_FIELDS, defaults=BASE)
def paper(figure: str, quick: bool, **flags: Any) -> None:
    """Make a figure of the paper, or all, as a labelled sheet with its pictures and numbers.

    Gatys, Ecker and Bethge 2016 (and 2015), with their networks, layers, ratios and starts:

    \b
    content-layers  what single layers keep of a photograph
    style-layers    what growing sets of layers keep of a painting
    transfer        one photograph in several styles
    grid            growing sets of style layers against ratios of content to style
    trade-off       the ratio of content to style
    content-layer   a shallow and a deep content layer
    init            pictures to start from
    photo           one photograph in the light of another, and without noise

    Given again after it was stopped, it goes on where it was.
    """  # noqa: D301 - click wants the letter, not a backslash
    asked = {name: flags[name] for name in _FIELDS if flags[name] is not None}
    common = figure_options(asked, quick=quick)
    from impasto.cli import sheeting

    sheeting.paper(tuple(FIGURES) if figure == "all" else (figure,), common, flags)


@click.command(cls=GroupedCommand, examples=_SWEEPING, no_args_is_help=True)
@content_argument
@styles_argument
@click.option(
    "--over",
    metavar="OPTION=VALUE,...",
    multiple=True,
    required=True,
    help="An option of `impasto paint` and the values it takes, --preset included; once or twice: "
    "the first goes down, the second across.",
)
@click.option(
    *("-o", "--output"),
    metavar="OUT",
    required=True,
    type=PATH,
    help="The sheet: .png, .jpg, .webp, .tif, .avif or .jp2; its JSON and its pictures go beside "
    "it.",
)
@_thumbnail_option
@overwrite_option
@telling_options
@map_options
@reading_options
@settings_options
def sweep(over: tuple[str, ...], **flags: Any) -> None:
    """Paint CONTENT by several values of one or two options: a labelled contact sheet.

    Every value is checked before the first cell is painted. Given again after it was stopped, it
    goes on where it was.
    """
    axes = [read_axis(text) for text in over]
    cells = variants(axes, asked_for(flags))
    for cell in cells:
        check_layers(cell.settings)
    from impasto.cli import sheeting

    sheeting.sweep(axes, cells, flags)
