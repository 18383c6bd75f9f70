"""Pictures of more than 8 bits a channel: PNG of 16, TIFF of 16, 32 and of floats."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import PictureError
from impasto.pictures.metadata import (
    density_of,
    exif_of,
    exif_of_page,
    orientation_of,
    sound_density,
)
from impasto.pictures.modes import picture_of
from impasto.pictures.picture import Origin, Picture

# Else Python prints what tifffile logs about damaged files beside our own one line.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_ASSOCIATED, _UNASSOCIATED = 1, 2
# How rows and columns lie for each EXIF orientation: transposed, turned down, turned right.
_TURNS = {
    1: (False, False, False), 2: (False, False, True), 3: (False, True, True),
    4: (False, True, False), 5: (True, False, False), 6: (True, False, True),
    7: (True, True, True), 8: (True, True, False),
}  # fmt: skip


def is_tiff(head: bytes) -> bool:
    """Return whether a file that begins so is a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_deep_png(head: bytes) -> bool:
    """Return whether a file that begins so is a PNG of 16 bits a channel."""
    return head[:8] == b"\x89PNG\r\n\x1a\n" and head[24:25] == b"\x10"


def is_deep(page: Any) -> bool:
    """Return whether a page of a TIFF has more than 8 bits a channel."""
    return bool(page.bitspersample > 8)


@contextmanager
def opened_tiff(path: Path) -> Iterator[Any]:
    """Open a TIFF's pages."""
    import tifffile  # not before it is needed: a run starts sooner

    with tifffile.TiffFile(path) as file:
        if not len(file.pages):
            raise PictureError(f"{path} is a TIFF without a picture")
        yield file.pages


def from_page(page: Any, name: str) -> Picture:
    """Make a picture of a TIFF's page: grey or RGB, whole numbers or floats of 0..1."""
    if page.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB):
        kind = getattr(page.photometric, "name", page.photometric)
        raise PictureError(f"{name} is {kind} of {page.bitspersample} bits; save it as RGB")
    samples = page.asarray()
    if page.axes.startswith("S"):  # planes one after another
        samples = np.moveaxis(samples, 0, -1)
    values = _shares(samples, name, page.bitspersample)
    colours = 3 if page.photometric == _RGB else 1
    extra = tuple(page.extrasamples)[:1]
    planes = values[..., : colours + (extra in ((_ASSOCIATED,), (_UNASSOCIATED,)))]
    if extra == (_ASSOCIATED,):
        alpha = planes[..., -1:]
        planes = np.concatenate((planes[..., :-1] / np.maximum(alpha, 1e-6), alpha), 2).clip(0, 1)
    if page.photometric == _WHITE_IS_ZERO:
        planes = np.concatenate((1 - planes[..., :1], planes[..., 1:]), 2)
    tags = page.tags
    profile = tags["InterColorProfile"].value if "InterColorProfile" in tags else None
    turned = upright(planes, tags["Orientation"].value if "Orientation" in tags else 1)
    return _finished(turned, profile, name, _density_of_page(page), exif_of_page(page))


def from_png(data: bytes, header: Image.Image, name: str) -> Picture:
    """Make a picture of a 16-bit PNG's bytes; `header` is what Pillow says of the file."""
    import imagecodecs

    samples = imagecodecs.png_decode(data)
    values = _shares(samples, name, 16)
    header.load()  # what stands behind the pixels
    turned = upright(values, orientation_of(header))
    profile = header.info.get("icc_profile") or None
    return _finished(turned, profile, name, density_of(header), exif_of(header))


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn pixels (H,W,C) as EXIF's orientation says; leave them for one that it does not know."""
    transposed, down, right = _TURNS.get(orientation, _TURNS[1])
    if transposed:
        pixels = pixels.swapaxes(0, 1)
    return pixels[:: -1 if down else 1, :: -1 if right else 1]


def _finished(
    planes: NDArray[np.float32], profile: bytes | None, name: str,
    density: tuple[float, float] | None, exif: bytes | None,
) -> Picture:  # fmt: skip
    planes = np.ascontiguousarray(planes)
    alpha = np.ascontiguousarray(planes[..., -1]) if planes.shape[2] in (2, 4) else None
    colour = planes[..., 0] if planes.shape[2] < 3 else np.ascontiguousarray(planes[..., :3])
    picture = picture_of(colour, alpha, profile, name, 16)
    origin = Origin(picture.origin.profile, 16, density, exif)
    return Picture(picture.array, picture.alpha, origin)


def _shares(samples: NDArray[Any], name: str, bits: int) -> NDArray[np.float32]:
    """Return whole numbers or floats as 0..1, (H,W,C)."""
    if samples.ndim == 2:
        samples = samples[..., None]
    if samples.ndim != 3:
        raise PictureError(f"{name} has pixels of shape {samples.shape}; save it as a flat picture")
    if np.issubdtype(samples.dtype, np.unsignedinteger):
        top = (1 << bits) - 1  # 12 bits lie in 16 as they are
        return (samples / np.float64(top) if top > 65535 else samples / np.float32(top)).astype(
            np.float32, copy=False
        )
    if not np.issubdtype(samples.dtype, np.floating):
        raise PictureError(f"{name} has {samples.dtype} pixels; save it as 16 bit")
    if not np.isfinite(samples).all():
        raise PictureError(
            f"{name} has non-finite pixels (NaN or infinity); mend and save it again"
        )
    if samples.min() < -1e-3 or samples.max() > 1 + 1e-3:
        raise PictureError(
            f"{name} has float pixels of {samples.min():g} to {samples.max():g}; scale them to 0..1"
        )
    return samples.clip(0, 1).astype(np.float32)


def _density_of_page(page: Any) -> tuple[float, float] | None:
    tags = page.tags
    if "XResolution" not in tags or "YResolution" not in tags:
        return None
    unit = {2: 1.0, 3: 2.54}.get(
        int(tags["ResolutionUnit"].value) if "ResolutionUnit" in tags else 2
    )
    ratios = [tags[name].value for name in ("XResolution", "YResolution")]
    if unit is None or any(len(ratio) != 2 or not all(ratio) for ratio in ratios):
        return None
    across, down = (unit * ratio[0] / ratio[1] for ratio in ratios)
    return sound_density(across, down)
