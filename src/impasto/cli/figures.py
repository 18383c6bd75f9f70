"""A picture's figures, in lines for a person; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from impasto.measures.border import Border
from impasto.measures.fidelity import Fidelity
from impasto.measures.measure import Measures, measure
from impasto.measures.palette import Palette
from impasto.measures.paper import PAPER, LayerLosses
from impasto.measures.patches import Patches
from impasto.pictures.limits import Reading
from impasto.reading.load import load
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

_ABSENT = "-"


def figures_of(
    result: Path,
    content: Path | None,
    styles: Sequence[Path],
    reading: Reading,
    settings: Settings,
    resources: Resources,
) -> Measures:
    """Read the pictures and judge the result by the paper's losses, padded as the settings say."""
    painted, *paintings = [load(path, reading) for path in (result, *styles)]
    photo = None if content is None else load(content, replace(reading, frame=0))
    paper = replace(PAPER, padding=settings.padding)
    return measure(painted, photo, paintings or None, paper, resources)


def lines_of(figures: Measures) -> Iterator[str]:
    """Write the figures for a person, a dash where one is absent."""
    losses, noise, clipped = figures.losses, figures.noise, figures.clipped
    yield _line("size", f"{figures.width} x {figures.height} px")
    yield _losses("content loss", losses.content if losses else None)
    yield _losses("style loss", losses.style if losses else None)
    amplitude = f"{noise.amplitude:.2f} of 255"
    energies = {"content": _number(noise.content), "style": _number(noise.style)}
    yield _line("noise", _number(noise.figure), **energies, amplitude=amplitude)
    yield from _patches(figures.patches)
    yield from _border(figures.border)
    yield _fidelity(figures.fidelity)
    yield _palette(figures.palette)
    shares = {"content": _share(clipped.content), "style": _share(clipped.style)}
    yield _line("clipped", _share(clipped.result), **shares)


def _losses(label: str, losses: LayerLosses | None) -> str:
    if losses is None:
        return _line(label, _ABSENT)
    return _line(label, _number(losses.total), **{k: _number(v) for k, v in losses.layers.items()})


def _patches(patches: Patches | None) -> Iterator[str]:
    if patches is None:
        yield _line("patches", _ABSENT)
        return
    yield _line("patches", _number(patches.worst))
    kinds = {"light": patches.light, "colour": patches.colour, "chequer": patches.chequer}
    for kind, block in kinds.items():
        where = {"at": f"{block.x},{block.y}", "median": _number(block.median)}
        yield _line(f"  {kind}", _number(block.figure), **where)


def _border(border: Border | None) -> Iterator[str]:
    if border is None:
        yield _line("border", _ABSENT)
        return
    yield _line("border", _number(border.worst), worst=" ".join(border.worst_at))
    for place, figures in border.figures.items():
        undivided = " ".join(map(_number, border.undivided[place].values()))
        numbers = {kind: _number(value) for kind, value in figures.items()}
        yield _line(f"  {place}", "", **numbers, undivided=undivided)


def _fidelity(fidelity: Fidelity | None) -> str:
    if fidelity is None:
        return _line("fidelity", _ABSENT)
    return _line("fidelity", f"{fidelity.psnr_db:.1f} dB", layout=f"{fidelity.layout:.3f}")


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
