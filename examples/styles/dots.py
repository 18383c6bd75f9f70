"""A harbour at sundown in dots of unmixed colour, which mix in the eye."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Mask,
    blend,
    blur,
    canvas_grid,
    colour,
    finish,
    inside,
    look_up,
    noise,
    raking_light,
    ramp,
)

HORIZON = 0.57 * HEIGHT
SUN = (1240.0, 600.0, 92.0)  # x, y, radius
SKY = ["fff3b0", "ffdf7e", "ffb45e", "f58a7a", "c37fc0", "7f86d8", "4a72c8", "2f57a8"]
# corners of sails, as (x, y), and their colour; the farthest boat comes first
BOATS = [
    ([(1600, 868), (1606, 700), (1662, 850)], "fff0c8", [(1580, 872), (1676, 866), (1650, 892)]),
    ([(1730, 872), (1734, 770), (1768, 862)], "ffd9a0", [(1715, 874), (1778, 870), (1764, 886)]),
    ([(742, 968), (760, 430), (968, 930)], "ff8a3c", [(610, 972), (990, 958), (930, 1030)]),
    ([(730, 960), (752, 480), (608, 944)], "ffc65a", [(640, 975), (960, 968), (900, 1036)]),
]
PINES = [
    (90, 70, 330, 130),
    (520, 60, 330, 110),
    (690, 190, 240, 74),
    (200, 250, 250, 84),
    (480, 350, 160, 60),
    (60, 440, 170, 66),
]
# how long and wide the dots of each layer are, how far apart, and how many of them are left out
DOTS = [(44, 34, 27, 0.0), (34, 25, 23, 0.25), (26, 19, 21, 0.5)]


class Motif:
    """What the dots depict at every pixel, the way they lie, and how freely their colours part."""

    def __init__(self) -> None:
        self.paint = np.zeros((HEIGHT, WIDTH, 3))
        self.angle = np.zeros((HEIGHT, WIDTH))
        self.parting = np.ones((HEIGHT, WIDTH))

    def put(self, here: Mask, paint: Field, angle: Field | float, parting: float = 1) -> None:
        """Lay a shape in front of all that is there already."""
        self.paint[here] = np.broadcast_to(paint, self.paint.shape)[here]
        self.angle[here] = np.broadcast_to(angle, self.angle.shape)[here]
        self.parting[here] = parting


def see_sky(rng: Generator, motif: Motif) -> None:
    """See light that spreads in rings from the sun, and clouds that catch it from below."""
    x, y = canvas_grid()
    right, down = x - SUN[0], y - SUN[1]
    away = np.hypot(0.72 * right, 1.25 * down)
    tone = away / 1250 + 0.05 * noise(rng, 260, 120) + 0.025 * np.sin(away / 34)
    sky = ramp(tone, SKY)
    cloud = noise(rng, 520, 120) + 0.5 * noise(rng, 210, 60)
    lit = np.clip(2.5 * (cloud - 0.35), 0, 1) * np.clip((HORIZON - y) / 300, 0, 1)
    below = np.clip(0.5 - 60 * np.gradient(blur(cloud, 12), axis=0), 0, 1)
    clouds = ramp(below, ["ff9a72", "ffd0a0", "e6a0c8", "8d86d6"])
    rings = np.arctan2(1.25 * down, 0.72 * right) + np.pi / 2
    motif.put(y >= 0, blend(sky, clouds, 0.85 * lit), rings)
    sun = np.hypot(right, down) < SUN[2]
    motif.put(sun, colour("fffbe0"), rings, 0.3)


def see_coast(rng: Generator, motif: Motif) -> None:
    """See hills across the bay, and a town with a tower at their foot."""
    x, y = canvas_grid()
    for base, swing, cell, codes in (
        (770, 60, 420, ["b48fd8", "8f8fe0", "7fa4e6"]),
        (838, 40, 300, ["7a5cb8", "5a70cc", "4f8fc0"]),
    ):
        top = base - swing * noise(rng, cell)[0] - 0.1 * np.abs(x[0] - SUN[0])
        slope = np.arctan(np.gradient(top))
        tone = 0.5 + 0.5 * noise(rng, 90)
        motif.put((y > top) & (y < HORIZON), ramp(tone, codes), slope)
    left = 1330.0
    while left < WIDTH:
        wide, high = rng.uniform(26, 70), rng.uniform(34, 84)
        house = (x > left) & (x < left + wide) & (y > HORIZON - high) & (y < HORIZON)
        wall = colour(rng.choice(["ffd9a8", "f4a888", "c78fc0", "ffe6c0", "a47fd0"]))
        motif.put(house, wall, np.pi / 2, 0.6)
        roof = inside([(left - 6, HORIZON - high), (left + wide / 2, HORIZON - high - 26),
                       (left + wide + 6, HORIZON - high)])  # fmt: skip
        motif.put(roof, colour("d8566a"), 0.0, 0.8)
        left += wide * rng.uniform(0.8, 1.3)
    motif.put(inside([(1480, 830), (1480, 610), (1503, 540), (1526, 610), (1526, 830)]),
              colour("b06fb0"), np.pi / 2, 0.7)  # fmt: skip


def see_water(rng: Generator, motif: Motif) -> None:
    """See the sea give back what is above it, broken by waves, with a path of light."""
    x, y = canvas_grid()
    depth = np.clip((y - HORIZON) / (HEIGHT - HORIZON), 0, 1)
    wave = noise(rng, 170, 22) + 0.7 * noise(rng, 420, 44)
    sway = 14 + 90 * depth
    mirror = np.stack(
        [x + sway * wave, 2 * HORIZON - y - 60 * depth * noise(rng, 240, 30)], axis=-1
    )
    shown = look_up(motif.paint, np.clip(mirror, 0, None))
    own = ramp(0.5 + 0.6 * wave, ["14308c", "1f5fc0", "2f9ac4", "5fd0c0", "8f90e8"])
    water = blend(shown, own, np.clip(0.38 + 0.5 * depth + 0.25 * wave, 0, 0.92))
    lane = np.exp(-(((x - SUN[0]) / (70 + 330 * depth)) ** 2)) * np.clip(0.75 + 1.3 * wave, 0, 1)
    water = blend(
        water, ramp(1 - lane, ["fffbd0", "ffd566", "ff9a4a"]), 0.95 * np.clip(1.4 * lane, 0, 1)
    )
    motif.put(y >= HORIZON, water, 0.12 * noise(rng, 200, 60))


def see_boats(rng: Generator, motif: Motif) -> None:
    """See sails against the light, and their images in the water."""
    _, y = canvas_grid()
    x, _ = canvas_grid()
    for sail, code, hull in BOATS:
        foot = hull[0][1]
        shake = 16 * noise(rng, 60, 14)
        fallen = np.stack([x + shake, foot + (foot - y) / 0.62 + 30], axis=-1)
        shape = inside(sail).astype(float)
        image = look_up(shape, np.clip(fallen, 0, None)) * (y > foot) * (noise(rng, 70, 16) > -0.35)
        motif.paint = blend(motif.paint, colour(code) * 0.92, 0.8 * image)
        shade = np.clip((x - sail[0][0]) / 260, -0.4, 1)
        lit = blend(
            np.broadcast_to(colour(code), motif.paint.shape),
            colour("c8508c"),
            np.clip(shade, 0, 0.6),
        )
        motif.put(inside(sail), lit, 1.25, 0.8)
        motif.put(inside(hull), ramp((y - foot) / 60, ["d04a3c", "5a2a7a", "1c2468"]), 0.05, 0.8)


def see_shore(rng: Generator, motif: Motif) -> None:
    """See a pine and its bank in the shade, near and dark, with sparks of light in them."""
    x, y = canvas_grid()
    bank = HEIGHT - 250 + 0.24 * x + 40 * noise(rng, 160)
    grass = ramp(0.5 + 0.5 * noise(rng, 80) + 0.25 * noise(rng, 30),
                 ["241c66", "2a3f94", "1f6f7a", "3c9a5a", "c8a83c"])  # fmt: skip
    motif.put(y > bank, grass, np.pi / 2 + 0.7 * noise(rng, 120), 1.2)
    trunk = 120 + 0.2 * (HEIGHT - y) + 46 * np.sin(y / 210)
    wide = 20 + 8 * noise(rng, 90) + 0.026 * y
    bark = ramp(0.5 + (x - trunk) / 90, ["3a1c66", "7a2f6a", "d85a4a", "ffa860"])
    motif.put((np.abs(x - trunk) < wide) & (y > 120) & (y < HEIGHT - 120), bark, 1.45, 1.1)
    for middle, height, half, thick in PINES:
        ragged = 1 + 0.28 * noise(rng, 70) + 0.2 * noise(rng, 30)
        across, down = (x - middle) / half, (y - height) / thick
        lump = np.hypot(across, down * (1 + 0.3 * (down > 0))) < ragged
        light = 0.45 + 0.3 * across - 0.35 * down + 0.4 * noise(rng, 60)
        leaf = ramp(light, ["1a1a5c", "1f3c8a", "14706a", "3fa04c", "b8c83c", "ffd060"])
        motif.put(lump, leaf, np.arctan2(down, across) + 0.8 * noise(rng, 70), 1.2)


def divided(rng: Generator, paint: Field, parting: Field) -> Field:
    """Part colours (dot, rgb) into purer ones on both sides, which give them back when mixed."""
    count = (len(paint), 1)
    warm = rng.choice([-1.0, 1.0], count) * rng.gamma(2.0, 0.5, count)
    green = rng.normal(0, 0.7, count)
    shift = warm * (38, -4, -46) + green * (-20, 26, -16) + rng.normal(0, 15, count)
    grey = paint.mean(axis=1, keepdims=True)
    return np.clip(grey + 1.2 * (paint - grey) + 0.72 * shift * parting[:, None], 0, 255)


def dot(
    draw: ImageDraw.ImageDraw, place: Field, angle: float, long: float, wide: float, paint: Field
) -> None:
    """Put down one dot with the side of a round brush; its thickness is the fourth number."""
    turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    # An oval with flattened sides.
    x = long / 2 * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.75
    y = wide / 2 * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.75
    along = np.array([np.cos(angle), np.sin(angle)])
    outline = place + x[:, None] * along + y[:, None] * (-along[1], along[0])
    draw.polygon(outline.ravel().tolist(), fill=tuple(paint.astype(int).tolist()))


def paint_dots(rng: Generator) -> Image.Image:
    """Look, then put down dots on a light ground, the large ones first."""
    motif = Motif()
    for see in (see_sky, see_coast, see_water, see_boats, see_shore):
        see(rng, motif)
    canvas = Image.new("RGBA", (WIDTH, HEIGHT), (244, 226, 196, 60))
    draw = ImageDraw.Draw(canvas)
    for long, wide, gap, left_out in DOTS:
        grid = np.mgrid[-gap : WIDTH + gap : gap, -gap : HEIGHT + gap : gap].reshape(2, -1).T
        places = grid + rng.uniform(-0.55, 0.55, grid.shape) * gap
        places = rng.permutation(places[rng.random(len(places)) >= left_out])
        paint = divided(rng, look_up(motif.paint, places), look_up(motif.parting, places))
        angles = look_up(motif.angle, places) + rng.normal(0, 0.22, len(places))
        sizes = rng.uniform(0.72, 1.12, (len(places), 2)) * (long, wide)
        thick = rng.uniform(110, 220, (len(places), 1))
        for place, angle, size, load in zip(
            places, angles, sizes, np.hstack([paint, thick]), strict=True
        ):
            dot(draw, place, angle, *size, load)
    oil = np.asarray(canvas, dtype=np.float64)
    light = raking_light(blur(oil[..., 3], 2))[..., None]
    return finish(oil[..., :3] * (1 + np.clip(light, -25, 25) / 110))
