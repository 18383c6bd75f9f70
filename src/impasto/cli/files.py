"""The flags of files: what goes in, what is let in of it, what comes out and beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

import click

from impasto.cli.options import adding, at_least, of_group
from impasto.pictures.limits import Reading
from impasto.settings.numbers import CHECKPOINT_SECONDS
from impasto.settings.readers import plain_number, read_float

Made = TypeVar("Made")

PATH = click.Path(path_type=Path, readable=False)


def from_flags(kind: type[Made], flags: Mapping[str, Any], **more: Any) -> Made:
    """Make a value of the flags that are named like its fields; one not given has its default."""
    named = {name: flags.get(name) for name in signature(kind).parameters}
    return kind(**{name: value for name, value in named.items() if value is not None}, **more)


def _file(flag: str, help: str, **more: Any) -> Callable[..., Any]:
    return click.option(flag, help=help, cls=of_group("Files"), **more)


def _seconds(number: float) -> str:
    return f"{plain_number(number)} seconds"


content_argument = click.argument("content", metavar="CONTENT", type=PATH)
styles_argument = click.argument("styles", metavar="STYLE...", nargs=-1, required=True, type=PATH)

map_options = adding(
    click.option(
        "--regions",
        metavar="MAP",
        type=PATH,
        help="A map of CONTENT in flat colours, a colour for each region.",
    ),
    click.option(
        "--style-regions",
        metavar="MAP|#RRGGBB|all",
        multiple=True,
        help="Once for each STYLE, in their order: its map in the colours of --regions, or the "
        "one colour that all of it serves, or 'all' for every region.",
    ),
    click.option(
        "--protect",
        metavar="MASK",
        type=PATH,
        help="Where MASK is white CONTENT stays as it is; greys blend.",
    ),
)

_max_pixels_option = _file(
    "--max-pixels",
    "Refuse input pictures of more pixels, before they are decoded. "
    f"[default: {Reading.max_pixels}]",
    metavar="N",
    callback=at_least(1),
)
_truncated_option = _file(
    "--allow-truncated", "Paint what is there of a file that was cut short.", is_flag=True
)

reading_options = adding(
    _max_pixels_option,
    _file(
        "--frame",
        "Which picture of an animation or of a TIFF's pages, from 0. [default: 0]",
        metavar="N",
        callback=at_least(0),
    ),
    _truncated_option,
)
film_reading_options = adding(_max_pixels_option, _truncated_option)

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace OUT, and what goes beside it, if it exists."
)

_depth_option = _file(
    "--depth",
    "Bits a channel of OUT. [default: CONTENT's, where OUT's format has them]",
    type=click.Choice([8, 16]),
)
_metadata_option = _file(
    "--metadata/--no-metadata",
    "Write CONTENT's camera data and the recipe into OUT. [default: metadata]",
    default=True,
)
_fallback_option = _file(
    "--fallback-dir",
    "Where the result goes when OUT cannot be written in the end. [default: the system's "
    "temporary folder]",
    metavar="DIR",
    type=PATH,
)
_checkpoint_every_option = _file(
    "--checkpoint-every",
    "Seconds between two checkpoints, more where that would take over 3 % of the time. "
    f"[default: {plain_number(CHECKPOINT_SECONDS)}]",
    metavar="SECONDS",
    callback=at_least(0, read_float, _seconds),
)
_save_every_option = _file(
    "--save-every",
    "Save the picture so far every N evaluations, as OUT's name with .so-far.",
    metavar="N",
    callback=at_least(1),
)

# Of all the results of a batch alike.
writing_options = adding(
    _depth_option,
    _metadata_option,
    _fallback_option,
    _checkpoint_every_option,
    _save_every_option,
)

result_options = adding(
    click.option(
        *("-o", "--output"),
        metavar="OUT",
        required=True,
        type=PATH,
        help="Where the result goes: .png, .jpg, .webp, .tif, .avif or .jp2.",
    ),
    overwrite_option,
    _depth_option,
    _metadata_option,
    _fallback_option,
    _file(
        "--checkpoint",
        "Where the run's state is kept, for 'impasto resume'. [default: OUT.checkpoint, for "
        "runs of over two minutes; removed when OUT is written]",
        metavar="FILE",
        type=PATH,
    ),
    _checkpoint_every_option,
    _save_every_option,
    _file(
        "--timelapse",
        "Make a film of the run: .gif, .webp or .mp4.",
        metavar="FILE",
        type=PATH,
    ),
    _file(
        "--plot",
        "Draw the curve of the run's losses when it ends: .svg or .png.",
        metavar="FILE",
        type=PATH,
    ),
)
