"""TIFF files: which of their pages is the picture, and its pixels as they are there."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureError
from impasto.pictures.limits import Reading
from impasto.pictures.metadata import words_of_page
from impasto.pictures.picture import Picture
from impasto.shortage import is_out_of_memory
from impasto.tiff import raws
from impasto.tiff.channels import RGB, check_channels, rgb_of

_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2  # of NewSubfileType and SubfileType


def is_tiff(head: bytes) -> bool:
    """Return whether a file that begins so is a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read(stream: IO[bytes], name: str, reading: Reading) -> Picture:
    """Read the picture that is wanted of a TIFF's pages.

    Raises PictureError for raw camera files and for kinds of pixels that cannot be read.
    """
    with _wanted(stream, name, reading) as page:
        return _picture(page, name, reading)


def size_of(stream: IO[bytes], name: str, reading: Reading) -> tuple[int, int]:
    """Return the (height, width) of the picture that is wanted; raise as `read`, undecoded."""
    with _wanted(stream, name, reading) as page:
        return page.imagelength, page.imagewidth


@contextlib.contextmanager
def _wanted(stream: IO[bytes], name: str, reading: Reading) -> Iterator[Any]:
    """Open the page that is wanted, which can be read."""
    import tifffile  # not before it is needed: a run starts sooner

    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        pages = list(file.pages)
        if not pages:
            raise PictureError(f"{name} is a TIFF without a picture")
        if raws.has_raw(every for page in pages for every in (page, *(page.pages or ()))):
            raise raws.refusal(name)
        whole = [found for page in pages for found in _whole(page)] or pages
        page = whole[reading.chosen(len(whole), name)]
        _check(page, name, reading)
        yield page


def recipe_text(stream: IO[bytes]) -> str | None:
    """Return the description of a TIFF's first page."""
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        return file.pages[0].description or None  # type: ignore[union-attr]


def _whole(page: Any) -> list[Any]:
    """Return a page, or the whole pictures beneath it where it is only a smaller view."""
    return [one for one in (page.pages or ()) if not _is_view(one)] if _is_view(page) else [page]


def _is_view(page: Any) -> bool:
    is_old = page.tags.valueof("SubfileType") == _OLD_REDUCED
    return is_old or bool(page.subfiletype & (_REDUCED | _MASK))


def _check(page: Any, name: str, reading: Reading) -> None:
    """Refuse, before anything is decoded, what is too large or cannot be read."""
    import tifffile

    reading.check_size(name, page.imagewidth, page.imagelength)
    # A tile may be larger than its picture, within reason.
    tiles = replace(reading, max_pixels=max(reading.max_pixels, Reading.max_pixels))
    tiles.check_size(name, page.tilewidth, page.tilelength)
    check_channels(page, name)
    if page.compression not in tifffile.TIFF.DECOMPRESSORS:
        packed = getattr(page.compression, "name", page.compression)
        raise PictureError(f"{name} is compressed as {packed}; save it with LZW or deflate")


def _picture(page: Any, name: str, reading: Reading) -> Picture:
    samples, kind = _samples(page, name, reading)
    height, width = samples.shape[:2]
    if (height, width) != (page.imagelength, page.imagewidth):
        raise PictureError(
            f"{name} holds {width} x {height} pixels and says {page.imagewidth} x "
            f"{page.imagelength}; save it again, as RGB"
        )
    words = words_of_page(page)
    return words.of(rgb_of(samples, kind, page, words.profile, name))


def _samples(page: Any, name: str, reading: Reading) -> tuple[NDArray[Any], int]:
    """Return a page's numbers (H,W,C), as far as they are there, and what they are."""
    present = _share_present(page)
    if present > 0.99:  # many a writer counts a few bytes too many
        try:
            return _channels_last(page.asarray(), page), page.photometric
        except NotImplementedError:
            return _decoded_by_libtiff(page), RGB
        except Exception as fault:
            if present == 1 or is_out_of_memory(fault):
                raise
    reading.check_whole(name, present)
    return _channels_last(_what_is_there(page), page), page.photometric


def _channels_last(samples: NDArray[Any], page: Any) -> NDArray[Any]:
    if page.axes.startswith("S"):  # planes one after another
        return np.moveaxis(samples, 0, -1)
    return samples[..., None] if samples.ndim == 2 else samples


def _decoded_by_libtiff(page: Any) -> NDArray[Any]:
    """Decode what tifffile does not, such as YCbCr of fewer colours than pixels, as 8-bit RGB."""
    import imagecodecs

    rgb: NDArray[Any] = imagecodecs.tiff_decode(_put_first(page), 0, asrgb=True)[..., :3]
    return rgb


def _put_first(page: Any) -> bytes:
    """Return a page's file as if the page were its first, and stored upright.

    libtiff knows no page beneath another by a number, and would turn the picture as we do later.
    """
    file, order = page.parent.filehandle, page.parent.byteorder
    file.seek(0)
    data = bytearray(file.read())
    place, kind = (8, "Q") if page.parent.is_bigtiff else (4, "I")
    struct.pack_into(order + kind, data, place, page.offset)
    if "Orientation" in page.tags:
        struct.pack_into(order + "H", data, page.tags["Orientation"].valueoffset, 1)
    return bytes(data)


def _share_present(page: Any) -> float:
    size, wanted = page.parent.filehandle.size, sum(page.databytecounts)
    found = sum(
        min(count, max(0, size - offset))
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False)
    )
    return found / wanted if wanted else 1.0


def _what_is_there(page: Any) -> NDArray[Any]:
    """Decode the strips or tiles of a file that was cut short, black where there are none."""
    pixels = np.zeros(page.shaped, page.dtype)
    file = page.parent.filehandle
    places = zip(page.dataoffsets, page.databytecounts, strict=True)
    for number, (offset, count) in enumerate(places):
        file.seek(min(offset, file.size))
        data = file.read(count)
        if page.compression == 1:
            data = data.ljust(count, b"\0")
        try:
            part, place, shape = page.decode(data, number)
        except Exception as fault:
            if is_out_of_memory(fault):
                raise
            continue  # of half a strip decoders raise anything
        bounds = zip(place[1:], shape, strict=True)
        target = pixels[place[0]][tuple(slice(first, first + size) for first, size in bounds)]
        target[...] = part[tuple(slice(size) for size in target.shape)]
    return pixels.reshape(page.shape)
