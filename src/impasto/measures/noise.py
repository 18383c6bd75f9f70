"""The noise figure: fine energy in the result, against what style and content have there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.measures.colour import blended, luma
from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels
from impasto.scene.styles import Style

# Cycles a pixel, along any direction: ripples of less than 2.9 px. Strokes end below it, and the
# noise of the paper's method lies above it (docs/measures.md).
FREQUENCY = 0.35

# Side of the blocks whose spectra are averaged: so small that all but a narrow border counts
# alike and memory does not grow with the picture, and far finer than the band.
_BLOCK_PX = 64

# Nobody can have less than what rounding to 8 bits leaves: white noise of 1/12 square level,
# of which this share of the square of frequencies lies outside the disc.
_LEAST = (1 / 255) ** 2 / 12 * (1 - math.pi * FREQUENCY**2)


@dataclass(frozen=True)
class Noise:
    """Energies above FREQUENCY on one scale, where 1 is the larger of style's and content's.

    `amplitude` is the result's, as a root mean square in 8-bit levels.
    """

    amplitude: float
    figure: float | None
    content: float | None
    style: float | None


def noise_figure(result: Picture, content: Picture | None, styles: Sequence[Style]) -> Noise:
    """Measure a result, the content at its size, and the styles at the sizes of a run.

    Several styles count by their shares. Without content and styles only the amplitude is known.
    """
    own = fine_energy(result.array)
    photo = None if content is None else fine_energy(content.array)
    painting = blended(fine_energy, styles)
    known = [energy for energy in (photo, painting) if energy is not None]
    scale = max([*known, _LEAST])
    return Noise(
        amplitude=255 * math.sqrt(own),
        figure=own / scale if known else None,
        content=None if photo is None else photo / scale,
        style=None if painting is None else painting / scale,
    )


def fine_energy(pixels: Pixels) -> float:
    """Return the variance of the luma of (H,W,3) that lies above FREQUENCY, per pixel.

    Welch's method: the power spectra of half-overlapping blocks under a Hann window, averaged.
    The window keeps edges between a block's opposite sides out, its power is divided away:
    white noise of variance v gives v times the band's share, 1 - pi FREQUENCY^2.
    """
    values = luma(pixels)
    side = min(_BLOCK_PX, *values.shape)
    window = _window(side)
    band = _band(side)
    rows, columns = (_starts(length, side) for length in values.shape)
    total = sum(
        _energy(values[top : top + side, left : left + side] * window, band)
        for top in rows
        for left in columns
    )
    return float(total) / (len(rows) * len(columns))


def _energy(block: NDArray[Any], band: NDArray[np.bool_]) -> float:
    spectrum = np.fft.fft2(block)
    # Parseval: divided by the number of frequencies, powers add up to the block's energy.
    return float(np.square(np.abs(spectrum[band])).sum()) / block.size


def _window(side: int) -> NDArray[np.float64]:
    """Return a Hann window (side,side) whose square has the mean 1/side^2."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)
    hann /= np.sqrt(np.square(hann).sum())
    return np.outer(hann, hann)


def _band(side: int) -> NDArray[np.bool_]:
    frequencies = np.fft.fftfreq(side)
    return np.asarray(np.hypot(frequencies[:, None], frequencies[None]) > FREQUENCY)


def _starts(length: int, side: int) -> list[int]:
    """Return where blocks begin: half a side apart, the last one at the end."""
    return [*range(0, length - side, side // 2), length - side]
