"""The border figure: whether a frame shows that neither photograph nor even paint accounts for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import geometric_mean

import numpy as np
from numpy.typing import NDArray

from impasto.measures.colour import luma
from impasto.pictures.picture import Picture

# The strip that is judged, and the strip beside it that it is compared with.
OUTER_PX, INNER_PX = 8, 16

# Added to both parts of every ratio, so that black or flat strips divide nothing by nothing: one
# 8-bit level, or its square for an energy.
_LEVEL = 1 / 255

SIDES = ("top", "bottom", "left", "right")

# place -> kind ("mean", "contrast", "gradient") -> a ratio; the places are SIDES and "all", their
# geometric mean.
Ratios = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Border:
    """Outer strip over inner strip in the result, against an even picture's and the content's.

    `figures` are 1 where the ratio lies between 1, strips painted alike, and the content's own,
    else the factor by which it is beyond the nearer one. `worst` is the side's figure furthest
    from 1, as a factor either way, `worst_at` its (side, kind). `undivided` are the ratios.
    """

    worst: float
    worst_at: tuple[str, str]
    figures: Ratios
    undivided: Ratios


def border_figure(result: Picture, content: Picture) -> Border:
    """Compare the strips of two pictures of one size."""
    own, photo = _ratios(luma(result.array)), _ratios(luma(content.array))
    figures = {
        place: {kind: _beyond(ratio, photo[place][kind]) for kind, ratio in own[place].items()}
        for place in own
    }
    side, kind = max(
        ((side, kind) for side in SIDES for kind in figures[side]),
        key=lambda at: abs(math.log(figures[at[0]][at[1]])),
    )
    return Border(figures[side][kind], (side, kind), figures, own)


def _beyond(ratio: float, photo: float) -> float:
    """Return a ratio over the nearest one from 1 to the photograph's.

    Strokes lie as thick on a flat border as beside it, and what is kept of the scene does not: no
    part between the two is a frame.
    """
    return ratio / min(max(ratio, min(1.0, photo)), max(1.0, photo))


def _ratios(values: NDArray[np.float32]) -> Ratios:
    """Return outer strip over inner strip of a luma (H,W)."""
    # Turned, so that every side in its turn is the top.
    turned = (values, values[::-1], values.T, values.T[::-1])
    ratios = {}
    for side, picture in zip(SIDES, turned, strict=True):
        outer = _facts(picture[:OUTER_PX])
        inner = _facts(picture[OUTER_PX : OUTER_PX + INNER_PX])
        ratios[side] = {kind: outer[kind] / inner[kind] for kind in outer}
    kinds = ratios[SIDES[0]]
    together = {kind: geometric_mean(ratios[side][kind] for side in SIDES) for kind in kinds}
    return {**ratios, "all": together}


def _facts(strip: NDArray[np.float32]) -> dict[str, float]:
    """Return mean, standard deviation and mean squared slope of a strip of luma, never 0."""
    wide = strip.astype(np.float64)
    slopes = np.square(np.diff(wide, axis=0)).mean() + np.square(np.diff(wide, axis=1)).mean()
    return {
        "mean": float(wide.mean()) + _LEVEL,
        "contrast": float(wide.std()) + _LEVEL,
        "gradient": float(slopes) + _LEVEL**2,
    }
