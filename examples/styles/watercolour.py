"""Evening over a lake in washes: they pool at their edges, run back, and leave the paper white."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Mask,
    blur,
    canvas_grid,
    colour,
    finish,
    inside,
    noise,
    raking_light,
)

SHORE = 0.6 * HEIGHT
SUN = (1290.0, 560.0, 86.0)  # x, y, radius
# A wash in the sky: its colour, x, y, width and height, and how strong it is
POOLS = [
    ("ffc21e", 1290, 620, 640, 330, 0.95),
    ("ff7a1e", 1020, 420, 620, 170, 0.75),
    ("f0405a", 1600, 380, 560, 150, 0.8),
    ("e8306a", 620, 560, 520, 130, 0.7),
    ("8a3cb4", 380, 330, 560, 190, 0.75),
    ("1e6fd0", 320, 60, 760, 260, 0.95),
    ("2a4fb4", 1700, 40, 760, 210, 0.9),
    ("12a0b4", 1040, 130, 520, 130, 0.6),
    ("7a3ca8", 1900, 240, 330, 150, 0.7),
    ("ff9a3c", 180, 720, 500, 120, 0.6),
]
# A range: its colour, the height of its skyline, how far and how widely that swings
RANGES = [
    ("7a86d8", 760, 120, 330),
    ("5a5cc0", 815, 90, 230),
    ("2f6f9c", 868, 60, 300),
    ("1c4f6a", 905, 34, 150),
]


class Paper:
    """A sheet that takes washes: the light it still gives back, and its tooth."""

    def __init__(self, rng: Generator) -> None:
        self.light = np.broadcast_to(colour("fdf8ec") / 255, (HEIGHT, WIDTH, 3)).copy()
        self.tooth = noise(rng, 5) + 0.7 * noise(rng, 11)
        x, y = canvas_grid()
        self.places = x, y

    def wash(self, code: str, cover: Field) -> None:
        """Lay a thin wash; where its cover is 1, white paper shows the colour itself."""
        pigment = -np.log(np.clip(colour(code) / 255, 0.12, 0.98))
        # Pigment settles in the hollows of the paper.
        settled = np.clip(cover * (1 + 0.16 * self.tooth), 0, None)
        self.light *= np.exp(-pigment * settled[..., None])


def edged(shape: Field, reach: int) -> Field:
    """Give the cover of a wash with a wet edge: pale inside, dark where it dried last.

    The shape is 1 inside and 0 outside, soft where the paper was wet.
    """
    inner = blur(shape, reach)
    rim = np.clip(shape - inner, 0, 1)
    return np.asarray(0.78 * shape + 1.1 * rim * shape, dtype=np.float64)


def soft(level: Field, width: float) -> Field:
    """Turn a field that is above 0 inside into a shape with an edge of the given width."""
    return np.clip(0.5 + level / width, 0, 1)


def blooms(rng: Generator, count: int, low: float, high: float) -> Field:
    """Run water back into washes: the pigment is swept out of flowers and lies at their rims."""
    x, y = canvas_grid()
    swept = np.ones((HEIGHT, WIDTH))
    ragged = 0.24 * noise(rng, 60) + 0.12 * noise(rng, 22) + 0.3 * noise(rng, 190)
    for _ in range(count):
        middle, level = rng.uniform(0, WIDTH), rng.uniform(low, high)
        radius = rng.uniform(50, 190)
        away = np.hypot(x - middle, (y - level) * 1.25) / radius + ragged
        swept *= 1 - 0.5 * soft(0.9 - away, 0.5) + 0.5 * np.exp(-(((away - 1) / 0.07) ** 2))
    return swept


def wash_sky(rng: Generator, paper: Paper) -> None:
    """Let colours run into each other, wet in wet, around a sun that stays paper."""
    x, y = canvas_grid()
    drift = 130 * noise(rng, 330, 210) + 54 * noise(rng, 120, 70) + 16 * noise(rng, 36)
    spread = np.hypot(x - SUN[0], y - SUN[1] + 0.05 * drift)
    bare = soft(spread - SUN[2], 14)
    run = blooms(rng, 12, 0, SHORE)
    for code, middle, level, wide, high, strength in POOLS:
        away = np.hypot((x - middle + drift) / wide, (y - level + 0.7 * drift) / high)
        shape = soft(1 - away + 0.16 * noise(rng, 70), 0.75 if rng.random() < 0.6 else 0.10)
        cover = edged(shape, 26) * (0.8 + 0.3 * noise(rng, 190)) * strength
        paper.wash(code, cover * bare * run * (y < SHORE + 10))


def skyline(rng: Generator, level: float, swing: float, cell: float) -> Field:
    """Give the upper edge of a range, as y for each x, with trees on it."""
    crags: Field = np.abs(noise(rng, cell))[0] * 1.6 * swing + 9 * noise(rng, 26)[0]
    return level - crags


def wash_ranges(rng: Generator, paper: Paper) -> None:
    """Lay ranges one over the other once each is dry, and their images upside down."""
    x, y = canvas_grid()
    for number, (code, level, swing, cell) in enumerate(RANGES):
        top = skyline(rng, level, swing, cell)
        mist = np.clip((SHORE - y) / (SHORE - level + 60), 0.12, 1)
        shape = soft(y - top + 4 * noise(rng, 24), 5) * (y < SHORE)
        light = 1 - 0.72 * np.exp(-(((x - SUN[0]) / 360) ** 2)) * (number < 3)
        paper.wash(code, edged(shape, 12) * mist * light * (0.7 + 0.35 * noise(rng, 110)))
        waver = (18 + 0.05 * (y - SHORE)) * noise(rng, 120, 16)
        image = soft(2 * SHORE - top - 0.86 * y + waver - 0.14 * SHORE, 9) * (y > SHORE)
        paper.wash(code, edged(image, 14) * 0.22 * (0.9 + 0.4 * noise(rng, 160, 40)))


def wash_lake(rng: Generator, paper: Paper) -> None:
    """Draw the sky's colours down over the lake, with ripples, and leave a path of light."""
    x, y = canvas_grid()
    depth = np.clip((y - SHORE) / (HEIGHT - SHORE), 0, 1)
    ripple = noise(rng, 240, 24) + 0.6 * noise(rng, 90, 12)
    lane = np.exp(-(((x - SUN[0] + 40 * ripple) / (90 + 240 * depth)) ** 2))
    bare = 1 - 0.92 * np.clip(1.5 * lane * (0.75 + 0.8 * ripple), 0, 1)
    run = blooms(rng, 9, SHORE + 60, HEIGHT)
    water = (y > SHORE) * bare
    paper.wash("ffb43c", soft(0.9 - depth + 0.4 * noise(rng, 300), 0.9) * water * 0.55)
    paper.wash(
        "e8507a", soft(0.4 - np.abs(depth - 0.35) + 0.5 * noise(rng, 260, 90), 0.5) * water * 0.4
    )
    paper.wash(
        "2a78d0",
        edged(soft(depth - 0.42 + 0.3 * noise(rng, 300, 110), 0.35), 30) * water * run * 0.7,
    )
    paper.wash(
        "14489c",
        edged(soft(depth - 0.7 + 0.34 * noise(rng, 240, 60), 0.14), 20) * water * run * 0.5,
    )
    dashes = soft(ripple - 0.5 - 0.25 * (1 - depth), 0.1) * water
    paper.wash("3c3c9c", edged(dashes, 9) * 0.35)


def wash_trees(rng: Generator, paper: Paper) -> None:
    """Touch in trees on a headland with a wet brush, and drop colours into them."""
    x, y = canvas_grid()
    ragged = 26 * noise(rng, 46) + 12 * noise(rng, 18)
    land = SHORE + 44 - 0.11 * x + 10 * noise(rng, 130)
    shape = soft(np.minimum(y - land + 24, SHORE + 66 + ragged * 0.5 - y), 6) * (
        x < 760 + 6 * ragged
    )
    paper.wash("1c5a4a", edged(shape, 12) * (0.6 + 0.3 * noise(rng, 90)))
    for middle, foot, half, high in (
        (110, 930, 92, 430), (250, 930, 70, 330), (370, 925, 84, 240), (470, 925, 46, 290),
        (580, 930, 66, 150), (20, 940, 80, 300),
    ):  # fmt: skip
        across, up = (x - middle + 0.4 * ragged) / half, (foot - y + ragged) / high
        crown = soft(1.0 - np.hypot(across, 2.1 * (up - 0.56)) + 0.012 * ragged, 0.1)
        mixed = noise(rng, 80)
        paper.wash("1f7a4a", edged(crown, 10) * (0.62 + 0.3 * mixed))
        paper.wash("d87a1e", crown * np.clip(0.7 * mixed + 0.4 * across, 0, 0.7))
        paper.wash("142a6a", crown * np.clip(-0.6 * mixed - 0.4 * across, 0, 0.6))
        stem = inside(
            [
                (middle - 5, foot),
                (middle - 2, foot - 0.7 * high),
                (middle + 3, foot - 0.7 * high),
                (middle + 7, foot),
            ]
        )
        paper.wash("3a2430", 0.8 * blur(stem.astype(np.float64), 1))
    fallen = soft(150 + 3 * ragged - 0.16 * x - (y - SHORE - 60), 40) * (y > SHORE + 56) * (x < 900)
    paper.wash("1f5a6a", edged(fallen, 16) * np.clip(0.4 + 0.4 * noise(rng, 110, 20), 0, 0.8))


def sail(middle: float, foot: float, high: float) -> Mask:
    """Cut the shape of a boat with two sails."""
    return (
        inside([(middle, foot - high), (middle, foot - 16), (middle + 0.42 * high, foot - 20)])
        | inside(
            [
                (middle - 7, foot - 0.86 * high),
                (middle - 7, foot - 18),
                (middle - 0.3 * high, foot - 22),
            ]
        )
        | inside(
            [
                (middle - 0.34 * high, foot - 12),
                (middle + 0.46 * high, foot - 14),
                (middle + 0.34 * high, foot + 14),
                (middle - 0.22 * high, foot + 14),
            ]
        )
    )


def wash_boats(rng: Generator, paper: Paper) -> None:
    """Set boats before the light, with their images hanging from them."""
    x, y = canvas_grid()
    for middle, foot, high, code in (
        (1010, 1120, 300, "b8281e"),
        (1640, 1010, 150, "3a2a7a"),
        (1770, 985, 90, "5a3a8a"),
    ):
        shape = blur(sail(middle, foot, high).astype(np.float64), 1)
        paper.wash(code, edged(shape, 8) * (0.9 + 0.3 * noise(rng, 60)))
        waver = 14 * noise(rng, 40, 12)
        image = soft(0.2 * high - np.abs(x - middle - 10 + waver) * (1 + (y - foot) / high), 20)
        image *= (y > foot + 10) & (y < foot + 0.9 * high)
        paper.wash(code, edged(image, 8) * np.clip(0.45 + 0.7 * noise(rng, 90, 14), 0, 0.9))


def spatter(rng: Generator, paper: Paper) -> None:
    """Flick drops from the brush."""
    x, y = canvas_grid()
    for code in ("e8306a", "1e6fd0", "ff7a1e", "7a3ca8", "14489c"):
        drops = np.zeros((HEIGHT, WIDTH))
        for middle, level in rng.uniform(0, (WIDTH, HEIGHT), (14, 2)):
            radius = min(3 + 2.5 * rng.pareto(2.2), 16)
            top, left = max(int(level) - 20, 0), max(int(middle) - 20, 0)
            near = np.s_[top : top + 40, left : left + 40]
            drop = soft(radius - np.hypot(x[near] - middle, y[near] - level), 3)
            drops[near] = np.maximum(drops[near], drop)
        paper.wash(code, 0.5 * drops)


def paint_watercolour(rng: Generator) -> Image.Image:
    """Wash the sheet from the lightest to the darkest, and let its tooth show."""
    paper = Paper(rng)
    wash_sky(rng, paper)
    wash_lake(rng, paper)
    wash_ranges(rng, paper)
    wash_trees(rng, paper)
    wash_boats(rng, paper)
    spatter(rng, paper)
    grain = raking_light(paper.tooth)[..., None]
    return finish(255 * paper.light * (1 + 0.03 * grain))
