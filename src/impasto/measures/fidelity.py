"""The fidelity figures: how near a result is to the photograph itself, pixel by pixel and afar."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from impasto.measures.colour import luma
from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels

# Seen from afar: so many cells along the long side.
CELLS = 16

# The PSNR of equal pictures, which JSON could not say, and of any that differ less: 16 bits
# hardly tell them apart.
MOST_DB = 100.0

# What rounding to 8 bits leaves in the means of cells: light that varies less is flat.
_FLAT = 0.01 / 255


@dataclass(frozen=True)
class Fidelity:
    """Peak signal-to-noise ratio, up to MOST_DB, and how alike light and dark lie, -1..1."""

    psnr_db: float
    layout: float


def fidelity_figure(result: Picture, content: Picture) -> Fidelity:
    """Compare two pictures of one size."""
    return Fidelity(psnr_db(result.array, content.array), layout(result.array, content.array))


def psnr_db(pixels: Pixels, others: Pixels) -> float:
    """Return 10 log10 (1 / mean squared difference) of two (H,W,3), 0..1, over all channels."""
    error = float(np.square(pixels - others).mean(dtype=np.float64))
    return -10 * math.log10(max(error, 10 ** (-MOST_DB / 10)))


def layout(pixels: Pixels, others: Pixels) -> float:
    """Return the correlation of two pictures' luma (H,W,3), averaged over CELLS along a side.

    Neither brightness nor contrast counts, only where it is lighter and darker; 0 where a picture
    is flat.
    """
    one, other = _from_afar(pixels), _from_afar(others)
    spread = one.std(), other.std()
    if min(spread) < _FLAT:
        return 0.0
    return float(((one - one.mean()) * (other - other.mean())).mean() / math.prod(spread))


def _from_afar(pixels: Pixels) -> NDArray[np.float64]:
    """Return the mean luma of cells, about square, CELLS along the long side."""
    height, width = pixels.shape[:2]
    rows, columns = (max(1, round(CELLS * side / max(height, width))) for side in (height, width))
    light = torch.from_numpy(luma(pixels))[None, None]
    cells = functional.interpolate(light, (rows, columns), mode="area")[0, 0]
    return cells.numpy().astype(np.float64)
