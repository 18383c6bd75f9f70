"""The process that looks at pictures: whatever a stranger's file does, it does it here.

Knows no torch. Beside the server, so that the page answers while a large picture is decoded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from impasto.errors import ImpastoError, PictureError
from impasto.pictures.film import save_film
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load
from impasto.workshop.lines import lines_in, protected_stdout
from impasto.workshop.messages import (
    Answer,
    Carried,
    Crop,
    Film,
    Flat,
    Look,
    Sheet,
    ToReader,
    Whole,
)

_MOST_COLOURS = 64
_MOST_UNPACKED = 4  # pictures that are looked at; of 120 MB where they are of 40 million pixels
_OUR_OWN = Reading(max_pixels=1 << 62)


class _LetIn(Reading):
    """What is let in of pictures that are handed in."""

    def check_size(self, name: str, width: int, height: int) -> None:
        """Refuse a picture of too many pixels, before anything is decoded."""
        if width * height > self.max_pixels:
            raise PictureError(
                f"{name} has {width} x {height} pixels; {self.max_pixels / 1e6:g} million are let "
                "in: make it smaller first"
            )


def main() -> None:
    """Answer requests until there are no more."""
    tell = protected_stdout()
    for request in lines_in(msgspec.json.Decoder(ToReader)):
        tell(_answer(request))


def _answer(request: Any) -> Answer:
    try:
        found: Answer = _WAYS[type(request)](request)
        return found
    except ImpastoError as fault:
        return Answer(request.number, _without_path(str(fault), request))
    except MemoryError:
        return Answer(request.number, "there is too little memory for this picture")
    except OSError as fault:
        return Answer(request.number, f"it cannot be kept: {fault.strerror or fault}")


def _look(request: Look) -> Answer:
    path = Path(request.path)
    picture = load(path, _LetIn(max_pixels=request.max_pixels, by_flags=False))
    source = picture.origin.source
    assert source is not None
    shown = _shown(picture)
    is_map = _is_flat(shown)
    needs_png = is_map or shown.mode == "RGBA"
    for rung in request.rungs:
        smaller = _scaled(shown, rung, flat=is_map)
        if needs_png:
            _save(smaller, Path(request.folder) / f"{rung}.png")
        else:
            _save(smaller, Path(request.folder) / f"{rung}.jpg")
        if rung >= max(shown.size):
            break
    height, width = picture.size
    return Answer(
        request.number,
        width=width,
        height=height,
        sha256=source.sha256,
        kind="map" if is_map else "photo",
        recipe=_recipe(path),
    )


def _whole(request: Whole) -> Answer:
    image = _shown(load(Path(request.path), _OUR_OWN))
    _save(image, Path(request.output))
    return Answer(request.number, width=image.width, height=image.height)


def _flat(request: Flat) -> Answer:
    image = _shown(load(Path(request.path), _OUR_OWN))
    image = _scaled(image, request.long_side, flat=True)
    _save(image, Path(request.output))
    return Answer(request.number, width=image.width, height=image.height)


def _crop(request: Crop) -> Answer:
    pixels = _unpacked(Path(request.path), Path(request.unpacked))
    x, y, width, height = request.box
    part = pixels[y : y + height, x : x + width]
    if not part.size:
        raise PictureError(f"there are no pixels at {x}, {y}")
    _save(Image.fromarray(np.ascontiguousarray(part)), Path(request.output), quickly=True)
    return Answer(request.number, width=part.shape[1], height=part.shape[0])


def _unpacked(path: Path, unpacked: Path) -> Any:
    """Return a picture's pixels, mapped from a file that is made once."""
    if not unpacked.exists():
        image = _shown(load(path, _OUR_OWN))
        beside = unpacked.with_suffix(".tmp.npy")
        np.save(beside, np.asarray(image))
        os.replace(beside, unpacked)
    os.utime(unpacked)  # it was looked at last
    there = sorted(unpacked.parent.glob("*.npy"), key=lambda found: found.stat().st_mtime_ns)
    for old in there[:-_MOST_UNPACKED]:
        old.unlink()
    return np.load(unpacked, mmap_mode="r")


def _film(request: Film) -> Answer:
    frames = [Image.open(frame).convert("RGB") for frame in request.frames]
    size = frames[-1].size
    save_film([frame.resize(size) for frame in frames], Path(request.output), 12)
    return Answer(request.number)


def _sheet(request: Sheet) -> Answer:
    side, edge, words = 320, 16, 24
    images = [(Image.open(path).convert("RGB"), label) for path, label in request.pictures]
    columns = min(4, len(images))
    rows = -(-len(images) // columns)
    page = Image.new(
        "RGB", (columns * (side + edge) + edge, rows * (side + words + edge) + edge), "white"
    )
    draw = ImageDraw.Draw(page)
    for number, (image, label) in enumerate(images):
        image.thumbnail((side, side))
        left = edge + number % columns * (side + edge)
        top = edge + number // columns * (side + words + edge)
        page.paste(image, (left + (side - image.width) // 2, top + (side - image.height) // 2))
        draw.text((left, top + side + 6), label, fill="black")
    _save(page, Path(request.output))
    return Answer(request.number, width=page.width, height=page.height)


def _carried(request: Carried) -> Answer:
    return Answer(request.number, recipe=_recipe(Path(request.path)))


_WAYS: dict[type, Callable[[Any], Answer]] = {
    Look: _look,
    Whole: _whole,
    Flat: _flat,
    Crop: _crop,
    Film: _film,
    Sheet: _sheet,
    Carried: _carried,
}


def _recipe(path: Path) -> str | None:
    try:
        return read_recipe_text(path)
    except MemoryError:
        raise
    except Exception:  # a sound picture may carry words that are damaged
        return None


def _shown(picture: Picture) -> Image.Image:
    """Return a picture as every browser shows it: upright, sRGB, 8 bits."""
    image = picture.in_space(None).image
    image.info.pop("icc_profile", None)
    return image


def _is_flat(image: Image.Image) -> bool:
    """Return whether a picture has so few colours that it will be a map."""
    small = image.convert("RGB")
    if max(small.size) > 2000:
        small.thumbnail((2000, 2000), Image.Resampling.NEAREST)
    return small.getcolors(_MOST_COLOURS) is not None


def _scaled(image: Image.Image, long_side: int, *, flat: bool) -> Image.Image:
    scale = min(1.0, long_side / max(image.size))
    if scale == 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    resample = Image.Resampling.NEAREST if flat else Image.Resampling.LANCZOS
    return image.resize(size, resample, reducing_gap=None if flat else 3.0)


def _save(image: Image.Image, path: Path, *, quickly: bool = False) -> None:
    """Write a file that the page is sent, whole or not at all."""
    beside = path.with_name(f"{path.name}.tmp")
    if path.suffix == ".jpg":
        image.convert("RGB").save(beside, "JPEG", quality=88)
    else:
        image.save(beside, "PNG", compress_level=1 if quickly else 6)
    os.replace(beside, path)


def _without_path(message: str, request: Any) -> str:
    """Say the name that the person knows, not where the file lies here."""
    name = getattr(request, "name", "the picture")
    return message.replace(str(request.path), name)


if __name__ == "__main__":
    main()
