"""Fish in a sea under a golden sky, laid in little stones along their outlines."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .streamlines import normals, spaced
from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Labels,
    Mask,
    blend,
    blur,
    canvas_grid,
    colour,
    finish,
    look_up,
    noise,
    raking_light,
    ramp,
)

SEA = ["0c1f4e", "123a86", "1c62b0", "2a92b8", "5cc4b4", "c4ecd0"]
GOLD = ["7a4a12", "b87a1c", "e0a82c", "f6cf5a", "fff0b4"]
# x, y and length of fish, the way they swim, how far they bend, and the colours of their backs,
# flanks and bellies
FISH = [
    (1010, 900, 1020, -0.16, 0.20, ["7a1420", "d0382a", "f47a2c", "ffc860", "fff2cc"]),
    (430, 1260, 640, 0.22, -0.22, ["0d4a4e", "1f8a7a", "6cc08a", "e2e49a", "fff8dc"]),
    (1610, 1270, 560, 3.30, 0.24, ["3a1458", "7a3a9a", "c86ab0", "f4b4c0", "fff0e4"]),
    (1690, 800, 330, 3.0, -0.2, ["8a4a10", "e09a20", "f8cc4c", "fff0b0", "fffae4"]),
    (330, 820, 330, 0.1, 0.2, ["8a4a10", "e09a20", "f8cc4c", "fff0b0", "fffae4"]),
]
# how wide the stones of each laying are; later ones fill what earlier ones left
STONES = [26.0, 18.0, 12.0]


class Cartoon:
    """What the stones depict at every pixel: shape, angle and colour."""

    def __init__(self) -> None:
        self.shape: Labels = np.zeros((HEIGHT, WIDTH), dtype=np.intp)
        self.angle = np.zeros((HEIGHT, WIDTH))
        self.paint = np.zeros((HEIGHT, WIDTH, 3))

    def put(self, here: Mask, angle: Field | float, paint: Field) -> None:
        """Lay a shape in front of all that is there already."""
        self.shape[here] = self.shape.max() + 1
        self.angle[here] = np.broadcast_to(angle, self.angle.shape)[here]
        self.paint[here] = np.broadcast_to(paint, self.paint.shape)[here]


def along(level: Field) -> Field:
    """Give the angles at which a field keeps its level."""
    down, right = np.gradient(level)
    return np.asarray(np.arctan2(-right, down), dtype=np.float64)


def draw_sky(rng: Generator, cartoon: Cartoon) -> None:
    """Draw a sun with curling rays on a ground of gold."""
    x, y = canvas_grid()
    right, down = x - 1330, y - 330
    away, turn = np.hypot(right, down), np.arctan2(down, right)
    gold = ramp(0.72 + 0.16 * noise(rng, 200) + 0.08 * np.sin(away / 26), GOLD)
    cartoon.put(y >= 0, along(away + 50 * noise(rng, 420)), gold)
    flame = np.abs(np.cos(6 * turn + 1.6 * np.clip(away / 204 - 1, 0, 2)))
    rays = away < 204 + 200 * flame**1.5
    cartoon.put(rays, turn + 0.3, ramp((away - 190) / 190, ["ffdf6a", "f08a2a", "c8341e"]))
    for radius, codes in (
        (204, ["8a1a1a", "b8281e"]),
        (184, ["ff8a2c", "f0602a"]),
        (118, ["ffe88a", "ffc040"]),
    ):
        disc = away < radius
        cartoon.put(disc, turn + np.pi / 2, ramp(0.5 + 0.6 * noise(rng, 60), codes))
    for middle, level, wide in ((330, 190, 330), (1890, 120, 260), (760, 90, 190)):
        lobes = 1 + 0.3 * np.abs(np.sin(2.5 * np.arctan2(y - level, x - middle)))
        away = np.hypot((x - middle) / wide, (y - level) / (0.3 * wide)) / lobes
        cloud = ramp(away, ["ffffff", "f6e6dc", "e0b0a8", "a86a80"])
        cartoon.put(away < 1, along(away), cloud)


def draw_sea(rng: Generator, cartoon: Cartoon) -> None:
    """Draw waves that roll over themselves, and the currents below them."""
    x, y = canvas_grid()
    stream = y / 210 + 0.8 * noise(rng, 520, 330) + 0.28 * np.sin(x / 210 + y / 300)
    band = 0.5 + 0.5 * np.sin(6.5 * stream)
    depth = np.clip((y - 560) / 1100, 0, 1)
    tone = 0.55 * band + 0.42 * (1 - depth) - 0.12 + 0.12 * noise(rng, 90)
    surface = 610 + 26 * np.sin(x / 95 + 0.6 * noise(rng, 500)) + 22 * noise(rng, 300)[0]
    cartoon.put(y > surface, along(stream), ramp(np.clip(tone, 0, 0.86), SEA))
    foam = (y > surface - 6) & (y < surface + 40)
    cartoon.put(foam, along(y - surface), ramp(0.5 + 0.5 * noise(rng, 40), ["fffaf0", "bfe4dc"]))
    for middle in np.arange(60, WIDTH, 330.0) + rng.normal(0, 30, 7):
        right, down = x - middle, y - 640 - rng.uniform(-16, 22)
        away, turn = np.hypot(right, down), np.arctan2(down, right)
        spiral = 0.5 + 0.5 * np.cos(turn - away / 15)
        curl = ramp(spiral, ["123a86", "2a92b8", "fffaf0"])
        cartoon.put(away < 92 + 8 * np.cos(5 * turn), turn + np.pi / 2 - 0.16, curl)


def draw_fish(
    rng: Generator, cartoon: Cartoon, fish: tuple[float, float, float, float, float, list[str]]
) -> None:
    """Draw a fish with rows of scales, its gill, its fins, and an eye with a ring of gold."""
    middle, level, length, turn, bend, codes = fish
    x, y = canvas_grid()
    right, down = (x - middle) / (length / 2), (y - level) / (length / 2)
    u = right * np.cos(turn) + down * np.sin(turn)
    v = (down * np.cos(turn) - right * np.sin(turn)) * (-1 if np.cos(turn) < 0 else 1)
    v = v + bend * (u**2 - 0.3)  # its back is curved
    body = 0.36 * np.clip(1 - ((u - 0.12) / 0.88) ** 2, 0, 1) ** 0.75
    tail = np.where(u < -0.6, 0.05 + 0.95 * (-0.6 - u), 0)
    half = np.maximum(
        body,
        np.where((u < -0.55) & (u > -1.02 + 0.5 * np.clip(0.3 - np.abs(v), 0, 1)), tail + 0.04, 0),
    )
    across = v / np.maximum(half, 1e-3)
    fins = (np.abs(u - 0.05 - 0.5 * (np.abs(v) - 0.3)) < 0.34) & (
        np.abs(v) < 0.50 + 0.05 * np.sin(40 * u)
    )
    ribs = 0.5 + 0.5 * np.sin(46 * u - 24 * np.abs(v))
    fin = ramp(0.25 + 0.5 * ribs, codes[:4])
    lean = turn + np.sign(v) * 1.0 * (1 if np.cos(turn) >= 0 else -1)
    cartoon.put(fins & (np.abs(across) >= 0.9), lean, fin)
    here = np.abs(across) < 1
    rows = np.floor(16 * u)
    scale = np.hypot((16 * u) % 1 - 0.1, ((8 * v / 0.36 + 0.5 * (rows % 2)) % 1 - 0.5) * 1.1)
    tone = 0.5 + 0.42 * across + 0.24 * (scale - 0.5)
    skin = ramp(np.clip(tone, 0, 1), codes)
    head = u > 0.56 - 0.35 * across**2
    skin = np.where(head[..., None], ramp(np.clip(0.55 + 0.45 * across, 0, 1), codes[1:]), skin)
    tails = (u < -0.6)[..., None]
    skin = np.where(tails, ramp(0.5 + 0.5 * np.sin(9 * across + 2 * u), codes[:4]), skin)
    cartoon.put(
        here, along(np.where(u < -0.6, across * 0.4, across * np.maximum(half, 0.1) * 3)), skin
    )
    rim = here & (
        (np.abs(across) > 1 - 0.028 / np.maximum(half, 0.06))
        | (np.abs(head * 1.0 - blur(head * 1.0, 7)) > 0.25)
    )
    cartoon.put(rim, along(across), colour(codes[0]) * 0.55)
    eye = np.hypot(u - 0.72, v + 0.06)
    for radius, code in ((0.115, codes[0]), (0.09, "fff0b8"), (0.05, "101018")):
        cartoon.put(eye < radius, along(eye), colour(code))


def draw_bubbles(rng: Generator, cartoon: Cartoon) -> None:
    """Draw bubbles that rise from the mouths."""
    x, y = canvas_grid()
    for mouth in ((1580, 720), (800, 1290), (1270, 1200)):
        middle, level = mouth
        for _ in range(4):
            away = np.hypot(x - middle, y - level) / rng.uniform(16, 34)
            cartoon.put(away < 1, along(away), ramp(away, ["ffffff", "9adcd8", "1c62b0"]))
            middle, level = middle + rng.normal(0, 34), level - rng.uniform(60, 90)


def lay(rng: Generator, cartoon: Cartoon) -> Image.Image:
    """Lay the stones in rows; the alpha channel is how each is tilted in its bed."""
    floor = Image.new("RGBA", (WIDTH, HEIGHT))
    draw, starts = ImageDraw.Draw(floor), rng.uniform(0, (WIDTH, HEIGHT), (40000, 2))
    bare: Mask = np.ones((HEIGHT, WIDTH), dtype=np.bool_)
    for wide in STONES:
        starts = starts[look_up(bare, starts)]
        for row in spaced(cartoon.angle, starts, bare, cartoon.shape, wide, 60, 6):
            across, step = normals(row), max(2, round(wide * rng.uniform(0.85, 1.25) / 6))
            for first in range(0, len(row) - step // 2, step):
                last = min(first + step, len(row) - 1)
                ends = row[[first, last]] + 1.5 * np.array([[1], [-1]]) * (
                    row[last] - row[first]
                ) / (6 * step)
                half = across[[first, last]] * (wide / 2 - 1.5)
                corners = np.concatenate([ends + half, (ends - half)[::-1]]) + rng.normal(
                    0, 1.2, (4, 2)
                )
                paint = look_up(cartoon.paint, ends.mean(axis=0)) * rng.normal(1, 0.1) + rng.normal(
                    0, 9, 3
                )
                fill = *np.clip(paint, 0, 255).astype(int).tolist(), int(rng.uniform(90, 255))
                draw.polygon(corners.ravel().tolist(), fill=fill)
        laid = np.asarray(floor)[..., 3] > 0
        # What is left must have room for the next, smaller stones.
        bare = blur(laid.astype(np.float64), 4) < 0.12
    return floor


def paint_mosaic(rng: Generator) -> Image.Image:
    """Draw the cartoon, lay it in stones, and let the light glance off them."""
    cartoon = Cartoon()
    draw_sky(rng, cartoon)
    draw_sea(rng, cartoon)
    for fish in FISH[::-1]:
        draw_fish(rng, cartoon, fish)
    draw_bubbles(rng, cartoon)
    floor = np.asarray(lay(rng, cartoon), dtype=np.float64)
    stone = np.clip(floor[..., 3] * 255, 0, 255)
    mortar = colour("4a4038") + 14 * (noise(rng, 4) + noise(rng, 90))[..., None]
    tilt = (floor[..., 3:] - 170) / 170
    glass = floor[..., :3] * (1 + 0.22 * tilt + 0.05 * noise(rng, 12)[..., None])
    edge = raking_light(blur(stone, 2))[..., None]
    return finish(blend(mortar, glass, stone / 255) * (1 + np.clip(edge, -40, 40) / 150))
