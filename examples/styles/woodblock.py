"""A sea of scales under a red sun, printed from flat blocks and a block of lines."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    blend,
    canvas_grid,
    colour,
    finish,
    look_up,
    noise,
    raking_light,
    ramp,
)

DAWN = ["17386e", "2f6ea0", "7fb8b4", "f0d9a6", "f4a873", "e8694a"]
SEA = ["0f2350", "163a78", "1f62a0", "3f9ab4", "8cccc0", "f4ead0"]
CLOUDS = ["f6ead0", "f3c9a6", "ee9f86", "f8e2b8"]
HORIZON = HEIGHT / 2


def block_ink(paint: Field, line: bool = False) -> tuple[int, int, int, int]:
    """Mix a flat colour; the alpha channel is the block of lines, cut apart from the colours."""
    red, green, blue = np.clip(paint, 0, 255).astype(int).tolist()
    return red, green, blue, 255 if line else 0


def print_disc(
    draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, paint: Field, line: int
) -> None:
    """Print a disc in one colour with an outline."""
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(box, block_ink(paint), block_ink(paint, line=True), width=line)


def print_sky(draw: ImageDraw.ImageDraw) -> None:
    """Print the dawn, which fades from one colour to the next, the sun and its halo."""
    for y in range(HEIGHT):
        draw.line((0, y, WIDTH, y), fill=block_ink(ramp(y / HORIZON, DAWN)))
    for ring, code in enumerate(["f2b98a", "f6d29c", "f9e4b4", "e03a20", "d42a1c"]):
        print_disc(draw, 1330, 560, 470 - 62 * ring, colour(code), 4)


def print_cloud(draw: ImageDraw.ImageDraw, rng: Generator, x: float) -> None:
    """Print a bank of mist: bars with round ends, one upon the other."""
    y = rng.uniform(0.04, 0.6) * HORIZON
    paint = ramp(rng.random(), CLOUDS)
    for bar in range(rng.integers(3, 6)):
        x, half, top = x + rng.normal(0, 90), rng.uniform(90, 260), y + 34 * bar
        flat, line = block_ink(paint - 9 * bar), block_ink(paint, line=True)
        draw.rounded_rectangle((x - half, top, x + half, top + 40), 20, flat, line, width=4)


def print_shape(draw: ImageDraw.ImageDraw, corners: Field, code: str) -> None:
    """Print a shape in one colour with an outline."""
    flat, line = block_ink(colour(code)), block_ink(colour(code), line=True)
    draw.polygon(corners.ravel().tolist(), flat, line, width=5)


def print_mountain(draw: ImageDraw.ImageDraw, rng: Generator) -> None:
    """Print a mountain with gullies, and snow that reaches down into them."""
    flank = np.linspace(-1, 1, 81)
    x = 520 + 900 * flank
    y = HORIZON + 60 - 560 * (1 - np.abs(flank)) ** 1.7 - 14 * rng.random(81)
    print_shape(draw, np.column_stack([x, y]), "2b4a86")
    for foot in rng.uniform(-540, 540, 70):
        head = 520 + foot * rng.uniform(0.1, 0.6)
        top, bottom = float(np.interp(head, x, y)) + 20, HORIZON + 90
        gully = [(head, top), (509 + foot, bottom), (531 + foot, bottom)]
        draw.polygon(gully, block_ink(ramp(rng.random(), ["1c3268", "5a8cc0"])))
    snow = np.abs(flank) < 0.34
    x, y, thin = x[snow], y[snow], 1 - np.abs(flank[snow]) / 0.4
    tongues = y + rng.uniform(20, 190, len(y)) * thin
    edge, hem = np.column_stack([x, y]), np.column_stack([x, tongues])
    print_shape(draw, np.concatenate([edge, hem[::-1]]), "f8efdc")


def print_wave(
    draw: ImageDraw.ImageDraw, rng: Generator, x: float, y: float, radius: float, near: float
) -> None:
    """Print one scale of the sea: rings from its crest inwards, and foam along the crest."""
    rings, line = 4 + round(3 * near), 3 + round(3 * near)
    tone = rng.normal(0.39, 0.16) + 0.25 * (1 - near)
    print_disc(draw, x, y, radius, ramp(1, SEA), line)
    for depth in np.linspace(0, 1, rings)[1:]:
        shade = 0.85 * (tone + 0.45 * np.cos(2.6 * np.pi * depth))
        print_disc(draw, x, y, radius * (1 - 0.8 * depth), ramp(shade, SEA), line)
    for angle in rng.uniform(1.15 * np.pi, 1.85 * np.pi, round(3 + 9 * near)):
        away = radius * rng.uniform(0.86, 1.04)
        foam = (x + away * np.cos(angle), y + away * np.sin(angle))
        print_disc(draw, *foam, radius * rng.uniform(0.03, 0.085), ramp(1, SEA), 3)


def print_sea(draw: ImageDraw.ImageDraw, rng: Generator) -> None:
    """Print rows of waves, from the small ones at the horizon to the large ones at our feet."""
    y = HORIZON + 25
    while y < HEIGHT + 150:
        near = (y - HORIZON) / (HEIGHT - HORIZON)
        radius = 46 + 150 * near
        for x in np.arange(-2 * radius * rng.random(), WIDTH + 2 * radius, 2 * radius):
            place = x + rng.normal(0, 0.04) * radius, y + rng.normal(0, 0.06) * radius
            print_wave(draw, rng, *place, radius * rng.uniform(1.0, 1.12), min(near, 1))
        y += 0.46 * radius


def wood_grain(rng: Generator) -> Field:
    """Show the rings of a plank that was cut lengthwise, about -1 to 1."""
    _, y = canvas_grid()
    age = y / 11 + 9 * noise(rng, 900, 240) + 1.5 * noise(rng, 320, 60)
    return np.sin(2 * np.pi * age) * (0.6 + 0.4 * noise(rng, 500, 60)) + 0.5 * noise(rng, 90, 3)


def cut_blocks(rng: Generator) -> Image.Image:
    """Cut the picture, from what is farthest to what is nearest."""
    blocks = Image.new("RGBA", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(blocks)
    print_sky(draw)
    for x in (0.02, 0.12, 0.36, 0.44, 0.58, 0.72, 0.80, 0.93, 1.0):
        print_cloud(draw, rng, x * WIDTH)
    print_mountain(draw, rng)
    print_sea(draw, rng)
    return blocks


def hand_cut(rng: Generator) -> Field:
    """Tell where on the blocks each pixel is printed from: the knife wavers, and the sea swells."""
    x, y = canvas_grid()
    swell = np.clip((y - HORIZON + 100) / 300, 0.05, 1) * 60 * noise(rng, 520)
    swell *= np.clip((HEIGHT - 80 - y) / 300, 0, 1)  # or it would reach below the blocks
    return np.stack([x + 3 * noise(rng, 60), y + swell + 3 * noise(rng, 60)], axis=-1)


def paint_woodblock(rng: Generator) -> Image.Image:
    """Print the colours a little beside the lines, so that wood and paper show."""
    blocks = np.asarray(cut_blocks(rng), dtype=np.float64)
    places = hand_cut(rng)
    colours, lines = look_up(blocks[..., :3], places - (4, 3)), look_up(blocks[..., 3], places)
    pressure = 1 + 0.13 * wood_grain(rng) + 0.07 * noise(rng, 40)
    colours = 255 - (255 - colours) * pressure[..., None]
    paper = raking_light(noise(rng, 30, 4) + noise(rng, 5))
    cover = lines / 255 * (0.9 + 0.1 * noise(rng, 9))
    return finish(blend(colours, colour("141634"), cover) + 3 * paper[..., None])
