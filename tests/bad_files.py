"""Bad picture files, made when they are asked for."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from conftest import random_pixels
from PIL import Image

PIXELS = random_pixels(120, 160, 0)


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a PNG chunk."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(width: int, height: int, *more: bytes, rows: bytes = b"") -> bytes:
    """Return a PNG of 8-bit grey that says this size, whatever its rows are."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows or bytes((width + 1) * height)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + data + chunk(b"IEND", b"")


def saved(path: Path, kind: str, **options: object) -> bytes:
    """Return a sound file's bytes, after writing them."""
    Image.fromarray(PIXELS).save(path, kind, **options)
    return path.read_bytes()


def _cut(kind: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        data = saved(path, kind)
        path.write_bytes(data[: len(data) // 2])

    return make


def _bad_crc(path: Path) -> None:
    data = bytearray(saved(path, "PNG"))
    data[29] ^= 1  # of the header
    path.write_bytes(data)


def _written(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def _transparent(path: Path) -> None:
    Image.new("RGBA", (40, 40)).save(path)


def _nan(path: Path) -> None:
    tifffile.imwrite(path, np.full((40, 40, 3), np.nan, np.float32), photometric="rgb")


# What decoders and encoders raise for lack of memory.
MEMORY = [
    MemoryError(),
    OSError("out of memory error when reading image file"),
    RuntimeError("png_read_image: Out of memory"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]
# name -> how it is made, and what is said of it.
BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty.jpg": (_written(b""), "empty file"),
    "text.jpg": (_written(b"hello, this is no picture"), "not a picture"),
    "page.png": (_written(b"<!doctype html><html></html>"), "not a picture"),
    "cut.jpg": (_cut("JPEG"), "cut short at"),
    "cut.png": (_cut("PNG"), "cut short at"),
    "cut.webp": (_cut("WEBP"), ""),
    "crc.png": (_bad_crc, "wrong checksum in its IHDR chunk"),
    "bomb.png": (_written(png(30000, 30000, rows=b"x")), "30000 x 30000 pixels"),
    "transparent.png": (_transparent, "transparent everywhere"),
    "nan.tif": (_nan, "non-finite"),
    "phone.heic": (_written(b"\0\0\0\x18ftypheic" + bytes(200)), ""),
    "drawing.svg": (_written(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a picture"),
    "script.eps": (lambda path: Image.fromarray(PIXELS).save(path, "EPS"), "not a picture"),
    "paper.pdf": (lambda path: Image.fromarray(PIXELS).save(path, "PDF"), "not a picture"),
}
