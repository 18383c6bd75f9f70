"""A village under a moon, cut out of one black block, over two blocks of colour."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .streamlines import normals, spaced
from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Mask,
    away_from_edges,
    blend,
    canvas_grid,
    colour,
    finish,
    inside,
    look_up,
    noise,
    raking_light,
)

MOON = (620.0, 430.0, 150.0)  # x, y, radius
PAPER, BLACK = "f3e4c2", "15110f"
TINTS = {"paper": PAPER, "red": "d8432a", "ochre": "eaa23a", "teal": "2f7f86", "blue": "3a5a9c"}
# left, foot, width and height of houses, the farthest first
HOUSES = [
    (1040, 985, 120, 110),
    (1190, 975, 90, 150),
    (1310, 1000, 150, 110),
    (1480, 990, 110, 140),
    (960, 1090, 170, 130),
    (1210, 1110, 150, 170),
    (1420, 1120, 210, 150),
]
# middle, foot, width and height of firs
FIRS = [
    (1700, 1120, 90, 420),
    (1800, 1160, 110, 560),
    (1930, 1230, 140, 720),
    (1660, 1230, 80, 330),
    (100, 1330, 170, 760),
    (265, 1360, 130, 520),
    (400, 1390, 100, 350),
    (-10, 1420, 150, 600),
]


class Block:
    """What the knife is to follow at every pixel: shape, angle, light (0 to 1) and tint."""

    def __init__(self) -> None:
        self.shape = np.zeros((HEIGHT, WIDTH), dtype=np.intp)
        self.angle, self.light = np.zeros((2, HEIGHT, WIDTH))
        self.tint = np.zeros((HEIGHT, WIDTH), dtype=np.intp)

    def put(self, here: Mask, angle: Field | float, light: Field | float, tint: str) -> None:
        """Lay a shape in front of all that is there already."""
        self.shape[here] = self.shape.max() + 1
        self.angle[here] = np.broadcast_to(angle, self.angle.shape)[here]
        self.light[here] = np.broadcast_to(light, self.light.shape)[here]
        self.tint[here] = list(TINTS).index(tint)


def draw_sky(rng: Generator, block: Block) -> None:
    """Draw the moon, its rays, and clouds that the wind has bent around it."""
    x, y = canvas_grid()
    right, down = x - MOON[0], y - MOON[1]
    away, turn = np.hypot(right, down), np.arctan2(down, right)
    rays = 0.5 + 0.5 * np.cos(22 * turn + 1.5 * noise(rng, 300))
    light = 0.95 - away / 900 + 0.34 * (rays - 0.5) + 0.06 * noise(rng, 160)
    block.put(y >= 0, turn, np.clip(light, 0.12, 1), "blue")
    halo = away < 2.3 * MOON[2] + 20 * noise(rng, 120)
    block.put(halo, turn, np.clip(light + 0.1, 0, 0.96), "ochre")
    block.put(away < MOON[2], turn + np.pi / 2, 1, "paper")
    cloud = noise(rng, 620, 90) + 0.45 * noise(rng, 240, 50)
    near = (y < 700) & (cloud > 0.52) & (away > 1.25 * MOON[2])
    block.put(near, 0.15 * noise(rng, 200), np.clip(2.4 * (cloud - 0.5), 0.1, 0.85), "red")


def draw_land(rng: Generator, block: Block) -> None:
    """Draw mountains with a lit and a dark side, then fields and a path through them."""
    x, y = canvas_grid()
    for base, swing, cell, tint, lightest in (
        (800, 230, 300, "teal", 0.8),
        (900, 150, 240, "blue", 0.7),
    ):
        rise = noise(rng, cell)[0]
        top = base - swing * (1 - 1.5 * np.abs(rise)) + 10 * noise(rng, 40)[0]
        slope = np.gradient(np.convolve(np.pad(top, 30, "edge"), np.ones(61) / 61, "valid"))
        side = np.tanh(5 * noise(rng, 190, 480) + 4 * slope)
        light = lightest * np.clip(0.5 + 0.55 * side - (y - top) / 900, 0.05, 1)
        block.put(y > top, np.pi / 2 - 0.75 * side, light, tint)
    for base, swing, cell, tint, turn in (
        (960, 30, 600, "ochre", 0.2),
        (1110, 50, 700, "teal", -0.3),
        (1270, 60, 800, "ochre", 0.5),
    ):
        top = base - swing * noise(rng, cell)[0]
        far = np.arctan2(y - base + 260, x - 980) + turn * 0.3
        light = 0.62 - (y - top) / 520 + 0.22 * noise(rng, 160)
        block.put(y > top, far, np.clip(light, 0.06, 0.8), tint)
    bend = 860 + 230 * np.sin((y - 980) / 150) * np.clip((y - 960) / 420, 0, 1)
    wide = 12 + 0.3 * np.clip(y - 985, 0, None)
    path = (y > 985) & (np.abs(x - bend) < wide)
    block.put(path, np.pi / 2 - 0.6 * np.cos((y - 980) / 150), 0.9, "paper")


def draw_house(
    rng: Generator, block: Block, left: float, foot: float, wide: float, high: float
) -> None:
    """Draw a house with a steep roof, and a lamp in its windows."""
    top, lean = foot - high, rng.normal(0, 8)
    side = 0.3 * wide
    front = [(left, foot), (left + lean, top), (left + wide + lean, top), (left + wide, foot)]
    gable = [
        (left + lean - 6, top),
        (left + wide / 2 + lean, top - 0.75 * wide),
        (left + wide + lean + 6, top),
    ]
    far = left + wide + side
    wall = [(left + wide, foot), (left + wide + lean, top), (far + lean, top), (far, foot - 8)]
    roof = [
        gable[1],
        (gable[1][0] + side + 4, gable[1][1] + 6),
        (far + lean + 8, top + 4),
        gable[2],
    ]
    block.put(inside(wall), np.pi / 2, 0.08, "teal")
    block.put(inside(front), np.pi / 2 + 0.05, 0.72, "ochre")
    block.put(inside(gable), np.pi / 2, 0.66, "paper")
    block.put(inside(roof), -0.5, 0.42, "red")
    for column in (0.2, 0.58):
        x, y = left + column * wide + lean / 2, top + 0.3 * high
        pane = [
            (x, y),
            (x + 0.22 * wide, y),
            (x + 0.22 * wide, y + 0.3 * high),
            (x, y + 0.3 * high),
        ]
        block.put(inside(pane), 0.0, 1 if rng.random() < 0.6 else 0, "paper")


def draw_fir(
    rng: Generator, block: Block, middle: float, foot: float, wide: float, high: float
) -> None:
    """Draw a fir: boughs that hang in tiers, lit on the side of the moon."""
    x, y = canvas_grid()
    across, up = (x - middle) / wide, (foot - y) / high
    tiers = 0.62 + 0.38 * (1 - (7.5 * up + 0.25 * np.abs(across)) % 1)
    ragged = 1 + 0.25 * noise(rng, 26)
    here = (up > 0) & (up < 1) & (np.abs(across) < np.clip(1 - up, 0, 1) ** 0.85 * tiers * ragged)
    sunny = -across * np.sign(middle - MOON[0])
    light = 0.12 + 0.62 * np.clip(sunny, 0, 1) * (1 - (7.5 * up) % 1)
    block.put(here, np.pi / 2 - 0.85 * np.sign(across), light, "teal")


def cuts(rng: Generator, block: Block, gap: int) -> Image.Image:
    """Cut the light out of the block: wedges along the angles, as wide as the light is strong."""
    starts = rng.uniform(0, (WIDTH, HEIGHT), (26000, 2))
    angle = block.angle + 0.08 * noise(rng, 130)
    wanted = block.light > 0.07
    cut = Image.new("L", (WIDTH, HEIGHT))
    knife = ImageDraw.Draw(cut)
    for line in spaced(angle, starts, wanted, block.shape, gap, 26, 9):
        strong = np.clip(look_up(block.light, line), 0, 1)
        # The gouge goes in steeply and comes out slowly.
        press = np.sin(np.linspace(0.35, np.pi - 0.06, len(line))) ** 0.7
        half = normals(line) * (press * (0.12 + 0.55 * strong) * gap)[:, None]
        outline = np.concatenate([line + half, (line - half)[::-1]])
        knife.polygon(outline.ravel().tolist(), fill=255)
    return cut


def paint_woodcut(rng: Generator) -> Image.Image:
    """Cut the black block and print it over the blocks of colour, a little beside them."""
    block = Block()
    draw_sky(rng, block)
    draw_land(rng, block)
    for house in HOUSES:
        draw_house(rng, block, *house)
    for fir in FIRS:
        draw_fir(rng, block, *fir)
    x, y = canvas_grid()
    bare = np.asarray(cuts(rng, block, 17)) / 255
    bare = np.where(block.light > 0.97, 1, bare)
    bare = np.where(away_from_edges(block.shape, 3) < 5 + 2 * noise(rng, 60), 0, bare)
    ragged = np.stack([x + 2.5 * noise(rng, 12), y + 2.5 * noise(rng, 12)], axis=-1)
    bare = look_up(bare, ragged)
    tints = np.array([colour(code) for code in TINTS.values()])[
        look_up(block.tint, ragged - (-7, 5))
    ]
    plank = noise(rng, 700, 5) + 0.6 * noise(rng, 300, 11)
    tints = blend(tints, colour(PAPER), np.clip(0.14 + 0.16 * plank, 0, 1))
    ink = (1 - bare) * np.clip(1.02 + 0.14 * plank + 0.1 * noise(rng, 6), 0, 1)
    paper = raking_light(noise(rng, 26, 5) + noise(rng, 5))
    return finish(blend(tints, colour(BLACK), ink) + 3 * paper[..., None])
