"""Writing picture files: with all their origin said, fit for print, and whole or not at all."""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from impasto.errors import UsageError
from impasto.files import check_free, check_place, replacing
from impasto.pictures.coding import encoding
from impasto.pictures.exif import plain_tags, with_recipe
from impasto.pictures.origin import Origin
from impasto.profiles.icc import srgb
from impasto.profiles.spaces import trimmed

if TYPE_CHECKING:
    from impasto.pictures.picture import Picture

_log = logging.getLogger(__name__)

_INCH_IN_METRES = 0.0254
# Bytes that a JPEG's block holds, and a JPEG 2000's.
_LONGEST_SEGMENT, _LONGEST_COMMENT = 65533, 65531
# Of a profile: what Pillow reads of a PNG's, and the 255 segments of a JPEG, each with a heading.
_PNG_PROFILE, _JPEG_PROFILE = 1_000_000, 255 * (_LONGEST_SEGMENT - 14)


@dataclass(frozen=True)
class Format:
    """How an extension is written, and what the format can hold."""

    write: Callable[[Picture, IO[bytes], int], None]
    sixteen_bit: bool = False  # a channel
    alpha: bool = True
    profile: bool = True
    longest_profile: int = 1 << 32  # bytes that its readers take
    largest: int = 1 << 31  # pixels a side


def save(
    picture: Picture,
    path: Path,
    *,
    depth: int | None = None,
    metadata: bool = True,
    fresh: bool = False,
) -> None:
    """Write the picture in its extension's format; the name holds the old file or the new one.

    `depth` None is the origin's where the format has it. Without `metadata` neither the camera's
    words nor the recipe are written; colour and density are. Raises OutputError when it cannot be
    written, or is `fresh` and would replace another; then nothing is left behind.
    """
    form = WRITABLE[path.suffix.lower()]
    if depth is None:
        depth = picture.origin.depth if form.sixteen_bit else 8
    if not metadata:
        picture = replace(picture, origin=replace(picture.origin, exif=None), recipe=None)
    fitting = _fitted(picture, form, path, depth)
    with replacing(path, fresh=fresh) as stream, encoding(path):
        form.write(fitting, stream, depth)


def check_output(path: Path, *, overwrite: bool = False, inputs: tuple[Path, ...] = ()) -> None:
    """Make sure, before the work, that `path` can be written.

    Raises UsageError for an unknown extension, an output that is also an input, an existing file
    unless `overwrite`, or what is no regular file; OutputError for a folder that is missing or
    not writable.
    """
    if path.suffix.lower() not in WRITABLE:
        known = ", ".join(WRITABLE)
        raise UsageError(f"cannot write '{path.name}': unknown extension; choose from {known}")
    if any(_same(path, other) for other in inputs):
        raise UsageError(f"the output {path} is also an input; choose another name")
    check_place(path)
    check_free(path, overwrite=overwrite)


def check_fits(path: Path, height: int, width: int, depth: int | None = None) -> None:
    """Make sure that the extension's format holds pictures so large and deep, or UsageError."""
    if depth not in (None, 8, 16):
        raise UsageError(f"the depth cannot be {depth!r}; give 8 or 16 bits a channel")
    form = WRITABLE[path.suffix.lower()]
    if max(height, width) > form.largest:
        raise UsageError(
            f"{path.suffix} holds at most {form.largest} px a side, the result has {width} x "
            f"{height}; write a .tif or .png"
        )
    if depth == 16 and not form.sixteen_bit:
        holding = ", ".join(name for name, other in WRITABLE.items() if other.sixteen_bit)
        raise UsageError(f"{path.suffix} has no 16 bits a channel; choose from {holding}")


def _fitted(picture: Picture, form: Format, path: Path, depth: int) -> Picture:
    """Return what the format can hold of a picture, in the file's own space where it has one."""
    picture = _with_short_profile(_in_its_space(picture, form, path, depth), form, path)
    if picture.alpha is not None and not form.alpha:
        _log.info("%s has no transparency; the result is laid over white", path.suffix)
        share = picture.alpha[..., None]
        picture = replace(picture, array=picture.array * share + (1 - share), alpha=None)
    return picture


def _in_its_space(picture: Picture, form: Format, path: Path, depth: int) -> Picture:
    origin = picture.origin
    if not form.profile:
        if origin.profile or origin.own_profile:
            _log.info("%s has no colour profile; the result is brought to sRGB", path.suffix)
        return picture.in_space(None)
    if origin.own_profile is None:
        return picture
    if depth >= origin.depth:
        return picture.in_space(origin.own_profile)
    _log.info(
        "8 bits are too few for the photograph's own curve; the result is written with sRGB's"
    )
    return picture


def _with_short_profile(picture: Picture, form: Format, path: Path) -> Picture:
    profile = picture.origin.profile
    if profile is None or len(profile) <= form.longest_profile:
        return picture
    said = f"a colour profile of {len(profile) / 1e6:.1f} MB is too long for {path.suffix}"
    short = trimmed(profile)
    if len(short) > form.longest_profile:
        _log.info("%s; the result is brought to sRGB", said)
        return picture.in_space(None)
    _log.info("%s; the result's has only what is of its colours", said)
    return replace(picture, origin=replace(picture.origin, profile=short))


def _write_png(picture: Picture, stream: IO[bytes], depth: int) -> None:
    import imagecodecs  # not before it is needed: a run starts sooner

    # Pillow has no 16-bit RGB, so the chunks beside the pixels are put in here.
    data = imagecodecs.png_encode(np.ascontiguousarray(picture.samples(depth)), level=6)
    begin = data.index(b"IHDR") + 4 + 13 + 4
    stream.write(data[:begin])
    for kind, content in _chunks(picture.origin, picture.recipe):
        check = zlib.crc32(kind + content)
        stream.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check))
    stream.write(data[begin:])


def _chunks(origin: Origin, recipe: str | None) -> list[tuple[bytes, bytes]]:
    """Return the PNG chunks that say an origin and a recipe (PNG specification, 11.3)."""
    chunks = []
    if origin.profile is None:
        chunks.append((b"sRGB", b"\1"))  # relative colorimetric
    else:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(origin.profile)))
    if origin.density is not None:
        across, down = (round(value / _INCH_IN_METRES) for value in origin.density)
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if origin.exif is not None:
        chunks.append((b"eXIf", origin.exif.removeprefix(b"Exif\0\0")))
    if recipe is not None:
        chunks.append((b"iTXt", b"impasto\0\0\0\0\0" + recipe.encode()))
    return chunks


def _write_tiff(picture: Picture, stream: IO[bytes], depth: int) -> None:
    import tifffile

    origin = picture.origin
    options: dict[str, Any] = {"compression": "zlib", "predictor": True, "metadata": None}
    options |= {"description": picture.recipe, "software": "impasto"}
    options |= {"iccprofile": origin.profile or srgb(), "extratags": plain_tags(origin.exif)}
    if origin.density is not None:
        options |= {"resolution": origin.density, "resolutionunit": "INCH"}
    if picture.alpha is not None:
        options["extrasamples"] = ["UNASSALPHA"]
    tifffile.imwrite(stream, picture.samples(depth), photometric="rgb", **options)


def _with_pillow(kind: str, largest_exif: int | None = None, **options: Any) -> Callable[..., None]:
    def write(picture: Picture, stream: IO[bytes], depth: int) -> None:
        image = Image.fromarray(picture.samples(8))
        said: dict[str, Any] = {"icc_profile": picture.origin.profile or srgb()}
        exif = with_recipe(picture.origin.exif, picture.recipe, largest_exif)
        if exif is not None:
            said["exif"] = exif
        if picture.origin.density is not None:
            said["dpi"] = picture.origin.density
        image.save(stream, kind, **said, **options)

    return write


def _write_jpeg2000(picture: Picture, stream: IO[bytes], depth: int) -> None:
    recipe = picture.recipe
    if recipe is not None and len(recipe) > _LONGEST_COMMENT:
        _log.info("the recipe does not fit into the file and is left out")
        recipe = None
    Image.fromarray(picture.samples(8)).save(stream, "JPEG2000", comment=recipe)


def _same(path: Path, other: Path) -> bool:
    return os.path.exists(path) and os.path.exists(other) and path.samefile(other)


_JPEG = Format(
    _with_pillow("JPEG", _LONGEST_SEGMENT, quality=95, subsampling=0, optimize=True),
    alpha=False,
    longest_profile=_JPEG_PROFILE,
    largest=65500,
)
_TIFF = Format(_write_tiff, sixteen_bit=True)
WRITABLE: dict[str, Format] = {
    ".png": Format(_write_png, sixteen_bit=True, longest_profile=_PNG_PROFILE),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": Format(_with_pillow("WEBP", quality=95, method=4), largest=16383),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".avif": Format(_with_pillow("AVIF", quality=90), largest=65536),
    ".jp2": Format(_write_jpeg2000, profile=False),
}
