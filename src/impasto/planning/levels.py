"""Which sizes to visit, from coarse to fine. Pure arithmetic, no tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from impasto.errors import PictureError, UsageError
from impasto.settings.numbers import (
    AUTO_HISTORY,
    AUTO_ITERATIONS,
    LARGE_PX,
    MINIMUM_SIDE_PX,
    SCHEDULES,
)
from impasto.settings.settings import Settings

# The coarsest level's square root of the area: at this size VGG-19's deepest cells (156 px)
# see the whole picture, so strokes get their large shapes here.
COARSEST_PX = 128
# A texture has no scene to lose, and white noise is best left behind where pixels are large: at a
# single size a chequer of it stays.
COARSEST_TEXTURE_PX = 64

# How much more the content counts where pixels are large: a coarse cell of relu4_2 holds more of
# the scene. From the size (the square root of the area) at which it counts once it grows as pixels
# do. With more than 4 times, flat skies break out in dots that please relu4_2 alone. A level's size
# decides and not its place among the levels, so that a preview is painted as the print will be.
FINE_PX = 440.0
MOST_EMPHASIS = 4.0

# Cells of the deepest layer: what wraps around must be whole ones.
_GRID_PX = 16

Size = tuple[int, int]


@dataclass(frozen=True)
class Level:
    """One size of the picture, (height, width) px, with its styles' sizes and its limit.

    `content_emphasis` multiplies the content weight: 1 at fine levels, and at a single one.
    """

    height: int
    width: int
    style_sizes: tuple[Size, ...]
    iterations: int
    content_emphasis: float


def make_levels(
    content: Size | None, styles: Sequence[tuple[Size, float]], settings: Settings
) -> tuple[Level, ...]:
    """Return the levels for pictures of these (height, width), coarse to fine.

    `content` is None for a texture; a style comes with its scale. Raises PictureError for a
    picture or result with a side under 32 px, UsageError for more levels than the size allows or
    more limits than levels.
    """
    for size in (*(() if content is None else (content,)), *(size for size, _ in styles)):
        check_side(size)
    coarsest = COARSEST_PX if content is not None else COARSEST_TEXTURE_PX
    sizes = _level_sizes(result_size(content, settings), settings, coarsest)
    limits = _limits(settings, len(sizes))
    levels = []
    for (height, width), limit in zip(sizes, limits, strict=True):
        style_sizes = tuple(_style_size(size, height * width * scale**2) for size, scale in styles)
        # At a single size, as in the papers, the weights are as given.
        emphasis = _emphasis(height, width) if len(sizes) > 1 else 1.0
        levels.append(Level(height, width, style_sizes, limit, emphasis))
    return tuple(levels)


def history(level: Level, settings: Settings) -> int:
    """Return how many steps L-BFGS remembers at this level."""
    if isinstance(settings.history, int):
        return settings.history
    return AUTO_HISTORY[level.height * level.width > LARGE_PX]


def result_size(content: Size | None, settings: Settings) -> Size:
    """Return the result's (height, width): the content's shape at the size asked for.

    Raises UsageError for a size that only a photograph, or only a texture, can have.
    """
    if content is None:
        return _texture_size(settings)
    if settings.size == "original":
        return content
    if isinstance(settings.size, str):
        raise UsageError(
            f"size {settings.size} is a texture's; the photograph has its own shape: give the "
            "long side alone"
        )
    scale = int(settings.size) / max(content)
    height, width = (round(side * scale) for side in content)
    if min(height, width) < MINIMUM_SIDE_PX:
        least = math.ceil(MINIMUM_SIDE_PX * max(content) / min(content))
        raise UsageError(
            f"at size {settings.size} the result would be {width} x {height} px; no side may be "
            f"under {MINIMUM_SIDE_PX} px: give --size {least} or more"
        )
    return height, width


def check_side(size: Size) -> None:
    """Raise PictureError for a picture (height, width) with a side under 32 px."""
    height, width = size
    if min(size) < MINIMUM_SIDE_PX:
        raise PictureError(
            f"a picture of {width} x {height} px is too small; "
            f"each side needs at least {MINIMUM_SIDE_PX} px"
        )


def _texture_size(settings: Settings) -> Size:
    if settings.size == "original":
        raise UsageError("a texture has no original size: give --size WIDTHxHEIGHT")
    width, height = [int(side) for side in str(settings.size).split("x") * 2][:2]
    if settings.padding == "wrap" and (width % _GRID_PX or height % _GRID_PX):
        near = "x".join(str(max(2, round(side / _GRID_PX)) * _GRID_PX) for side in (width, height))
        raise UsageError(
            f"a seamless texture cannot be {width} x {height} px: sides must be multiples of "
            f"{_GRID_PX} px; the nearest is {near}"
        )
    return height, width


def _emphasis(height: int, width: int) -> float:
    return min(MOST_EMPHASIS, max(1.0, FINE_PX / math.sqrt(height * width)))


def _level_sizes(full: Size, settings: Settings, coarsest_px: int) -> list[Size]:
    possible = int(math.log2(min(full) / MINIMUM_SIDE_PX)) + 1
    if settings.levels == "auto":
        wanted = round(math.log2(math.sqrt(full[0] * full[1]) / coarsest_px)) + 1
        count = max(1, min(wanted, possible))
    else:
        count = int(settings.levels)
    if count > possible:
        raise UsageError(
            f"levels cannot be {count} at {full[1]} x {full[0]} px; the coarsest would have a "
            f"side under {MINIMUM_SIDE_PX} px: give at most {possible}"
        )
    grid = _GRID_PX if settings.padding == "wrap" else 1
    return [(_halved(full[0], k, grid), _halved(full[1], k, grid)) for k in reversed(range(count))]


def _halved(side: int, times: int, grid: int) -> int:
    return max(MINIMUM_SIDE_PX, round(side / (grid << times)) * grid)


def _limits(settings: Settings, levels: int) -> tuple[int, ...]:
    given = settings.iterations
    if given == "auto":
        first, later = AUTO_ITERATIONS
        return (first,) + (later,) * (levels - 1)
    if isinstance(given, str):
        upwards = SCHEDULES[given]
        return (upwards + upwards[-1:] * levels)[:levels][::-1]
    if len(given) > levels:
        raise UsageError(
            f"iterations has {len(given)} numbers for {levels} levels; give at most {levels}"
        )
    return given + given[-1:] * (levels - len(given))


def _style_size(size: Size, area: float) -> Size:
    scale = min(1.0, math.sqrt(area / (size[0] * size[1])))
    height, width = (max(MINIMUM_SIDE_PX, round(side * scale)) for side in size)
    return height, width
