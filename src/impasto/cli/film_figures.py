"""A film's figures, in lines for a person and as a curve; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.cli.files import from_flags
from impasto.drawing.canvas import page, save
from impasto.drawing.curves import Line, draw_lines
from impasto.errors import UsageError
from impasto.film.clip import Clip
from impasto.film.containers import check_installed
from impasto.film.sequences import listed_clip
from impasto.film.sources import open_clip
from impasto.jobs.curve import check_curve
from impasto.pictures.limits import Reading

if TYPE_CHECKING:
    from impasto.film.measuring import Series, Steadiness

_PLOT_PX = 880, 420


def figures_of(flags: Mapping[str, Any]) -> Steadiness:
    """Read the films that the flags name, judge the result, and draw the curve if asked for."""
    check_installed()
    from impasto.film.measuring import measure_film

    if flags["plot"] is not None:
        check_curve(flags["plot"], overwrite=flags["overwrite"])
    reading = from_flags(Reading, flags)
    result, content = (open_clip(flags[name], reading) for name in ("result", "content"))
    against = None if flags["against"] is None else _frames(flags["against"], reading)
    found = measure_film(result, content, against, flags["start"] or 0.0)
    if flags["plot"] is not None:
        _draw(found, flags["plot"])
    return found


def lines_of(figures: Steadiness) -> Iterator[str]:
    """Write the figures for a person."""
    yield f"{'':10}  warping error  brightness drifts  contrast drifts  loop gap"
    yield _line("input", figures.content)
    yield _line("result", figures.result)
    if figures.against is not None:
        yield _line("one by one", figures.against)
        yield _shares(figures.result, figures.against, "that of frames painted one by one")
    yield _shares(figures.result, figures.content, "the input's own")


def _line(label: str, series: Series) -> str:
    error, gap = ("-" if e is None else f"{e:.4f}" for e in (series.error, series.loop_gap))
    drifts = f"{series.mean_drift:>+17.2%}  {series.contrast_drift:>+15.2%}"
    return f"{label:10}  {error:>13}  {drifts}  {gap:>8}"


def _shares(result: Series, other: Series, what: str) -> str:
    if not result.error or not other.error:
        return f"no motion is known against {what}"
    return f"the result's warping error is {result.error / other.error:.2f} times {what}"


def _frames(path: Path, reading: Reading) -> Clip:
    if not path.is_dir():
        return open_clip(path, reading)
    found = sorted(one for one in path.iterdir() if one.is_file())
    if not found:
        raise UsageError(f"{path} is an empty folder; give one of frames")
    return listed_clip(path, found, reading)


def _draw(figures: Steadiness, path: Path) -> None:
    named = {"input": figures.content, "film": figures.result, "one by one": figures.against}
    lines = [
        Line(name, figures.seconds[1:], [float("nan") if e is None else e for e in one.warping])
        for name, one in named.items()
        if one is not None
    ]
    with page(*_PLOT_PX) as figure:
        draw_lines(figure, lines, x_label="seconds", y_label="warping error")
        save(figure, path)
