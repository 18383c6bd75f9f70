"""impasto measure: figures that judge a finished picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.files import PATH, reading_of, reading_options
from impasto.cli.options import GroupedCommand, given, options_named
from impasto.cli.telling import answer

if TYPE_CHECKING:
    from impasto.measures.border import Border
    from impasto.measures.measure import Measures
    from impasto.measures.palette import Palette
    from impasto.measures.paper import LayerLosses

_ABSENT = "-"


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
    """Judge the picture RESULT by figures: losses, noise, border, palette, clipping.

    What needs a picture that is not given is left out; docs/measures.md says what each
    figure means.
    """
    settings, resources = given(flags)
    from impasto.jobs.inputs import Inputs
    from impasto.measures.measure import measure as judge
    from impasto.measures.paper import PAPER
    from impasto.reading.load import load

    inputs = Inputs(content=content, styles=styles, reading=reading_of(flags))
    pictures = [load(path, inputs.reading) for path in (result, *styles)]
    paper = replace(PAPER, padding=settings.padding)
    photo = inputs.first_frame(content)
    figures = judge(pictures[0], photo, pictures[1:] or None, paper, resources)
    if as_json:
        answer(json.dumps(figures.as_dict()))
        return
    for line in _lines(figures):
        answer(line)


def _lines(figures: Measures) -> Iterator[str]:
    losses, noise, clipped = figures.losses, figures.noise, figures.clipped
    yield _line("size", f"{figures.width} x {figures.height} px")
    yield _losses("content loss", losses.content if losses else None)
    yield _losses("style loss", losses.style if losses else None)
    amplitude = f"{noise.amplitude:.2f} of 255"
    energies = {"content": _number(noise.content), "style": _number(noise.style)}
    yield _line("noise", _number(noise.figure), **energies, amplitude=amplitude)
    yield from _border(figures.border)
    yield _palette(figures.palette)
    shares = {"content": _share(clipped.content), "style": _share(clipped.style)}
    yield _line("clipped", _share(clipped.result), **shares)


def _losses(label: str, losses: LayerLosses | None) -> str:
    if losses is None:
        return _line(label, _ABSENT)
    return _line(label, _number(losses.total), **{k: _number(v) for k, v in losses.layers.items()})


def _border(border: Border | None) -> Iterator[str]:
    if border is None:
        yield _line("border", _ABSENT)
        return
    yield _line("border", _number(border.worst), worst=" ".join(border.worst_at))
    for place, figures in border.figures.items():
        undivided = " ".join(map(_number, border.undivided[place].values()))
        numbers = {kind: _number(value) for kind, value in figures.items()}
        yield _line(f"  {place}", "", **numbers, undivided=undivided)


def _palette(palette: Palette | None) -> str:
    if palette is None:
        return _line("palette", _ABSENT)
    return _line("palette", _number(palette.distance), content=_number(palette.content))


def _line(label: str, value: str, **more: str) -> str:
    facts = "".join(f"  {name} {fact}" for name, fact in more.items())
    return f"{label:12}  {value:8}{facts}".rstrip()


def _number(value: float | None) -> str:
    return _ABSENT if value is None else f"{value:#.3g}"


def _share(value: float | None) -> str:
    return _ABSENT if value is None else f"{value:.2%}"
