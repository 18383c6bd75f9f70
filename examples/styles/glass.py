"""Stained glass: a part of a rose window."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from PIL import Image

from .studio import (
    HEIGHT,
    WIDTH,
    Field,
    Labels,
    away_from_edges,
    blend,
    blur,
    canvas_grid,
    colour,
    finish,
    look_up,
    noise,
    raking_light,
)

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
