"""A ship before a storm, engraved in copper: lines that swell where it is dark."""

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
    away_from_edges,
    blend,
    blur,
    canvas_grid,
    colour,
    finish,
    inside,
    look_up,
    noise,
    raking_light,
)

HORIZON = 1010.0
SUN = (1180.0, 640.0)
# Banks of cloud, the farthest first: x and y of their ends, how large their billows are, how many
BANKS = [
    ((1500, 700), (2100, 620), 80, 14),
    ((-60, 720), (700, 760), 90, 16),
    ((1350, 360), (2150, 520), 150, 18),
    ((600, 60), (2150, 110), 190, 22),
    ((-100, 420), (640, 560), 160, 18),
    ((-100, 90), (760, 250), 230, 18),
]
# lean of the hatching, how dark it must be to begin, how dark it is at its darkest, and the gap
# between its lines
HATCHINGS = [(0.0, 0.04, 0.62, 9), (0.9, 0.5, 0.9, 9), (-0.7, 0.74, 1.0, 9)]


class Plate:
    """What the burin is to follow at every pixel: shape, angle and tone (0 to 1)."""

    def __init__(self) -> None:
        self.shape: Labels = np.zeros((HEIGHT, WIDTH), dtype=np.intp)
        self.angle, self.tone = np.zeros((2, HEIGHT, WIDTH))

    def put(self, here: Mask, angle: Field | float, tone: Field | float) -> None:
        """Lay a shape in front of all that is there already."""
        self.shape[here] = self.shape.max() + 1
        self.angle[here] = np.broadcast_to(angle, self.angle.shape)[here]
        self.tone[here] = np.broadcast_to(tone, self.tone.shape)[here]


def engrave_sky(rng: Generator, plate: Plate) -> None:
    """Engrave beams of light that fan out from behind the clouds."""
    x, y = canvas_grid()
    right, down = x - SUN[0], y - SUN[1]
    away, turn = np.hypot(right, down), np.arctan2(down, right)
    beams = np.tanh(3 * np.sin(9 * turn + 2.6 * np.sin(2 * turn) + 0.5 * noise(rng, 500)))
    tone = 0.06 + away / 2200 + 0.13 * beams * np.clip(away / 500, 0, 1)
    plate.put(y < HORIZON, turn, np.clip(tone, 0, 0.7))


def engrave_clouds(rng: Generator, plate: Plate) -> None:
    """Engrave banks of billows, round as balls, lit from the side of the sun."""
    x, y = canvas_grid()
    x, y = x + 13 * noise(rng, 60), y + 13 * noise(rng, 60)
    for begin, end, size, count in BANKS:
        steps = np.linspace(0, 1, count) + rng.normal(0, 0.03, count)
        middles = np.outer(1 - steps, begin) + np.outer(steps, end)
        middles += rng.normal(0, 0.42, (count, 2)) * (size, 0.8 * size)
        # Those higher up stand behind.
        for middle in middles[np.argsort(middles[:, 1])]:
            radius = size * rng.uniform(0.5, 1.15)
            across, down = (x - middle[0]) / radius, (y - middle[1]) / radius
            ball = np.hypot(across, down * (1 + 0.5 * (down > 0))) < 1
            towards = np.array(SUN) - middle
            towards /= np.linalg.norm(towards)
            lit = across * towards[0] + down * towards[1]
            tone = 0.36 - 0.48 * lit + 0.2 * down + 0.06 * noise(rng, 40)
            # Arcs, not rings: their centre is the foot of the ball, or it would look like a target.
            arcs = np.arctan2(down - 0.9, across - 0.4 * towards[0]) + np.pi / 2
            plate.put(ball, arcs, np.clip(tone, 0, 0.92))


def engrave_rocks(rng: Generator, plate: Plate) -> None:
    """Engrave cliffs with facets, and a tower on them whose lamp is lit."""
    x, y = canvas_grid()
    for foot, height, left, right in (
        (HORIZON + 20, 210, 1560, 2300),
        (HORIZON + 60, 420, -400, 560),
    ):
        along = np.clip((x - left) / (right - left), 0, 1)
        top = foot - height * np.sin(np.pi * along) ** 0.7 * (1 + 0.22 * noise(rng, 120)[0])
        top += 16 * noise(rng, 34)[0]
        facet = np.tanh(4 * noise(rng, 90, 230))
        tone = 0.5 - 0.34 * facet * np.sign(SUN[0] - (left + right) / 2) + 0.3 * (y - top) / height
        here = (y > top) & (y < foot + 14 * noise(rng, 60)) & (x > left) & (x < right)
        plate.put(here, np.pi / 2 - 0.6 * facet, np.clip(tone, 0.08, 0.97))
    tower = [(150, 720), (166, 400), (234, 400), (250, 720)]
    plate.put(inside(tower), 0.0, np.clip(0.75 - (x - 150) / 120, 0.05, 0.9))
    plate.put(inside([(156, 402), (244, 402), (244, 388), (156, 388)]), 0.0, 0.8)
    plate.put(inside([(172, 388), (172, 336), (228, 336), (228, 388)]), 0.0, 0.0)
    plate.put(inside([(160, 338), (200, 286), (240, 338)]), np.pi / 2, 0.85)


def engrave_sea(rng: Generator, plate: Plate) -> None:
    """Engrave rows of waves with hollow backs, larger towards us."""
    x, y = canvas_grid()
    level = HORIZON
    plate.put(y > level, 0.0, 0.3)
    while level < HEIGHT + 120:
        near = (level - HORIZON) / (HEIGHT - HORIZON)
        high, long = 7 + 74 * near, 90 + 420 * near
        phase = x / long * 2 * np.pi + rng.uniform(0, 6) + 1.4 * noise(rng, long)
        # Crests are sharp, and lean over with the wind.
        crest = np.abs(np.sin(phase / 2)) + 0.12 * np.sin(phase)
        top = level - high * (1 - crest) * (0.7 + 0.5 * noise(rng, 1.5 * long))
        under = (y - top) / (high + 8)
        lane = np.exp(-(((x - SUN[0]) / (170 + 260 * near)) ** 2))
        tone = 0.72 - 0.34 * under + 0.16 * noise(rng, long / 2, long / 6) - 0.55 * lane
        tone = np.where(under < 0.16, 0.02, tone)
        slope = np.arctan2(np.gradient(top[0]), 1.0)
        angle = (
            slope * np.exp(-np.clip(under, 0, None))
            + 0.5 * np.clip(under, 0, 2) * np.cos(phase / 2) * near
        )
        plate.put(y > top, angle, np.clip(tone, 0, 0.95))
        level += 10 + 62 * near


def engrave_ship(rng: Generator, plate: Plate) -> None:
    """Engrave a ship that runs before the wind, black against the light."""
    x, y = canvas_grid()
    middle, foot = 860.0, 1150.0

    def at(*corners: tuple[float, float]) -> Mask:
        return inside([(middle + a, foot + b) for a, b in corners])

    for mast, height in ((-165, 430), (0, 540), (155, 400)):
        plate.put(
            at((mast - 5, -40), (mast - 3, -height), (mast + 3, -height), (mast + 5, -40)),
            np.pi / 2,
            1.0,
        )
        down = 60.0
        for share in (0.46, 0.32, 0.22):
            high, half = share * height * 0.8, 40 + 96 * share
            low = -down - high
            belly = (x - middle - mast - 24) / half
            hang = 22 * (1 - np.clip(belly, -1, 1) ** 2)
            rows = y - foot + hang
            sail = (
                (np.abs(belly) < 0.86 + 0.14 * (rows - low) / high)
                & (rows > low)
                & (rows < -down + 0.4 * hang)
            )
            tone = 0.34 + 0.34 * belly - 0.22 * (rows - low) / high + 0.08 * noise(rng, 40)
            plate.put(sail, -0.35 * np.clip(belly, -1, 1), np.clip(tone, 0.04, 0.8))
            down += high + 12
    for jib in (((150, -70), (150, -330), (310, -90)), ((-150, -60), (-150, -300), (-280, -80))):
        plate.put(at(*jib), 1.1, np.clip(0.4 + (x - middle) / 900, 0.1, 0.6))
    hull = at((-250, -92), (-210, -70), (200, -66), (320, -110), (232, 16), (-200, 22))
    plate.put(hull, 0.04, np.clip(0.98 - 0.25 * (np.abs(y - foot + 40) < 7), 0, 1))
    spray = np.hypot((x - middle - 20) / 270, (y - foot - 22) / 26) < 1 + 0.4 * noise(rng, 40)
    plate.put(spray, 0.2 * noise(rng, 60), 0.05)


def lines(rng: Generator, plate: Plate) -> Field:
    """Cut the lines (0 to 1): hatching, and cross-hatching in the shade."""
    ink = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(ink)
    for lean, lightest, darkest, gap in HATCHINGS:
        starts = rng.uniform(0, (WIDTH, HEIGHT), (45000, 2))
        wanted = plate.tone + 0.03 * noise(rng, 30) > lightest
        for line in spaced(plate.angle + lean, starts, wanted, plate.shape, gap, 44, 8):
            tone = (look_up(plate.tone, line) - lightest) / (darkest - lightest)
            press = np.sin(np.linspace(0.1, np.pi - 0.1, len(line))) ** 0.5
            half = normals(line) * (press * (0.07 + 0.4 * np.clip(tone, 0, 1)) * gap)[:, None]
            outline = np.concatenate([line + half, (line - half)[::-1]])
            draw.polygon(outline.ravel().tolist(), fill=255)
    return np.asarray(ink) / 255


def paint_engraving(rng: Generator) -> Image.Image:
    """Draw the shapes from the farthest to the nearest, cut them, and print on damp paper."""
    plate = Plate()
    for engrave in (engrave_sky, engrave_clouds, engrave_rocks, engrave_sea, engrave_ship):
        engrave(rng, plate)
    ink = lines(rng, plate)
    outlines = np.clip(2.6 + 1.6 * noise(rng, 70) - away_from_edges(plate.shape, 2), 0, 0.85)
    ink = np.maximum(ink, outlines * (plate.tone > 0.2))
    grain = raking_light(noise(rng, 3) + noise(rng, 8))
    paper = colour("f1e4c6") + 5 * (noise(rng, 300) + grain)[..., None]
    # A film of ink stays on the plate where the lines are close.
    film = 0.16 * blur(ink, 14) + 0.03 * noise(rng, 160)
    printed = blend(paper, colour("6a4a2c"), np.clip(film, 0, 1))
    return finish(blend(printed, colour("1b1512"), ink * (0.92 + 0.08 * noise(rng, 5))))
