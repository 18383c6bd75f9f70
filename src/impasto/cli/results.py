"""The flags of the result and of the files beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from impasto.cli.options import at_least, of_group
from impasto.jobs.outputs import Results
from impasto.settings.readers import plain_number, read_float

_PATH = click.Path(path_type=Path, readable=False)


def result_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for each field of Results."""
    for option in reversed(_RESULTS):
        command = option(command)
    return command


def results_of(flags: dict[str, Any]) -> Results:
    """Take the fields of Results out of a command's flags."""
    return Results(**{name: flags.pop(name) for name in Results.__dataclass_fields__})


_RESULTS = (
    click.option(
        "-o", "--output", metavar="OUT", required=True, type=_PATH,
        help="Where the result goes: .png, .jpg, .webp, .tif, .avif or .jp2.",
    ),
    click.option(
        "--overwrite", is_flag=True, help="Replace OUT, and what goes beside it, if it exists.",
    ),
    click.option(
        "--depth", type=click.Choice(["8", "16"]), cls=of_group("Files"),
        help="Bits a channel of OUT. [default: CONTENT's, where OUT's format has them]",
    ),
    click.option(
        "--metadata/--no-metadata", default=True, cls=of_group("Files"),
        help="Write CONTENT's camera data and the recipe into OUT. [default: metadata]",
    ),
    click.option(
        "--fallback-dir", metavar="DIR", type=_PATH, cls=of_group("Files"),
        help="Where the result goes when OUT cannot be written in the end. [default: the system's "
        "temporary folder]",
    ),
    click.option(
        "--checkpoint", metavar="FILE", type=_PATH, cls=of_group("Files"),
        help="Where the run's state is kept, for 'impasto resume'. [default: OUT.checkpoint, for "
        "runs of over two minutes; removed when OUT is written]",
    ),
    click.option(
        "--checkpoint-every", metavar="SECONDS", default="5", cls=of_group("Files"),
        callback=at_least(0, read_float, lambda number: f"{plain_number(number)} seconds"),
        help="Seconds between two checkpoints, more where that would take over 3 % of the time. "
        "[default: 5]",
    ),
    click.option(
        "--save-every", metavar="N", callback=at_least(1), cls=of_group("Files"),
        help="Save the picture so far every N evaluations, as OUT's name with .so-far.",
    ),
    click.option(
        "--timelapse", metavar="FILE", type=_PATH, cls=of_group("Files"),
        help="Make a film of the run: .gif, .webp or .mp4.",
    ),
)  # fmt: skip
