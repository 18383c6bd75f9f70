"""Reading picture files: what is made of them, and what is said of damaged ones."""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import ImageFile

from impasto.errors import PictureError
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
from impasto.reading.inputs import Stream, opened_input
from impasto.reading.opening import HEAD, opened
from impasto.shortage import is_out_of_memory
from impasto.tiff import pages as tiff
from impasto.tiff import raws

_log = logging.getLogger(__name__)

# What the formats are called by their extensions, where a file says one and is another.
READABLE = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000")
_EXTENSIONS = {f".{kind.lower()}": kind for kind in READABLE}
_EXTENSIONS |= {".jpg": "JPEG", ".tif": "TIFF", ".jp2": "JPEG2000"}


def load(path: Path, reading: Reading | None = None) -> Picture:
    """Read a picture file, or stdin for "-": upright, in an RGB space to paint in, 0..1.

    Raises UsageError when there is no such file, PictureError when it is no picture, too large,
    or damaged.
    """
    with opened_input(path) as (stream, name):
        return load_stream(stream, name, reading or Reading())


def load_stream(stream: Stream, name: str, reading: Reading) -> Picture:
    """Read a picture of what `opened_input` gave."""
    with decoding(name):
        picture = _read(stream, name, reading)
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    source = Source(Path(name).name, digest, reading.frame)
    return replace(picture, origin=replace(picture.origin, source=source))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(stream: Stream, name: str, reading: Reading) -> Picture:
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


def _read_png(stream: Stream, head: bytes, name: str, reading: Reading) -> Picture:
    reading.check_size(name, *png.size_of(head))
    content = png.content_of(stream, name)
    stream = io.BytesIO(content.data)
    image = opened(stream, head, name, reading)
    assert image is not None
    if content.profile is not None:
        image.info["icc_profile"] = content.profile
    _say_space(image, content.code_points, name)
    # Of animations Pillow decodes more than the first.
    is_wanted = content.is_sixteen_bit and not reading.frame
    samples = _sixteen_bits(content, name) if is_wanted else None
    if samples is None:
        return _decoded(image, stream, name, reading, is_narrow=content.is_narrow)
    _note_extension(name, "PNG")
    reading.chosen(getattr(image, "n_frames", 1), name)
    image.load()  # what stands behind the pixels
    words = words_of(image)
    if content.is_narrow:
        samples = shares_of_narrow(samples, name)
    return words.of(picture_of_samples(samples, words.profile, name))


def _sixteen_bits(content: png.Content, name: str) -> NDArray[Any] | None:
    """Return a PNG's numbers, None with a note where it is cut short."""
    try:
        return content.samples()
    except Exception as fault:
        if content.is_whole or is_out_of_memory(fault):
            raise
        _log.info("%s is read with 8 bits of its 16, for it is cut short", name)
        return None


def _decoded(
    image: ImageFile.ImageFile,
    stream: Stream,
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
