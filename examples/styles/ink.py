"""Hills and poplars in pen, with thin washes of colour."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .streamlines import is_free, longest_stretch, normals, trace
from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Mask,
    away_from_edges,
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

SUN = (1330.0, 420.0, 120.0)  # x, y, radius
# A range of hills: the height of its skyline, how far and how widely that swings, the way its
# hatching runs, its wash and how dark it is
Land = tuple[float, float, float, str, str, float]
LANDS: list[Land] = [
    (640, 150, 330, "facets", "6f8fc8", 0.02),
    (770, 100, 300, "facets", "3f6aa8", 0.10),
    (890, 80, 560, "contours", "8cc498", 0.00),
    (985, 90, 700, "furrows", "f2b632", 0.00),
    (1110, 80, 620, "contours", "b2b83c", 0.08),
    (1215, 70, 800, "furrows", "f08030", 0.04),
    (1400, 60, 500, "grass", "b8862c", 0.08),
]
DAYLIGHT = ["ffd98a", "f6c68e", "8fbcd0", "3f80c0", "1f4f9a"]
# x, foot, width and height of the trees, from the farthest to the nearest
TREES = [
    (300, 985, 36, 130),
    (365, 975, 30, 100),
    (1000, 940, 32, 120),
    (1062, 950, 26, 90),
    (1600, 960, 60, 70),
    (1690, 970, 50, 60),
    (1510, 1090, 40, 210),
    (1585, 1100, 46, 260),
    (1668, 1105, 38, 190),
    (620, 1120, 80, 100),
    (730, 1130, 70, 84),
    (250, 1400, 84, 620),
    (385, 1420, 66, 430),
    (130, 1430, 62, 380),
    (1890, 1420, 120, 190),
    (1750, 1440, 100, 140),
]


class Sketch:
    """What the pen is to follow at every pixel: shape, angle, tone (0 to 1) and wash."""

    def __init__(self) -> None:
        self.shape = np.zeros((HEIGHT, WIDTH), dtype=np.intp)
        self.angle, self.tone = np.zeros((2, HEIGHT, WIDTH))
        self.wash = np.zeros((HEIGHT, WIDTH, 3))

    def put(self, here: Mask, angle: Field, tone: Field, wash: Field) -> None:
        """Lay a shape in front of all that is there already."""
        self.shape[here] = self.shape.max() + 1
        self.angle[here], self.tone[here] = angle[here], tone[here]
        self.wash[here] = np.broadcast_to(wash, self.wash.shape)[here]


def clouds(rng: Generator) -> tuple[Field, Field]:
    """Place clouds (0 to 1), and tell how dark they are underneath."""
    cloud = noise(rng, 430, 130) + 0.5 * noise(rng, 170, 60) + 0.2 * noise(rng, 60)
    underside = np.clip(-90 * np.gradient(blur(cloud, 9), axis=0), 0, 1)
    return np.clip(3 * (cloud - 0.25), 0, 1), underside


def sketch_sky(rng: Generator, sketch: Sketch) -> None:
    """Sketch rays around the sun, then rings that widen into waves, and clouds left light."""
    x, y = canvas_grid()
    right, down = x - SUN[0], y - SUN[1]
    away, turn = np.hypot(right, down), np.arctan2(down, right)
    ripple = 70 * noise(rng, 300, 210) * np.clip(away / 300 - 0.7, 0, 1)
    dip, lift = np.gradient(np.hypot(0.5 * right, down) + ripple)
    angle = np.where(away < 2 * SUN[2], turn, np.arctan2(lift, -dip))
    cloud, underside = clouds(rng)
    tone = 0.26 + 0.5 * np.clip(away / 1500, 0, 1) + 0.12 * noise(rng, 200)
    tone += cloud * (0.12 + 0.4 * underside - tone)
    wash = blend(ramp(away / 1300, DAYLIGHT), colour("faf0d8"), 0.75 * cloud)
    sketch.put(away >= SUN[2], angle, tone, wash)
    sketch.put(away < SUN[2], turn + np.pi / 2, 0.2 + 0.4 * down / SUN[2], colour("e2431e"))


def skyline_of(rng: Generator, land: Land) -> Field:
    """Give the upper edge of a range, as y for each x: peaks for mountains, or else waves."""
    base, swing, cell, hatching, *_ = land
    rise: Field = noise(rng, cell)[0]
    if hatching == "facets":
        crags: Field = 25 * noise(rng, 60)[0]
        return base - swing * (1 - 1.6 * np.abs(rise)) + crags
    return base - swing * rise


def hatching_of(rng: Generator, land: Land, fall: Field) -> tuple[Field, Field]:
    """Tell how lines run on a range that falls at these angles, and how its tone varies."""
    base, _, _, hatching, *_ = land
    if hatching == "facets":
        side = np.tanh(4 * noise(rng, 150, 420))
        return np.pi / 2 + 0.55 * side, 0.24 * side
    lie = noise(rng, 240)
    if hatching == "contours":
        return fall + 0.5 * lie, 0.25 * lie
    if hatching == "grass":
        return np.pi / 2 + 0.9 * lie, 0.25 * noise(rng, 70)
    x, y = canvas_grid()
    furrows = np.arctan2(y - base + 330, x - 0.62 * WIDTH)
    return furrows + 0.12 * lie, 0.15 * lie - 0.05


def sketch_land(rng: Generator, sketch: Sketch, land: Land) -> None:
    """Sketch one range of hills, lit by the sun on its slopes and darker towards its foot."""
    *_, wash, dark = land
    x, y = canvas_grid()
    skyline = skyline_of(rng, land)
    smooth = np.convolve(np.pad(skyline, 20, "edge"), np.ones(41) / 41, "valid")
    depth = (y - skyline) / 260
    slope = np.gradient(smooth)
    angle, change = hatching_of(rng, land, np.arctan(slope * (1 - depth)))
    shade = 0.5 * np.clip(slope * np.sign(SUN[0] - x), -0.4, 0.4)
    tone = dark + 0.25 + 0.4 * np.clip(depth, 0, 1) + shade + change
    sketch.put(y > skyline, angle, np.maximum(tone, 0.15), colour(wash))


def sketch_tree(rng: Generator, sketch: Sketch, tree: tuple[int, int, int, int]) -> None:
    """Sketch a poplar with leaves like flames, or a bush where it is about as wide as high."""
    middle, foot, width, height = tree
    x, y = canvas_grid()
    across, up = (x - middle) / width, (foot - y) / height
    taper = 1.9 * np.sqrt(np.clip(up, 0, 1)) * np.clip(1 - up, 0, 1) ** 0.6
    ragged = 1 + 0.22 * noise(rng, 34) + 0.2 * noise(rng, 15)
    angle = np.pi / 2 + 0.5 * across * (up - 0.3) + 0.7 * noise(rng, 60)
    sunny = across * np.sign(SUN[0] - middle)
    tone = 0.6 - 0.35 * sunny + 0.3 * noise(rng, 40)
    wash = ramp(0.5 - 0.4 * sunny, ["8c9a3c", "3f6b4a", "1f3f4f"])
    sketch.put(np.abs(across) < taper * ragged, angle, tone, wash)


def hatch(
    rng: Generator, sketch: Sketch, lean: float, lightest: float, gap: int
) -> Iterator[tuple[Field, float]]:
    """Yield strokes, and how much darker than `lightest` the tone is there.

    A stroke ends where it would be lighter, at the edge of its shape, and where it would come
    closer than `gap` to an earlier stroke.
    """
    starts = rng.uniform(0, (WIDTH, HEIGHT), (36000, 2))
    wobble = 0.12 * noise(rng, 120)
    paths = trace(sketch.angle + lean + wobble, starts, 34, 8)
    tones = look_up(sketch.tone, paths) + rng.normal(0, 0.05, (len(paths), 1))
    inside = look_up(sketch.shape, paths) == look_up(sketch.shape, starts)[:, None]
    taken = Image.new("1", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(taken)
    for path, tone, wanted in zip(paths, tones, inside & (tones > lightest), strict=True):
        stretch = longest_stretch(wanted & is_free(taken, path))
        if stretch.stop - stretch.start > 4:
            draw.line(path[stretch].ravel().tolist(), fill=1, width=2 * gap - 1)
            yield path[stretch], max(0.0, tone[stretch].mean() - lightest)


def pen(draw: ImageDraw.ImageDraw, rng: Generator, path: Field, width: float) -> None:
    """Draw one stroke of the pen: it swells in the middle and runs thin at the ends."""
    press = np.sin(np.linspace(0.25, np.pi - 0.12, len(path))) ** 0.6
    half = normals(path) * (press * width / 2 + 0.4)[:, None] * rng.uniform(0.85, 1.15)
    outline = np.concatenate([path + half, (path - half)[::-1]])
    draw.polygon(outline.ravel().tolist(), fill=int(rng.uniform(175, 255)))


def washed_paper(rng: Generator, sketch: Sketch) -> Field:
    """Wash the paper with colours that pool at their edges."""
    x, y = canvas_grid()
    wander = np.stack([x + 7 * noise(rng, 90), y + 7 * noise(rng, 90)], axis=-1)
    shape, wash = look_up(sketch.shape, wander), look_up(sketch.wash, wander)
    pool = np.exp(-away_from_edges(shape, 6) / 7)
    strength = 0.84 + 0.22 * noise(rng, 260) + 0.1 * noise(rng, 60) + 0.35 * pool
    grain = raking_light(noise(rng, 4) + noise(rng, 9))
    # Washes are clear: they take from the light of the paper.
    return colour("f7eacd") * (1 - (1 - wash / 255) * strength[..., None]) + 5 * grain[..., None]


def pen_drawing(rng: Generator, sketch: Sketch) -> Field:
    """Draw the ink (0 to 1): outlines, hatching and cross-hatching."""
    ink = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(ink)
    for lean, lightest, gap in ((0.0, 0.05, 8), (0.85, 0.52, 9), (-0.75, 0.70, 8)):
        for path, excess in hatch(rng, sketch, lean, lightest, gap):
            pen(draw, rng, path, 1.6 + 5 * excess)
    outlines = np.clip(3 + 2 * noise(rng, 70) - away_from_edges(sketch.shape, 2), 0, 0.9)
    uneven = 0.93 + 0.12 * noise(rng, 5)
    return np.maximum(np.asarray(ink) / 255, outlines) * uneven


def paint_ink(rng: Generator) -> Image.Image:
    """Sketch the shapes from the farthest to the nearest, then draw and wash them."""
    sketch = Sketch()
    sketch_sky(rng, sketch)
    for land in LANDS:
        sketch_land(rng, sketch, land)
    for tree in TREES:
        sketch_tree(rng, sketch, tree)
    drawing = pen_drawing(rng, sketch)
    near = np.linspace(0, 1, HEIGHT)[:, None] + 0.1 * noise(rng, 200)
    inks = ramp(near, ["1d2c5c", "1a2344", "2b1a18", "2a140c"])  # indigo far away, sepia near
    return finish(blend(washed_paper(rng, sketch), inks, drawing))
