"""Reading picture files: what is let in, what is made of it, what is said of damaged ones."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from impasto.errors import ImpastoError, PictureError, UsageError
from impasto.pictures import deep
from impasto.pictures.metadata import density_of, exif_of
from impasto.pictures.modes import from_pil
from impasto.pictures.picture import Origin, Picture, Source

_log = logging.getLogger(__name__)

# Read nothing that runs programs (EPS calls Ghostscript) or is rarely a picture.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000")
# What the formats are called by their extensions, where a file says one and is another.
_EXTENSIONS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF",
    ".tiff": "TIFF", ".bmp": "BMP", ".gif": "GIF", ".avif": "AVIF", ".jp2": "JPEG2000",
}  # fmt: skip
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
_HEIC_ONLY = _HEIC_BRANDS[:3]  # AVIF has the others too
_JPEG_FAMILY = ("JPEG", "MPO")  # what a phone adds to its JPEG is no frame


# Bytes taken from a pipe: more than any picture within the limit of pixels should need.
_LONGEST_INPUT = 512_000_000


@dataclass(frozen=True)
class Reading:
    """What is let in, and which picture of a file that holds several."""

    max_pixels: int = 1 << 27
    frame: int = 0
    allow_truncated: bool = False


def load(path: Path, reading: Reading | None = None) -> Picture:
    """Read a picture file: upright, in its own RGB space or sRGB, 0..1.

    Raises UsageError when there is no such file, PictureError when it is no picture, too large,
    or damaged.
    """
    reading = reading or Reading()
    if str(path) == "-":
        return _load_stdin(reading)
    _check_input(path)
    with path.open("rb") as stream:
        head = stream.read(32)
    formats = _formats_for(head, path)
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd bytes that do no harm
            picture = _read(path, head, formats, reading)
        source = Source(path.name, digest_of(path), reading.frame)
        return replace(picture, origin=replace(picture.origin, source=source))
    except ImpastoError:
        raise
    except UnidentifiedImageError as fault:
        raise PictureError(_no_picture(path)) from fault
    except Exception as fault:
        # Damaged bytes make decoders raise anything; none of it is a bug of ours.
        raise PictureError(f"{path} is damaged: {fault or type(fault).__name__}") from fault


def _load_stdin(reading: Reading) -> Picture:
    """Read what comes down a pipe, as far as a picture may be long."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        data = sys.stdin.buffer.read(_LONGEST_INPUT + 1)
        if len(data) > _LONGEST_INPUT:
            raise PictureError(f"stdin holds more than {_LONGEST_INPUT / 1e6:.0f} MB; give a file")
        path.write_bytes(data)
        return load(path, reading)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(path: Path, head: bytes, formats: tuple[str, ...], reading: Reading) -> Picture:
    if deep.is_tiff(head):
        with deep.opened_tiff(path) as pages:
            if deep.is_deep(pages[0]):
                page = pages[_frame(reading, len(pages), path)]
                _check_size(path, page.imagewidth, page.imagelength, reading)
                return deep.from_page(page, str(path))
    with _unlimited(), Image.open(path, formats=formats) as image:
        _check_size(path, *image.size, reading)
        if deep.is_deep_png(head):
            return deep.from_png(path.read_bytes(), image, str(path))
        return _read_with_pillow(path, image, reading)


def _read_with_pillow(path: Path, image: Image.Image, reading: Reading) -> Picture:
    written_as = _EXTENSIONS.get(path.suffix.lower())
    if image.format not in (written_as, *_JPEG_FAMILY) or written_as not in (None, "JPEG"):
        _note_extension(path, written_as, image.format)
    if image.format not in _JPEG_FAMILY:
        frames = getattr(image, "n_frames", 1)
        image.seek(_frame(reading, frames, path))
    _decode(path, image, reading)
    upright = ImageOps.exif_transpose(image)
    picture = from_pil(upright, str(path))
    origin = Origin(picture.origin.profile, 8, density_of(image), exif_of(image))
    return Picture(picture.array, picture.alpha, origin)


def _decode(path: Path, image: Image.Image, reading: Reading) -> None:
    try:
        image.load()
    except OSError as fault:
        if "truncated" not in str(fault):
            raise
        share = _decoded_share(path, reading)
        message = f"{path} is cut short at {share:.0%}"
        if not reading.allow_truncated:
            raise PictureError(
                f"{message}; get all of it, or paint what is there with --allow-truncated"
            ) from fault
        _log.info("%s; what is missing is painted as it came", message)
        with _truncated_allowed():
            image.load()


def _decoded_share(path: Path, reading: Reading) -> float:
    """Return how far down a file that was cut short has rows."""
    with _truncated_allowed(), Image.open(path, formats=READABLE) as image:
        _check_size(path, *image.size, reading)
        image.load()
        rows = np.asarray(image.convert("RGB"))
    # Below lies one colour, whatever the decoder fills with.
    same = (rows == rows[-1, -1]).all(axis=(1, 2))
    return 1 - float(np.argmin(same[::-1])) / len(same) if not same.all() else 0.0


def _frame(reading: Reading, frames: int, path: Path) -> int:
    if not 0 <= reading.frame < frames:
        raise UsageError(
            f"{path} has {frames} frames, 0 to {frames - 1}; there is no {reading.frame}"
        )
    if frames > 1:
        _log.info("%s has %d frames; number %d is taken", path, frames, reading.frame)
    return reading.frame


def _check_size(path: Path, width: int, height: int, reading: Reading) -> None:
    if width * height > reading.max_pixels:
        raise PictureError(
            f"{path} has {width} x {height} pixels, more than the {reading.max_pixels / 1e6:.0f} "
            f"million that are let in; raise that with --max-pixels {width * height}"
        )


def _note_extension(path: Path, written_as: str | None, found: str | None) -> None:
    if written_as and found and written_as != found:
        _log.info("%s is a %s file, whatever its name says", path, found)


def _formats_for(head: bytes, path: Path) -> tuple[str, ...]:
    """Return what to try, HEIC where its extra is installed; PictureError where it is not."""
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIC_BRANDS:
        return READABLE
    try:
        from pillow_heif import register_heif_opener
    except ImportError as fault:
        if head[8:12] not in _HEIC_ONLY:
            return READABLE
        raise PictureError(
            f"{path} is a HEIC picture; install what reads it with: pip install 'impasto[heic]'"
        ) from fault
    register_heif_opener()
    return (*READABLE, "HEIF")


def _no_picture(path: Path) -> str:
    return f"{path} is not a picture impasto can read ({', '.join(READABLE)}, HEIC with its extra)"


def _check_input(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError as fault:
        raise UsageError(f"there is no file {path}") from fault
    except (OSError, ValueError) as fault:
        raise UsageError(f"cannot open {path}: {fault}") from fault
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give a picture file in it")
    if not path.is_file():
        raise UsageError(f"{path} is not a regular file")
    if status.st_size == 0:
        raise PictureError(f"{path} is an empty file")
    if not os.access(path, os.R_OK):
        raise PictureError(f"{path} may not be read; change its permissions")


@contextmanager
def _unlimited() -> Iterator[None]:
    """Let Pillow open what is large: our own limit is asked before anything is decoded."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _truncated_allowed() -> Iterator[None]:
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
