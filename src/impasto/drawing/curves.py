"""Curves: several series over one axis, and the losses of a run over its evaluations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.drawing.canvas import page, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

Colour = str | tuple[float, ...]
Dashes = str | tuple[float, tuple[float, ...]]

# In points, as all lengths here that are not said to be pixels.
_LETTERS, _SMALL_LETTERS = 9.0, 8.0
_THIN, _THICK = 1.1, 1.8
_LABEL_GAP = 3.0
_PAD_INCHES = 0.1

# Of each kind of terms matplotlib's map of colours, but for what is hard to see or nearly black.
_HUES = {"content": "Blues", "style": "YlOrRd", "smoothness": "Greens"}
_OTHER_HUE = "Purples"
_LIGHTEST, _MIDDLE, _DARKEST = 0.37, 0.75, 0.98
# One for each region.
_DASHES: tuple[Dashes, ...] = ("-", "--", ":", "-.", (0, (7, 1, 1, 1, 1, 1)), (0, (1, 4)))

# A page of losses has this width, and more where the names take several columns.
_HEIGHT_PX, _WIDTH_PX, _COLUMN_PX = 480, 880, 150
_NAMES_A_COLUMN = 24


@dataclass(frozen=True)
class Line:
    """One series; what is not finite, or not above 0 on a logarithmic axis, is a gap."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: Colour | None = None  # None: the next of matplotlib's
    dashes: Dashes = "-"
    width: float = _THIN


def draw_lines(
    figure: Figure,
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    title: str = "",
    logarithmic: str = "",
) -> Axes:
    """Draw series on a page of their own, their names at its right; return what they stand in.

    `logarithmic` names the axes that are: "", "x", "y" or "xy".
    """
    figure.set_layout_engine("constrained", w_pad=_PAD_INCHES, h_pad=_PAD_INCHES)
    if title:
        figure.suptitle(_plain(title), fontsize=_LETTERS + 2)
    axes = _make_axes(figure, logarithmic)
    axes.set_xlabel(_plain(x_label), fontsize=_LETTERS)
    axes.set_ylabel(_plain(y_label), fontsize=_LETTERS)
    for line in lines:
        marker = "." if len(line.x) == 1 else ""  # which no line leads to
        axes.plot(line.x, line.y, marker, c=line.colour, ls=line.dashes, lw=line.width)
    _name_lines(figure, axes, [line.label for line in lines])
    return axes


def save_losses(
    losses: Mapping[int, Mapping[str, float]],
    levels: Mapping[int, str],
    path: Path,
    *,
    fresh: bool = False,
) -> None:
    """Write what `draw_losses` draws as .svg or .png, on a page with room for all the names.

    Raises OutputError when it cannot be written, or would be `fresh` and replace another.
    """
    columns = _columns(len(_terms(losses)) + 1)
    with page(_WIDTH_PX + (columns - 1) * _COLUMN_PX, _HEIGHT_PX) as figure:
        draw_losses(figure, losses, levels)
        save(figure, path, fresh=fresh)


def draw_losses(
    figure: Figure, losses: Mapping[int, Mapping[str, float]], levels: Mapping[int, str]
) -> None:
    """Draw each term's loss at each evaluation, their sum, and where the levels begin.

    `losses` are those of evaluations by their numbers, `levels` labels by their first evaluations.
    Terms are named as in `Step.losses`: their kind gives the hue, the layer its depth, the region
    the dashes.
    """
    numbers, rows = list(losses), losses.values()
    lines = [Line("sum", numbers, [sum(row.values()) for row in rows], "black", width=_THICK)]
    for term, look in _looks(_terms(losses)).items():
        lines.append(Line(term, numbers, [row.get(term, math.nan) for row in rows], *look))
    axes = draw_lines(
        figure, lines, x_label="evaluations", y_label="weighted loss", logarithmic="y"
    )
    axes.locator_params("x", integer=True, min_n_ticks=1)
    axes.set_xlim(numbers[0] - 0.5, numbers[-1] + 0.5)
    _mark_levels(figure, axes, levels, numbers[-1])


def _make_axes(figure: Figure, logarithmic: str) -> Axes:
    axes = figure.add_subplot()
    if "x" in logarithmic:
        axes.set_xscale("log", nonpositive="mask")
    if "y" in logarithmic:
        axes.set_yscale("log", nonpositive="mask")
    axes.tick_params(which="both", labelsize=_SMALL_LETTERS, color="0.5")
    axes.grid(color="0.9", lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _name_lines(figure: Figure, axes: Axes, labels: Sequence[str]) -> None:
    figure.legend(
        axes.lines,
        [_plain(label) for label in labels],
        loc="outside right upper",
        ncols=_columns(len(labels)),
        fontsize=_SMALL_LETTERS,
        frameon=False,
        handlelength=2.8,
    )


def _columns(names: int) -> int:
    return math.ceil(names / _NAMES_A_COLUMN)


def _plain(text: str) -> str:
    """Return what matplotlib shows as this text: between two dollars it would read a formula."""
    return text.replace("$", r"\$")


def _terms(losses: Mapping[int, Mapping[str, float]]) -> list[str]:
    """Return the names of all terms, of which a level may lack some."""
    return list(dict.fromkeys(term for row in losses.values() for term in row))


def _looks(terms: Sequence[str]) -> dict[str, tuple[Colour, Dashes]]:
    """Return each term's colour and dashes."""
    parts = {term: _parts(term) for term in terms}
    regions = list(dict.fromkeys(region for _, _, region in parts.values()))
    looks = {}
    for term, (kind, layer, region) in parts.items():
        layers = sorted({other for same, other, _ in parts.values() if same == kind})
        dashes = _DASHES[regions.index(region) % len(_DASHES)]
        looks[term] = _shade(kind, layers.index(layer), len(layers)), dashes
    return looks


def _parts(term: str) -> tuple[str, str, str]:
    """Split a term's name into kind, layer and region, the latter two empty where it has none."""
    kind, _, rest = term.partition(" ")
    layer, _, region = ("", "", rest) if kind == "smoothness" else rest.partition(" ")
    return kind, layer, region


def _shade(kind: str, number: int, count: int) -> Colour:
    """Return the colour of a kind's layer, counted from 0: the deeper, the darker."""
    import matplotlib

    share = _LIGHTEST + (_DARKEST - _LIGHTEST) * number / (count - 1) if count > 1 else _MIDDLE
    shade: Colour = matplotlib.colormaps[_HUES.get(kind, _OTHER_HUE)](share)
    return shade


def _mark_levels(figure: Figure, axes: Axes, levels: Mapping[int, str], last: int) -> None:
    """Part the levels by lines, and put each one's label over its middle."""
    starts = [start - 0.5 for start in levels]
    ends = [*starts[1:], last + 0.5]
    labels = []
    for start, end, text in zip(starts, ends, levels.values(), strict=True):
        axes.axvline(start, c="0.75", lw=0.8, zorder=0.5)
        labels.append(_label_above(axes, (max(start, axes.get_xlim()[0]) + end) / 2, text))
    figure.draw_without_rendering()  # after which it is known where they stand
    _part(labels, axes.bbox.x0, axes.bbox.x1, 72 / figure.dpi)


def _label_above(axes: Axes, x: float, text: str) -> Annotation:
    return axes.annotate(
        _plain(text),
        (x, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, _LABEL_GAP),
        textcoords="offset points",
        ha="center",
        fontsize=_SMALL_LETTERS,
        color="0.3",
    )


def _part(labels: Sequence[Annotation], left: float, right: float, points: float) -> None:
    """Move labels between two borders in px, and those that would overlap into other rows."""
    ends: list[float] = []  # of each row
    for label in labels:
        box = label.get_window_extent()
        shift = max(left - box.x0, 0) + min(right - box.x1, 0)
        free = [row for row, end in enumerate(ends) if end + box.height < box.x0 + shift]
        row = free[0] if free else len(ends)
        ends[row : row + 1] = [box.x1 + shift]
        label.xyann = shift * points, _LABEL_GAP + 1.4 * _SMALL_LETTERS * row
