"""What several pictures use: the canvas, noise, colours and light.

A canvas is a field of 0 to 255 colours, (HEIGHT, WIDTH, 3); the picture is half as wide and high.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Field = NDArray[np.float64]
Labels = NDArray[np.intp]
Mask = NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)

WIDTH, HEIGHT = 2048, 1536  # of the canvas


def canvas_grid() -> tuple[Field, Field]:
    """Give the x and y of every canvas pixel."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    return x, y


def noise(rng: Generator, cell_x: float, cell_y: float | None = None) -> Field:
    """Spread smooth noise over the canvas, about -1 to 1, in lumps of the given size in pixels."""
    rows = int(HEIGHT / (cell_y or cell_x)) + 3
    columns = int(WIDTH / cell_x) + 3
    lumps = Image.fromarray(rng.uniform(-1.4, 1.4, (rows, columns)).astype(np.float32))
    smooth = lumps.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float64)


def running_mean(field: Field, reach: int, axis: int) -> Field:
    """Take the mean of the 2 * reach + 1 values around each one, along an axis."""
    along = np.moveaxis(field, axis, 0)
    before, after = along[:1].repeat(reach + 1, axis=0), along[-1:].repeat(reach, axis=0)
    sums = np.cumsum(np.concatenate([before, along, after]), axis=0)
    span = 2 * reach + 1
    return np.moveaxis((sums[span:] - sums[:-span]) / span, 0, axis)


def blur(field: Field, reach: int) -> Field:
    """Blur by three running means each way: all but a Gaussian, of sigma about `reach`."""
    for axis in (0, 1, 0, 1, 0, 1):
        field = running_mean(field, reach, axis)
    return field


def colour(code: str) -> Field:
    """Give the red, green and blue (0 to 255) of a colour such as "f7cf3c"."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float64)


def ramp(tone: Field | float, codes: list[str]) -> Field:
    """Give the colours of tones from 0 to 1, along a row of evenly spread colours."""
    stops = np.linspace(0, 1, len(codes))
    channels = np.stack([colour(code) for code in codes], axis=1)
    tones = np.asarray(tone, dtype=np.float64)
    return np.stack([np.interp(tones, stops, channel) for channel in channels], axis=-1)


def blend(below: Field, above: Field, cover: Field) -> Field:
    """Lay colours over colours; the cover, one number for each pixel, is 0 to 1."""
    return below + cover[..., None] * (above - below)


def look_up(field: NDArray[Kind], points: Field) -> NDArray[Kind]:
    """Give the values of `field` under (x, y) points; points off the canvas take its border."""
    x = np.clip(points[..., 0], 0, WIDTH - 1).astype(np.intp)
    y = np.clip(points[..., 1], 0, HEIGHT - 1).astype(np.intp)
    under: NDArray[Kind] = field[y, x]
    return under


def inside(corners: Sequence[tuple[float, float]]) -> Mask:
    """Tell which pixels are inside a shape of straight sides, given as (x, y) corners."""
    shape = Image.new("1", (WIDTH, HEIGHT))
    ImageDraw.Draw(shape).polygon(list(corners), fill=1)
    return np.asarray(shape, dtype=np.bool_)


def raking_light(height: Field) -> Field:
    """Tell how much lighter (or darker: below 0) a surface is under a lamp at the upper left."""
    down, right = np.gradient(height)
    return np.asarray(-down - 0.7 * right, dtype=np.float64)


def away_from_edges(labels: Labels, reach: int) -> Field:
    """Tell roughly how far each pixel is from the nearest border between two labels."""
    edge = np.zeros(labels.shape)
    edge[1:] += labels[1:] != labels[:-1]
    edge[:, 1:] += labels[:, 1:] != labels[:, :-1]
    # A blurred line is a Gaussian hill: its height tells how far away the line is.
    hill = blur(np.minimum(edge, 1), reach) * (reach * np.sqrt(2 * np.pi) / 1.2)
    away: Field = reach * np.sqrt(-2 * np.log(np.clip(hill, 1e-6, 1)))
    return away


def finish(colours: Field) -> Image.Image:
    """Make the picture of a painted canvas, reduced to its final size."""
    canvas = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
    return canvas.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.LANCZOS)
