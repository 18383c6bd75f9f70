"""impasto measure: figures that judge a finished picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from impasto.cli.files import PATH, film_reading_options, from_flags, reading_options
from impasto.cli.options import GroupedCommand, at_least, given, options_named
from impasto.cli.telling import answer
from impasto.pictures.limits import Reading
from impasto.settings.readers import read_float

_EXAMPLES = (
    ("All figures:", "impasto measure painted.png --content photo.jpg --style painting.jpg"),
    (
        "For a script:",
        "impasto measure painted.png --content photo.jpg --style painting.jpg --json",
    ),
    ("Against two styles alone:", "impasto measure out.png --style one.jpg --style two.jpg"),
)

_OF_FILMS = (
    ("How steady a film is:", "impasto measure film painted.mp4 --content film.mp4"),
    (
        "Against frames painted one by one:",
        "impasto measure film painted.mp4 --content film.mp4 --against 'alone/%04d.png'",
    ),
)


@click.command("film", cls=GroupedCommand, examples=_OF_FILMS, no_args_is_help=True)
@click.argument("result", metavar="RESULT", type=PATH)
@click.option("--content", metavar="IN", type=PATH, required=True, help="The film of it.")
@click.option(
    "--against",
    metavar="FRAMES",
    type=PATH,
    help="As many frames that were painted one by one: a film, frames/%04d.png, or a folder.",
)
@click.option(
    "--start",
    metavar="SECONDS",
    callback=at_least(0, read_float),
    help="Where in IN the result begins. [default: 0]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, frame by frame.")
@click.option("--plot", metavar="FILE", type=PATH, help="Draw the errors over time: .svg or .png.")
@click.option("--overwrite", is_flag=True, help="Replace the plot, if it exists.")
@film_reading_options
def measure_film(as_json: bool, **flags: Any) -> None:
    """Judge the film RESULT: how much it flickers, and whether it wanders.

    The warping error is how far each frame is from the one before, moved along with what was
    filmed; beside it is the input's own, which no painting need go under. The loop gap is that of
    the first frame and the last, where one leads to the other.
    """
    from impasto.cli import film_figures

    figures = film_figures.figures_of(flags)
    if as_json:
        answer(json.dumps(figures.as_dict()))
        return
    for line in film_figures.lines_of(figures):
        answer(line)


@click.command(
    cls=GroupedCommand,
    examples=_EXAMPLES,
    beside={"film": measure_film},
    no_args_is_help=True,
)
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
    figure means. `impasto measure film` judges films.
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
