"""impasto measure: figures that judge a finished picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from impasto.cli.files import PATH, from_flags, reading_options
from impasto.cli.options import GroupedCommand, given, options_named
from impasto.cli.telling import answer
from impasto.pictures.limits import Reading

_EXAMPLES = (
    ("All figures:", "impasto measure painted.png --content photo.jpg --style painting.jpg"),
    (
        "For a script:",
        "impasto measure painted.png --content photo.jpg --style painting.jpg --json",
    ),
    ("Against two styles alone:", "impasto measure out.png --style one.jpg --style two.jpg"),
)


@click.command(cls=GroupedCommand, examples=_EXAMPLES, no_args_is_help=True)
@click.argument("result", metavar="RESULT", type=PATH)
@click.option("--content", metavar="FILE", type=PATH, help="The photograph that was painted.")
@click.option(
    *("--style", "styles"),
    metavar="FILE",
    multiple=True,
    type=PATH,
    help="The painting; again for each of several, which count equally.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@reading_options
@options_named("padding", "device", "threads", "memory", "tile", "scratch")
def measure(
    result: Path, content: Path | None, styles: tuple[Path, ...], as_json: bool, **flags: Any
) -> None:
    """Judge the picture RESULT: losses, noise, patches, border, fidelity, palette, clipping.

    What needs a picture that is not given is left out; docs/measures.md says what each
    figure means.
    """
    settings, resources = given(flags)
    from impasto.cli.figures import figures_of, lines_of

    paths, reading = (result, content, styles), from_flags(Reading, flags)
    figures = figures_of(*paths, reading, settings, resources)
    if as_json:
        answer(json.dumps(figures.as_dict()))
        return
    for line in lines_of(figures):
        answer(line)
