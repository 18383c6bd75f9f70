"""Paths that follow the angles of a field: strokes of a brush, a pen or a knife."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from .studio import HEIGHT, WIDTH, Field, Labels, Mask, look_up


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


def spaced(
    angle: Field, starts: Field, wanted: Mask, shape: Labels, gap: float, steps: int, stride: float
) -> Iterator[Field]:
    """Yield paths along the angles, none of which comes closer than `gap` to an earlier one.

    A path ends at the edge of the shape that it started in, and of what is wanted.
    """
    paths = trace(angle, starts, steps, stride)
    same = look_up(shape, paths) == look_up(shape, starts)[:, None]
    taken = Image.new("1", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(taken)
    for path, inside in zip(paths, same & look_up(wanted, paths), strict=True):
        stretch = longest_stretch(inside & is_free(taken, path))
        if stretch.stop - stretch.start > 3:
            draw.line(path[stretch].ravel().tolist(), fill=1, width=round(2 * gap) - 1)
            yield path[stretch]


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
