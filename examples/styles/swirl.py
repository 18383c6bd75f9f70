"""Oil paint, laid along a wind that turns around lights."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .streamlines import normals, trace
from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    blend,
    blur,
    canvas_grid,
    finish,
    look_up,
    noise,
    raking_light,
    ramp,
)

# x, y and radius as parts of the canvas width, strength (its sign: turning sense), brightness
VORTICES = [
    (0.300, 0.290, 0.150, 1.3, 1.0),
    (0.730, 0.190, 0.090, -0.9, 0.74),
    (0.830, 0.530, 0.115, 1.1, 0.86),
    (0.105, 0.600, 0.065, -0.6, 0.58),
    (0.500, 0.630, 0.050, -0.4, 0.72),
    (0.545, 0.070, 0.035, 0.25, 0.6),
    (0.965, 0.330, 0.045, -0.4, 0.9),
]
COOL = ["0b1533", "12265e", "1c3f98", "2a6fb8", "35a3b5", "9ad8c4", "2a7fb0", "1a3a8a", "101c48"]
DUSK = ["1d0f33", "3a1c5e", "7a2a6a", "b8405e", "e0785a", "f2c08a", "a8486a", "4a2468", "140f30"]
WARM = ["1f5fae", "4fb0b0", "c9d67a", "f7cf3c", "f6a21d", "ea5f1a", "f6b02a", "fff0b0"]
# how wide and long the strokes of each layer are, and how many of them there are
BRUSHES = [(84, 420, 700), (46, 300, 2000), (26, 190, 4000), (15, 110, 4500)]


def vortex(x: Field, y: Field, radius: float, turning: float) -> tuple[Field, Field]:
    """Give the eddy of a vortex about the origin, and its light, which has two spiral arms."""
    away = np.hypot(x, y) / radius
    arms = 1 + 0.16 * np.sin(2 * np.arctan2(y, x) + np.sign(turning) * 5 * away)
    return np.exp(-(away**2) / 2), np.exp(-((arms * away / 0.85) ** 2) / 2)


def wind(rng: Generator) -> tuple[Field, Field, Field]:
    """Give the angle of the wind, its stream function and the glow of its vortices."""
    x, y = canvas_grid()
    breeze = 0.45 * noise(rng, 560) + 1.2 * y / HEIGHT
    eddies, calm, glow = np.zeros((3, HEIGHT, WIDTH))
    for across, down, radius, strength, brightness in VORTICES:
        eddy, light = vortex(x - across * WIDTH, y - down * WIDTH, radius * WIDTH, strength)
        eddies += strength * eddy
        calm = np.maximum(calm, eddy)
        glow = np.maximum(glow, brightness * light)
    # The breeze dies down in the vortices, or it would blow them away from their lights.
    stream = eddies + breeze * (1 - calm) ** 1.5
    downhill, sideways = np.gradient(stream)
    return np.arctan2(-sideways, downhill), stream, glow


def oil_colours(rng: Generator, stream: Field, glow: Field) -> Field:
    """Choose what the strokes depict: cool bands along the wind, warm lights in the vortices."""
    bands = 0.5 + 0.5 * np.sin(7.5 * stream + 0.8 * noise(rng, 300))
    rings = np.clip(glow + 0.07 * np.sin(22 * glow), 0, 1)
    dusk = np.clip(1.2 * noise(rng, 520) - 0.25, 0, 1)
    sky = blend(ramp(bands, COOL), ramp(bands, DUSK), dusk)
    return blend(sky, ramp(rings, WARM), np.clip((glow - 0.22) / 0.2, 0, 1))


def paint_of_bristles(rng: Generator, across: Field, loads: Field) -> NDArray[np.int_]:
    """Load each bristle with paint: its colour, and how thick it lies as a fourth number.

    The brush was dipped into one colour with one edge and into another with the other.
    """
    bristles = len(across)
    mix = np.clip(0.5 + 0.5 * across + rng.normal(0, 0.18, bristles), 0, 1)
    grain = rng.normal(0, 9, (bristles, 1))
    ridges = np.where(np.abs(across) > 0.8, 30, 0)  # the paint is pushed out to the edges
    thick = rng.uniform(90, 130) + 60 * (1 - across**2) + ridges + rng.normal(0, 22, bristles)
    paint = np.column_stack([blend(loads[0], loads[1], mix) + grain, thick])
    return np.clip(paint, 0, 255).astype(int)


def brush(
    draw: ImageDraw.ImageDraw, rng: Generator, path: Field, width: float, loads: Field
) -> None:
    """Paint one stroke: many bristles side by side, which start and leave off raggedly."""
    across = np.linspace(-1, 1, max(4, round(width / 3.5)))
    paint = paint_of_bristles(rng, across, loads)
    press = np.sin(np.linspace(0.5, np.pi - 0.35, len(path))) ** 0.6
    lines = path + normals(path) * (across[:, None] * width / 2 * press)[..., None]
    bare = 0.6 * rng.random((len(across), 2)) + 0.4 * across[:, None] ** 2
    for line, ink, (begin, end) in zip(lines, paint, 0.3 * len(path) * bare, strict=True):
        points = line[int(begin) : len(line) - int(end)]
        draw.line(points.ravel().tolist(), fill=tuple(ink.tolist()), width=5)


def lay_strokes(
    draw: ImageDraw.ImageDraw,
    rng: Generator,
    angle: Field,
    subject: Field,
    width: float,
    length: float,
    count: int,
) -> None:
    """Paint one layer of strokes, in the colours of the subject."""
    starts = rng.uniform((-60, -60), (WIDTH + 60, HEIGHT + 60), (count, 2))
    paths = trace(angle + rng.normal(0, 0.05), starts, 20, length / 20)
    first = look_up(subject, starts)
    second = look_up(subject, starts + rng.normal(0, width * 0.9, starts.shape))
    value = rng.normal(1, 0.13, (count, 1))
    loads = np.stack([first * value, second * value + rng.normal(0, 10, (count, 3))], axis=1)
    for path, load in zip(paths, loads, strict=True):
        brush(draw, rng, path, width * rng.uniform(0.75, 1.2), load)


def paint_swirl(rng: Generator) -> Image.Image:
    """Lay strokes along the wind, the broad ones first, and hold a lamp to the paint."""
    angle, stream, glow = wind(rng)
    subject = oil_colours(rng, stream, glow)
    # The alpha channel holds how thick the paint lies.
    canvas = Image.new("RGBA", (WIDTH, HEIGHT), (20, 34, 80, 60))
    for width, length, count in BRUSHES:
        lay_strokes(ImageDraw.Draw(canvas), rng, angle, subject, width, length, count)
    oil = np.asarray(canvas, dtype=np.float64)
    light = raking_light(blur(oil[..., 3], 1))[..., None]
    shine = 2.2 * np.clip(light - 14, 0, None)
    return finish(oil[..., :3] * (1 + np.clip(light, -30, 30) / 60) + shine)
