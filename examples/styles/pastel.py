"""Flowers in a blue vase in pastel: chalk that catches on the tooth of a dark paper."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .streamlines import trace
from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Mask,
    blend,
    canvas_grid,
    colour,
    finish,
    look_up,
    noise,
    ramp,
)

PAPER = "3a3450"
MIST = ["1c3c74", "2f6aa4", "5a8fc0", "a890c8", "e0a0a8", "f4c08c", "f8dc9c"]
# x, y and radius of flowers, how many petals they have, the colours of these from the heart
# outwards, and that of the heart; the farthest come first
FLOWERS: list[tuple[float, float, float, int, list[str], str]] = [
    (690, 330, 120, 9, ["5a3ab0", "8a6ae0", "c8b4f8"], "f4d040"),
    (1390, 300, 130, 10, ["e8f0f8", "ffffff", "c8d4f0"], "f0a820"),
    (1040, 190, 140, 7, ["d83a6a", "f47a9a", "fcc4c8"], "6a1c3a"),
    (1580, 560, 120, 8, ["2a5ad8", "5a94f4", "a4ccfc"], "101c58"),
    (510, 600, 140, 8, ["f4a81c", "fccc4c", "fff0a4"], "6a3410"),
    (1240, 470, 190, 6, ["a8141c", "e8382a", "fc8a4c"], "1c1022"),
    (830, 500, 210, 6, ["c8281c", "f4582c", "fca45c"], "1c1022"),
    (1060, 690, 170, 11, ["f0e0c8", "fffaf0", "f4ccd0"], "e8a020"),
    (1430, 800, 130, 9, ["8a2a8a", "c85ac0", "f0a8e4"], "f8e05c"),
    (690, 810, 125, 10, ["2c68c8", "64a0ec", "b8dcfc"], "142458"),
]
# x and y of spikes of small blossoms, their lean, and their colour
SPIKES = [
    (420, 300, -2.2, "5a8af0"),
    (1640, 250, -0.9, "f4b83c"),
    (900, 60, -1.7, "c890f4"),
    (1760, 760, -0.2, "f47a5c"),
    (330, 860, -2.9, "8ad0a0"),
    (1240, 90, -1.4, "f4e0a0"),
]
VASE = (1050.0, 1175.0, 235.0, 250.0)  # x, y, half its width and half its height
# how long and wide the strokes of each layer are, how far apart, and how hard the chalk is pressed
CHALKS = [(150, 40, 34, 0.55), (80, 22, 21, 0.62), (46, 13, 15, 0.72)]


class Still:
    """What the chalk depicts at every pixel, and the way its strokes run."""

    def __init__(self) -> None:
        self.paint = np.zeros((HEIGHT, WIDTH, 3))
        self.angle = np.zeros((HEIGHT, WIDTH))

    def put(self, here: Mask, paint: Field, angle: Field | float) -> None:
        """Lay a shape in front of all that is there already."""
        self.paint[here] = np.broadcast_to(paint, self.paint.shape)[here]
        self.angle[here] = np.broadcast_to(angle, self.angle.shape)[here]


def see_room(rng: Generator, still: Still) -> None:
    """See a wall that glows like a sky, and a table with a cloth."""
    x, y = canvas_grid()
    glow = 1.05 - np.hypot((x - 1250) / 1350, (y - 560) / 1000)
    drift = noise(rng, 420, 300) + 0.5 * noise(rng, 160)
    swirl = np.arctan2(y - 620, x - 1050) + np.pi / 2 + 0.9 * noise(rng, 380)
    still.put(y >= 0, ramp(glow + 0.2 * drift, MIST), swirl)
    table = y > 1270 + 0.04 * (x - 1000) + 8 * noise(rng, 300)
    near = np.clip((y - 1270) / 270, 0, 1)
    cloth = ramp(near + 0.25 * noise(rng, 340, 40) + 0.25 * np.sin(x / 120 + y / 60),
                 ["f4a05c", "d8583c", "a02c4c", "5c1c54"])  # fmt: skip
    still.put(table, cloth, 0.05 + 0.25 * noise(rng, 300))
    shadow = np.hypot((x - 820) / 420, (y - 1400) / 62) < 1
    still.put(shadow, ramp(0.5 + noise(rng, 80), ["2a1448", "4a2064", "7a2c5c"]), 0.1)


def see_vase(rng: Generator, still: Still) -> None:
    """See the vase, round, with the window in its glaze."""
    x, y = canvas_grid()
    middle, level, half, high = VASE
    across, down = (x - middle) / half, (y - level) / high
    profile = np.clip(0.62 + 0.46 * np.sin(1.9 * (down + 0.55)), 0.3, 1.0)
    profile = np.where(down < -0.82, 0.62 + 0.5 * (-0.82 - down), profile)
    u = across / profile
    here = (np.abs(u) < 1) & (np.abs(down) < 1)
    light = 0.42 + 0.62 * u - 0.1 * down + 0.12 * noise(rng, 90)
    glaze = ramp(1 - light, ["c8f4e8", "4ac0c8", "1c7cb8", "1a4494", "1c1c58"])
    still.put(here, glaze, np.pi / 2 - 0.9 * u)
    band = here & (np.abs(down - 0.1 - 0.1 * u**2) < 0.13)
    pattern = 0.5 + 0.5 * np.sin(14 * np.arcsin(np.clip(u, -1, 1))) * np.cos((down - 0.1) * 24)
    still.put(band, ramp(pattern, ["f4c04c", "e8703c", "1c2c70"]), 0.2 * u)
    shine = np.hypot((u - 0.5) / 0.13, (down + 0.3) / 0.3) < 1
    still.put(shine & here, colour("f8fff8"), np.pi / 2)


def see_leaves(rng: Generator, still: Still) -> None:
    """See leaves that arch out of the vase, and stems."""
    x, y = canvas_grid()
    for turn in np.linspace(-3.35, 0.2, 34) + rng.normal(0, 0.08, 34):
        long = rng.uniform(380, 720)
        reach = np.hypot(x - VASE[0], y - 930) / long
        bend = np.arctan2(y - 930, x - VASE[0]) - turn - rng.normal(0, 0.35) * reach**2
        bend = (bend + np.pi) % (2 * np.pi) - np.pi
        wide = 0.2 * np.sin(np.pi * np.clip(reach, 0, 1) ** 0.8) / np.maximum(reach, 0.2)
        leaf = (np.abs(bend) < wide * 0.55) & (reach < 1) & (reach > 0.12)
        tone = rng.uniform(0.1, 0.6) + 1.6 * bend + 0.25 * reach + 0.15 * noise(rng, 60)
        green = ramp(tone, ["0c2c3c", "14584c", "2f8a4a", "84b84c", "dce48c"])
        still.put(leaf, green, turn + 0.3 * reach)


def see_spike(rng: Generator, still: Still, spike: tuple[float, float, float, str]) -> None:
    """See a spike of small blossoms, loose towards its tip."""
    x, y = canvas_grid()
    left, top, lean, code = spike
    for share in np.linspace(0, 1, 16):
        middle = left - np.cos(lean) * 330 * share + rng.normal(0, 26 * share + 5)
        level = top - np.sin(lean) * 330 * share + rng.normal(0, 26 * share + 5)
        right, down = x - middle, y - level
        here = np.hypot(right, down) < 12 + 26 * share * rng.uniform(0.7, 1.2)
        tone = colour(code) * rng.uniform(0.72, 1.2)
        still.put(here, np.clip(tone, 0, 255), np.arctan2(down, right))


def see_flower(
    rng: Generator, still: Still, flower: tuple[float, float, float, int, list[str], str]
) -> None:
    """See a flower turned a little away, with two rows of petals, light and dark on their sides."""
    x, y = canvas_grid()
    middle, level, radius, petals, codes, heart = flower
    tilt, tip = rng.uniform(0.72, 1.0), rng.uniform(0, 2 * np.pi)
    right, down = (x - middle) / radius, (y - level) / radius
    along = right * np.cos(tip) + down * np.sin(tip)
    beside = (down * np.cos(tip) - right * np.sin(tip)) / tilt
    away, turn = np.hypot(along, beside), np.arctan2(beside, along)
    screen = np.arctan2(down, right)
    for row, size in ((0.5, 1.0), (0.0, 0.74)):
        phase = (petals * turn / (2 * np.pi) + row + 0.1 * noise(rng, 90)) % 1 - 0.5
        edge = size * (1 - 1.5 * np.abs(phase) ** 2.4 + 0.1 * noise(rng, 40))
        here = away < edge
        light = away / size + 0.5 * phase + 0.16 * noise(rng, 30) - 0.35 * (np.abs(phase) > 0.42)
        light = light + 0.25 * (-right - down) * 0.5
        still.put(here, ramp(light, codes), screen + 0.5 * phase)
    core = away < 0.24 + 0.04 * noise(rng, 20)
    centre = np.clip(colour(heart) * (1.15 - 0.5 * (right + down)[..., None]), 0, 255)
    still.put(core, centre, screen + np.pi / 2)
    seeds = core & (noise(rng, 9) > 0.55)
    still.put(seeds, colour("f8e8a0"), screen)


def tooth(rng: Generator) -> Field:
    """Give the height of the paper's surface, 0 to 1 and evenly spread, ribbed a little."""
    height = noise(rng, 5) + 0.6 * noise(rng, 9) + 0.35 * noise(rng, 40, 4)
    order = np.argsort(height, axis=None)
    ranks = np.empty(order.size)
    ranks[order] = np.linspace(0, 1, order.size)
    return ranks.reshape(height.shape)


def strokes(
    rng: Generator, still: Still, long: float, wide: float, gap: float
) -> tuple[Field, Field]:
    """Draw one layer of strokes: their colours, and how hard each presses (0: no stroke)."""
    grid = np.mgrid[0:WIDTH:gap, 0:HEIGHT:gap].reshape(2, -1).T
    starts = rng.permutation(grid + rng.uniform(-0.7, 0.7, grid.shape) * gap)
    paths = trace(still.angle + 0.2 * noise(rng, 90), starts, 6, long / 6)
    paint = look_up(still.paint, starts)
    # A stroke ends where what it depicts has another colour.
    change = np.abs(look_up(still.paint, paths) - paint[:, None]).sum(axis=-1)
    shift = rng.normal(0, 1, (len(paint), 1)) * (20, 2, -22) + rng.normal(0, 14, (len(paint), 3))
    loads = np.clip(paint * rng.normal(1, 0.1, (len(paint), 1)) + shift, 0, 255).astype(int)
    layer = Image.new("RGBA", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(layer)
    for path, load, alike in zip(paths, loads, change < 190, strict=True):
        line = path[alike]
        if len(line) > 2:
            fill = *load.tolist(), int(rng.uniform(120, 255))
            draw.line(line.ravel().tolist(), fill=fill, width=round(wide * rng.uniform(0.6, 1.2)))
    chalk = np.asarray(layer, dtype=np.float64)
    return chalk[..., :3], chalk[..., 3] / 255


def paint_pastel(rng: Generator) -> Image.Image:
    """Look, then lay chalk over chalk on the paper, the broad sticks first."""
    still = Still()
    see_room(rng, still)
    see_leaves(rng, still)
    see_vase(rng, still)
    for spike in SPIKES:
        see_spike(rng, still, spike)
    for flower in FLOWERS:
        see_flower(rng, still, flower)
    paper = tooth(rng)
    drawing = np.broadcast_to(colour(PAPER), (HEIGHT, WIDTH, 3)) + 10 * (paper[..., None] - 0.5)
    for long, wide, gap, hard in CHALKS:
        paint, press = strokes(rng, still, long, wide, gap)
        # Chalk stays on the heights; where it is pressed hard it fills the hollows too.
        cover = np.clip(0.42 + 2 * (hard * (0.55 + 0.75 * press) + 0.9 * paper - 0.8), 0, 1) * (
            press > 0
        )
        drawing = blend(drawing, paint, 0.95 * cover)
    return finish(drawing)
