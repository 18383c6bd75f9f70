"""Animated pictures: GIF, WebP and PNG, of which Pillow reads every frame as it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence

from impasto.errors import PictureError
from impasto.film.clip import Clip
from impasto.pictures.coding import decoding
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.inputs import opened_input
from impasto.reading.opening import HEAD, opened
from impasto.reading.sources import as_picture

_BEGINNINGS = (b"GIF8", b"\x89PNG", b"RIFF")
_TICK = Fraction(1, 1000)
# What browsers show a frame for that says less than 20 ms.
_USUAL_MS = 100


def is_animation(head: bytes) -> bool:
    """Return whether a file that begins so may be one of these."""
    return head.startswith(_BEGINNINGS[:2]) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def animated_clip(path: Path, reading: Reading) -> Clip:
    """Look at an animated picture; raise PictureError for one of a single frame, or damaged."""
    name = str(path)
    with opened_input(path) as (stream, _), decoding(name):
        image = _image(stream, name, reading)
        height, width = image.height, image.width
        durations = [_milliseconds(frame) for frame in ImageSequence.Iterator(image)]
    if len(durations) < 2:
        raise PictureError(f"{name} is a single picture, no film; paint it with 'impasto paint'")
    ends = list(accumulate(durations))
    return Clip(
        path=path,
        files=(path,),
        read=partial(_frames, path, reading),
        times=tuple(at * _TICK for at in (0, *ends[:-1])),
        tick=_TICK,
        size=(height, width),
    )


def _frames(path: Path, reading: Reading, first: int) -> Iterator[Picture]:
    name = str(path)
    with opened_input(path) as (stream, _), decoding(name):
        for frame in islice(ImageSequence.Iterator(_image(stream, name, reading)), first, None):
            yield as_picture(frame.copy())


def _image(stream: Any, name: str, reading: Reading) -> Any:
    head = stream.read(HEAD)
    image = opened(stream, head, name, reading)
    assert image is not None
    reading.check_size(name, *image.size)
    return image


def _milliseconds(frame: Image.Image) -> int:
    frame.load()  # before which WebP does not say
    duration = round(frame.info.get("duration", 0))
    return duration if duration >= 20 else _USUAL_MS
