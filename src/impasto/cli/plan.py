"""impasto plan: what a run would take, without painting."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.files import content_argument, map_options, reading_options, styles_argument
from impasto.cli.film import plan_film
from impasto.cli.options import GroupedCommand, given, settings_options
from impasto.cli.telling import answer

_EXAMPLES = (
    ("A large print:", "impasto plan photo.jpg painting.jpg --size 8192"),
    ("Within 4 GB:", "impasto plan photo.jpg painting.jpg --size 4096 --memory 4GB"),
    ("By four processes:", "impasto plan photo.jpg painting.jpg --size 8192 --processes 4"),
)


@click.command(
    cls=GroupedCommand, examples=_EXAMPLES, beside={"film": plan_film}, no_args_is_help=True
)
@content_argument
@styles_argument
@map_options
@reading_options
@settings_options
def plan(**flags: Any) -> None:
    """Show levels, tiles, memory and time of a run, without painting.

    Takes the flags of `impasto paint`. The time is judged by a measurement of a few seconds.
    `impasto plan film` does so for a film.
    """
    settings, resources = given(flags)
    from impasto.cli.forecast import forecast

    for line in forecast(settings, resources, flags):
        answer(line)
