"""Reading picture files: what is let in, what is made of it, what is said of damaged ones."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import ImageFile

from impasto.errors import PictureError, UsageError
from impasto.pictures.coding import decoding
from impasto.pictures.limits import Reading
from impasto.pictures.metadata import words_of
from impasto.pictures.modes import from_pil, picture_of_samples, samples_of
from impasto.pictures.origin import Source
from impasto.pictures.picture import Picture
from impasto.pictures.samples import shares_of_narrow
from impasto.profiles import code_points
from impasto.reading import png
from impasto.reading.cut import as_far_as_it_goes, lacks_only_its_end, share_decoded
from impasto.reading.opening import HEAD, opened
from impasto.shortage import is_out_of_memory
from impasto.tiff import pages as tiff
from impasto.tiff import raws

_log = logging.getLogger(__name__)

# What the formats are called by their extensions, where a file says one and is another.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000")
_EXTENSIONS = {f".{kind.lower()}": kind for kind in READABLE}
_EXTENSIONS |= {".jpg": "JPEG", ".tif": "TIFF", ".jp2": "JPEG2000"}

# What is read from: a file, or what came down a pipe.
_Stream = io.BufferedReader | io.BytesIO

# Bytes taken from a pipe: more than any picture within the limit of pixels should need.
_LONGEST_INPUT = 512_000_000


def load(path: Path, reading: Reading | None = None) -> Picture:
    """Read a picture file, or stdin for "-": upright, in an RGB space to paint in, 0..1.

    Raises UsageError when there is no such file, PictureError when it is no picture, too large,
    or damaged.
    """
    with opened_input(path) as (stream, name):
        return load_stream(stream, name, reading or Reading())


@contextlib.contextmanager
def opened_input(path: Path) -> Iterator[tuple[_Stream, str]]:
    """Open a file, or stdin for "-", and say what to call it; raise as `load` does."""
    if str(path) == "-":
        yield _stdin(), "stdin"
        return
    _check_input(path)
    try:
        stream = path.open("rb")
    except OSError as fault:
        raise PictureError(f"cannot open {path}: {fault.strerror or fault}") from fault
    with stream:
        yield stream, str(path)


def load_stream(stream: _Stream, name: str, reading: Reading) -> Picture:
    """Read a picture of what `opened_input` gave."""
    with decoding(name):
        picture = _read(stream, name, reading)
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    source = Source(Path(name).name, digest, reading.frame)
    return replace(picture, origin=replace(picture.origin, source=source))


def _stdin() -> _Stream:
    """Read what comes down a pipe, as far as a picture may be long."""
    data = _bytes_of_stdin()
    if not data:
        raise PictureError("stdin is empty; send a picture down the pipe, or give a file")
    if len(data) > _LONGEST_INPUT:
        raise PictureError(f"stdin holds more than {_LONGEST_INPUT / 1e6:.0f} MB; give a file")
    return io.BytesIO(data)


def _bytes_of_stdin() -> bytes:
    """Return all that is let in, whatever a host has put in stdin's place."""
    stream = getattr(sys.stdin, "buffer", sys.stdin)
    if stream is None:
        raise PictureError("stdin is closed; send a picture down the pipe, or give a file")
    try:
        data = stream.read(_LONGEST_INPUT + 1)
    except (OSError, ValueError, AttributeError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise PictureError(f"stdin cannot be read: {reason}; give a file") from fault
    if not isinstance(data, bytes | None):
        raise PictureError(
            "stdin holds text, no bytes; send a picture down the pipe, or give a file"
        )
    return data or b""


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(stream: _Stream, name: str, reading: Reading) -> Picture:
    head = stream.read(HEAD)
    if raws.is_raw(head):
        raise raws.refusal(name)
    if tiff.is_tiff(head):
        _note_extension(name, "TIFF")
        return tiff.read(stream, name, reading)
    if head.startswith(png.SIGNATURE):
        return _read_png(stream, head, name, reading)
    image = opened(stream, head, name, reading)
    if image is None:
        raise PictureError(
            f"{name} is not a picture impasto can read ({', '.join(READABLE)}, HEIC with its extra)"
        )
    if head[4:8] == b"ftyp" and "icc_profile" not in image.info:
        _say_space(image, code_points.of_boxes(stream), name)
    return _decoded(image, stream, name, reading)


def _read_png(stream: _Stream, head: bytes, name: str, reading: Reading) -> Picture:
    reading.check_size(name, *png.size_of(head))
    content = png.content_of(stream, name)
    stream = io.BytesIO(content.data)
    image = opened(stream, head, name, reading)
    assert image is not None
    if content.profile is not None:
        image.info["icc_profile"] = content.profile
    _say_space(image, content.code_points, name)
    if (
        not content.is_sixteen_bit or reading.frame
    ):  # of animations Pillow decodes more than the first
        return _decoded(image, stream, name, reading, is_narrow=content.is_narrow)
    try:
        samples = content.samples()
    except Exception as fault:
        if content.is_whole or is_out_of_memory(fault):
            raise
        _log.info("%s is read with 8 bits of its 16, for it is cut short", name)
        return _decoded(image, stream, name, reading, is_narrow=content.is_narrow)
    _note_extension(name, "PNG")
    reading.chosen(getattr(image, "n_frames", 1), name)
    image.load()  # what stands behind the pixels
    words = words_of(image)
    if content.is_narrow:
        samples = shares_of_narrow(samples, name)
    return words.of(picture_of_samples(samples, words.profile, name))


def _decoded(
    image: ImageFile.ImageFile,
    stream: _Stream,
    name: str,
    reading: Reading,
    is_narrow: bool = False,
) -> Picture:
    _note_extension(name, image.format)
    reading.check_size(name, *image.size)
    image.seek(reading.chosen(getattr(image, "n_frames", 1), name))
    try:
        image.load()
    except OSError as fault:
        if "truncated" not in str(fault):
            raise
        image = as_far_as_it_goes(image, stream)
        if not lacks_only_its_end(image, stream):
            reading.check_whole(name, share_decoded(image))
    words = words_of(image)
    if is_narrow:
        samples = shares_of_narrow(samples_of(image), name)
        return words.of(picture_of_samples(samples, words.profile, name, depth=8))
    return words.of(from_pil(image, words.profile, name))


def _say_space(image: ImageFile.ImageFile, points: tuple[int, int] | None, name: str) -> None:
    """Give an image the profile that code points say, which go before all else."""
    if points is not None and (space := code_points.profile_of(points, name)) is not None:
        image.info.pop("gamma", None)
        image.info["icc_profile"] = space


def _note_extension(name: str, found: str | None) -> None:
    written_as = _EXTENSIONS.get(Path(name).suffix.lower())
    if written_as and found and written_as != found:
        _log.info("%s is a %s file, whatever its name says", name, found)


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
