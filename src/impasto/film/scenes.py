"""Where scenes begin: found by small pictures, before anything is painted, alike everywhere."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from impasto.errors import PictureError
from impasto.film.flow import Pixels, flow_between
from impasto.film.trust import is_cut, trust
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize

# The longer side that cuts are looked for at.
_LONG_PX = 256


def beginnings(frames: Iterable[Picture]) -> list[int]:
    """Return the numbers of the frames that begin a scene, from 0, as far as frames can be read."""
    found, last = [0], None
    try:
        for number, picture in enumerate(frames):
            now = _small(picture)
            if last is not None and _differ(now, last):
                found.append(number)
            last = now
    except PictureError:  # said when it comes to be painted, after all that is before it
        pass
    return found


def scenes_of(begins: list[int], count: int) -> list[range]:
    """Return the numbers of each scene's frames, of so many."""
    ends = [*begins[1:], count]
    return [range(first, end) for first, end in zip(begins, ends, strict=True)]


def _differ(now: Pixels, before: Pixels) -> bool:
    """Return whether a frame shows something else than the one before it."""
    if np.array_equal(now, before):
        return False
    return is_cut(trust(flow_between(now, before), flow_between(before, now), now, before))


def _small(picture: Picture) -> Pixels:
    height, width = picture.size
    scale = min(1.0, _LONG_PX / max(height, width))
    size = max(1, round(scale * height)), max(1, round(scale * width))
    image = resize(picture.tensor()[None], *size)
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())
