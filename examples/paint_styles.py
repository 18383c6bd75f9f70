"""Paint the style pictures of this folder from nothing but numbers.

    python examples/paint_styles.py [FOLDER] [--only NAME]

Every picture is painted at twice its size and reduced at the end, which is what smooths its
edges. The random numbers are seeded, so that a machine paints the same picture every time.
The pictures are dedicated to the public domain (CC0).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Field = NDArray[np.float64]
Labels = NDArray[np.intp]
Mask = NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)

WIDTH, HEIGHT = 2048, 1536  # of the canvas; the picture is half as wide and high
LARGEST_FILE = 300_000  # bytes

# ---------------------------------------------------------------------------------------------
# The studio: what several pictures use
# ---------------------------------------------------------------------------------------------


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


def trace(angle: Field, starts: Field, steps: int, stride: float) -> Field:
    """Follow the angles of a field both ways from each start: (path, point, xy)."""

    def walk(stride: float) -> list[Field]:
        points = [starts]
        for _ in range(steps // 2):
            turn = look_up(angle, points[-1])
            points.append(points[-1] + stride * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
        return points

    return np.stack(walk(-stride)[:0:-1] + walk(stride), axis=1)


def normals(paths: Field) -> Field:
    """Give unit vectors at right angles to paths of (..., point, xy)."""
    along = np.gradient(paths, axis=-2)
    along /= np.linalg.norm(along, axis=-1, keepdims=True) + 1e-9
    return np.stack([-along[..., 1], along[..., 0]], axis=-1)


def raking_light(height: Field) -> Field:
    """Tell how much lighter (or darker: below 0) a surface is under a lamp at the upper left."""
    down, right = np.gradient(height)
    return np.asarray(-down - 0.7 * right, dtype=np.float64)


def finish(colours: Field) -> Image.Image:
    """Make the picture of a painted canvas, reduced to its final size."""
    canvas = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
    return canvas.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.LANCZOS)


# ---------------------------------------------------------------------------------------------
# swirl: oil paint, laid along a wind
# ---------------------------------------------------------------------------------------------

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


# ---------------------------------------------------------------------------------------------
# glass: a part of a rose window
# ---------------------------------------------------------------------------------------------

GLASS = {
    "ruby": "c8102a",
    "garnet": "8a0f3c",
    "rose": "f0607a",
    "amber": "f58a12",
    "gold": "ffc928",
    "ivory": "e6c684",
    "moss": "5c9a1e",
    "emerald": "0c9a5c",
    "sea": "10a8a8",
    "azure": "2f9cf0",
    "sapphire": "1440c8",
    "night": "101c78",
    "violet": "6a24b0",
}
# A motif divides a sector of a ring. It is given u, -1 to 1 across the sector, and v, 0 to 1
# outwards, and returns the part (0 to 2), the piece of the part (0 to 7) and the darkness of the
# fine lines that are painted on the glass.
Division = tuple[Labels, Labels, Field]
Motif = Callable[[Field, Field], Division]


def painted_lines(phase: Field) -> Field:
    """Draw lines of darkness 1 wherever the phase is a whole number."""
    return np.clip(1.9 - 10 * np.abs(phase - np.round(phase)), 0, 1)


def discs(u: Field, v: Field) -> Division:
    """Cut a single piece of glass."""
    whole = np.zeros_like(u, dtype=np.intp)
    return whole, whole, painted_lines(2 * v)


def petals(u: Field, v: Field) -> Division:
    """Cut a petal with a flame in it."""
    bulge = np.sin(np.pi * np.clip(v, 0, 1) ** 0.85)
    part = np.where(np.abs(u) < 0.46 * bulge - 0.12, 2, np.where(np.abs(u) < 0.97 * bulge, 0, 1))
    piece = np.where(part == 0, np.floor(1.9 * v + 0.4 * np.abs(u)) + 4 * (u > 0), 0)
    return part, piece.astype(np.intp), painted_lines(9 * v + 3 * np.abs(u))


def jewels(u: Field, v: Field) -> Division:
    """Cut a round stone in its setting."""
    away = np.hypot(u, 2 * v - 1)
    part = np.where(away < 0.72, 0, 1)
    return part, np.zeros_like(part), painted_lines(3.2 * away) * (part == 1)


def lancets(u: Field, v: Field) -> Division:
    """Cut a pointed window with a quatrefoil in its head."""
    arch = np.abs(u) < 0.84 * np.sqrt(np.clip((0.97 - v) / 0.42, 0, 1))
    across, up = 0.52 * u, v - 0.55
    lobes = 0.16 + 0.1 * np.abs(np.cos(2 * np.arctan2(up, across)))
    part = np.where(np.hypot(across, up) < lobes, 2, np.where(arch, 0, 1))
    piece = np.where(part == 1, u > 0, np.where(part == 2, across * up > 0, 3.1 * v + 0.3 * u))
    row = np.floor(9 * v)
    beads = np.hypot((3 * u + row / 2) % 1 - 0.5, (9 * v) % 1 - 0.5)
    return part, piece.astype(np.intp), painted_lines(2.3 * beads)


def rays(u: Field, v: Field) -> Division:
    """Cut a beam of light into bricks."""
    part = (np.abs(u) < 0.5).astype(np.intp)
    piece = np.floor(3.4 * v + 0.3 * np.cos(2 * u) + 0.5 * part)
    return part, piece.astype(np.intp), painted_lines(3 * np.abs(u) + 8 * v)


# where a ring begins, how many sectors it has, its motif, and the glass of the parts in its even
# and in its odd sectors
Ring = tuple[int, int, Motif, list[str], list[str]]
RINGS: list[Ring] = [
    (0, 1, discs, ["ivory"], ["ivory"]),
    (48, 8, discs, ["ruby"], ["gold"]),
    (130, 10, petals, ["ruby", "sapphire", "gold"], ["amber", "azure", "garnet"]),
    (460, 24, jewels, ["gold", "emerald", "gold"], ["ruby", "night", "gold"]),
    (555, 12, lancets, ["sapphire", "violet", "gold"], ["azure", "garnet", "rose"]),
    (925, 40, jewels, ["amber", "garnet", "gold"], ["sea", "sapphire", "gold"]),
    (1025, 18, petals, ["emerald", "sapphire", "gold"], ["moss", "violet", "ivory"]),
    (1350, 36, rays, ["ruby", "amber", "ruby"], ["sapphire", "azure", "ruby"]),
    (1800, 1, rays, [], []),  # the end of the window, outside the canvas
]


def rose_window(rng: Generator) -> tuple[Labels, Labels, Labels, Field]:
    """Divide the window: the frame, pane and glass of each pixel, and the lines painted on it."""
    x, y = canvas_grid()
    # Nothing is quite round or straight in a window that was cut by hand.
    right = x - 0.40 * WIDTH + 10 * noise(rng, 190) + 3 * noise(rng, 60)
    down = y - 0.54 * HEIGHT + 10 * noise(rng, 190) + 3 * noise(rng, 60)
    radius, turn = np.hypot(right, down), np.arctan2(down, right) / (2 * np.pi) + 0.5
    pane, glass = np.zeros((2, HEIGHT, WIDTH), dtype=np.intp)
    lines = np.zeros((HEIGHT, WIDTH))
    for number, ((start, sectors, motif, *glasses), (end, *_)) in enumerate(pairwise(RINGS)):
        here = (radius >= start) & (radius < end)
        sector, across = np.divmod(turn[here] * sectors, 1)
        part, piece, lines[here] = motif(2 * across - 1, (radius[here] - start) / (end - start))
        choice = np.array([[list(GLASS).index(name) for name in names] for names in glasses])
        glass[here] = choice[sector.astype(int) % 2, part]
        pane[here] = ((number * 100 + sector.astype(int)) * 4 + part) * 8 + piece
    return pane // 8, pane, glass, lines


def away_from_edges(labels: Labels, reach: int) -> Field:
    """Tell roughly how far each pixel is from the nearest border between two labels."""
    edge = np.zeros(labels.shape)
    edge[1:] += labels[1:] != labels[:-1]
    edge[:, 1:] += labels[:, 1:] != labels[:, :-1]
    # A blurred line is a Gaussian hill: its height tells how far away the line is.
    hill = blur(np.minimum(edge, 1), reach) * (reach * np.sqrt(2 * np.pi) / 1.2)
    away: Field = reach * np.sqrt(-2 * np.log(np.clip(hill, 1e-6, 1)))
    return away


def leads(rng: Generator, frame: Labels, pane: Labels) -> Field:
    """Run lead between the panes: its height, 0 where there is glass."""
    uneven = 1 + 0.25 * noise(rng, 60)
    near_frame = away_from_edges(frame, 3) / (6.5 * uneven)
    near_pane = away_from_edges(pane, 3) / (3.8 * uneven)
    # The profile of a rod of lead is round.
    height: Field = np.sqrt(np.clip(1 - np.minimum(near_frame, near_pane) ** 2, 0, 1))
    return height


def sheet_of_streaks(rng: Generator, angle: float) -> Field:
    """Make streaks and swirls, as in glass that was drawn out in one direction."""
    x, y = canvas_grid()
    x, y = x + 14 * noise(rng, 70), y + 14 * noise(rng, 70)
    along, across = np.cos(angle), np.sin(angle)
    turned = np.stack([x * along + y * across, y * along - x * across], axis=-1)
    sheet = noise(rng, 150, 14) + 0.6 * noise(rng, 60, 6)
    return look_up(sheet, np.abs(turned) % (WIDTH, HEIGHT))


def light_through(rng: Generator, pane: Labels) -> Field:
    """Tell how bright each pixel of the glass is: every pane has a tone, a slope and streaks."""
    names, index = np.unique(pane, return_inverse=True)
    size = np.bincount(index.ravel())
    slopes = rng.normal(0, 0.32, (2, len(names))) / np.sqrt(size)
    sheets = np.stack([sheet_of_streaks(rng, angle) for angle in (0.2, 1.0, 1.8, 2.6)])
    sheet = rng.integers(0, len(sheets), len(names))[index]
    brightness: Field = 0.2 * np.take_along_axis(sheets, sheet[None], axis=0)[0]
    for slope, place in zip(slopes, canvas_grid(), strict=True):
        middle = np.bincount(index.ravel(), place.ravel()) / size
        brightness += slope[index] * (place - middle[index])
    brightness += rng.normal(1, 0.14, len(names))[index]
    return brightness


def lit_glass(rng: Generator, glass: Labels, brightness: Field, lead: Field) -> Field:
    """Colour the glass, with the daylight behind it."""
    # The light comes through strongest in the middle of a pane, and whitens there.
    depth = 1 - np.clip(1.8 * blur((lead > 0).astype(np.float64), 18), 0, 1)
    hammered = raking_light(noise(rng, 22) + 0.5 * noise(rng, 11))
    light = brightness * (0.66 + 0.72 * depth) + 0.9 * hammered
    light = np.clip(light, 0.3, None)[..., None]
    colours = np.array([colour(code) for code in GLASS.values()])[glass]
    return colours * light + 60 * np.clip(light - 0.85, 0, None)


def paint_glass(rng: Generator) -> Image.Image:
    """Cut the panes, light them, put the lead between them, and let them glow over it."""
    frame, pane, glass, lines = rose_window(rng)
    lead = leads(rng, frame, pane)
    brightness = light_through(rng, pane) * (1 - 0.42 * lines)
    colours = lit_glass(rng, glass, brightness, lead)
    sheen = 34 + 60 * np.clip(raking_light(4 * lead), -0.5, 1.5)
    window = blend(colours, sheen[..., None] * (0.95, 1, 1.1), np.clip(4 * lead, 0, 1))
    return finish(window + 0.22 * blur(np.clip(window, 0, 255), 16))


# ---------------------------------------------------------------------------------------------
# ink: hills and poplars in pen, with thin washes of colour
# ---------------------------------------------------------------------------------------------

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


def is_free(taken: Image.Image, path: Field) -> Mask:
    """Tell which points of a path are on the canvas and not taken by another stroke."""
    on_canvas: Mask = np.all((path >= 0) & (path < (WIDTH, HEIGHT)), axis=1)
    places = np.where(on_canvas[:, None], path, 0).astype(int).tolist()
    bare: Mask = np.array([not taken.getpixel((x, y)) for x, y in places])
    free: Mask = on_canvas & bare
    return free


def longest_stretch(free: Mask) -> slice:
    """Find the longest run of True."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(int)))
    if not len(ends):
        return slice(0, 0)
    longest = np.argmax(ends[1::2] - ends[::2])
    return slice(int(ends[2 * longest]), int(ends[2 * longest + 1]))


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


# ---------------------------------------------------------------------------------------------
# woodblock: a sea of scales under a red sun, printed from flat blocks and a block of lines
# ---------------------------------------------------------------------------------------------

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


# ---------------------------------------------------------------------------------------------
# All of them
# ---------------------------------------------------------------------------------------------

PICTURES: dict[str, Callable[[Generator], Image.Image]] = {
    "swirl": paint_swirl,
    "glass": paint_glass,
    "ink": paint_ink,
    "woodblock": paint_woodblock,
}


def jpeg_that_fits(picture: Image.Image) -> bytes:
    """Write the picture as a JPEG file, of the best quality that keeps it small enough."""
    for quality in range(92, 40, -2):
        file = BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if file.tell() <= LARGEST_FILE:
            return file.getvalue()
    raise ValueError(f"no quality brings the picture below {LARGEST_FILE} bytes")


def main() -> None:
    """Paint all the pictures, or the one asked for."""
    parser = argparse.ArgumentParser(description="Paint the style pictures.")
    here = Path(__file__).resolve().parent
    parser.add_argument("folder", nargs="?", type=Path, default=here, help="where to put them")
    parser.add_argument("--only", choices=PICTURES, help="paint one picture")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in [options.only] if options.only else PICTURES:
        picture = PICTURES[name](np.random.default_rng(7))
        target = options.folder / f"{name}.jpg"
        target.write_bytes(jpeg_that_fits(picture))
        print(target)


if __name__ == "__main__":
    main()
