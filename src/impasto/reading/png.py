"""PNG files: which of their chunks are handed on to be decoded, and what the others say.

Text and profiles may be long and sound, or bombs; neither has to do with the pixels. So only what
is needed is let through (PNG specification, third edition, 11).
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from numpy.typing import NDArray

from impasto.errors import PictureError

_log = logging.getLogger(__name__)

_END = b"\0\0\0\0IEND\xaeB`\x82"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"fcTL", b"fdAT"}
_WORDS = {b"IEND", b"pHYs", b"eXIf", b"gAMA", b"cHRM", b"sRGB", b"acTL"}
_TEXT = {b"tEXt", b"zTXt", b"iTXt"}
_COLOUR = {b"iCCP", b"cICP"}
# Text that says which way up a picture is.
_TURNING = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
_RECIPE = b"impasto\0"
# Bytes that a chunk has at least, for decoders to take it; of tRNS by the kind of pixels.
_SHORTEST = {b"pHYs": 9, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"acTL": 8, b"fcTL": 26, b"fdAT": 4}
_SHORTEST_KEY = {0: 2, 2: 6}
_PALETTE = 3
# Bytes of a text, as far as Pillow takes one, and of a profile, as far as a JPEG holds one.
_LONGEST_TEXT, _LONGEST_PROFILE, _LONGEST_RECIPE = 1 << 20, 16_000_000, 1 << 26


@dataclass(frozen=True)
class Content:
    """A PNG of nothing but what its decoders need, and what the rest of the file said."""

    data: bytes
    profile: bytes | None  # of iCCP
    cicp: bytes  # empty where there is none that can be followed
    is_whole: bool

    @property
    def code_points(self) -> tuple[int, int] | None:
        """Primaries and transfer, of cICP."""
        return (self.cicp[0], self.cicp[1]) if self.cicp else None

    @property
    def is_narrow(self) -> bool:
        """Whether black and white are video's."""
        return self.cicp[3:] == b"\0"

    @property
    def is_sixteen_bit(self) -> bool:
        """Whether it has 16 bits a channel."""
        return self.data[24:25] == b"\x10"

    def samples(self) -> NDArray[Any]:
        """Return the pixels of the first picture, of 16 bits a channel."""
        import imagecodecs  # not before it is needed: a run starts sooner

        found: NDArray[Any] = imagecodecs.png_decode(self.data)
        return found


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    length: int
    content: bytes
    checksum: bytes  # of which the file may have a part only

    @property
    def is_cut(self) -> bool:
        """Whether the file ends before its content does."""
        return len(self.content) < self.length

    @property
    def is_sound(self) -> bool:
        """Whether nothing contradicts it: no checksum, or as much of one as there is."""
        return self.is_cut or self._right_checksum().startswith(self.checksum)

    def as_bytes(self) -> bytes:
        """Return the chunk as it stands in a file, without a checksum where it was cut short."""
        whole = struct.pack(">I", self.length) + self.kind + self.content
        return whole if self.is_cut else whole + self._right_checksum()

    def _right_checksum(self) -> bytes:
        return struct.pack(">I", zlib.crc32(self.content, zlib.crc32(self.kind)))


def size_of(head: bytes) -> tuple[int, int]:
    """Return the width and height of a file that begins so."""
    width, height = struct.unpack(">II", head[16:24].ljust(8, b"\0"))
    return width, height


def content_of(stream: IO[bytes], name: str) -> Content:
    """Read what matters of a PNG; raise PictureError where that was changed by damage."""
    kept, profile, cicp = [SIGNATURE], None, b""
    is_whole = is_cut = False
    for chunk in _chunks(stream, _PIXELS | _WORDS | _TEXT | _COLOUR):
        is_whole, is_cut = chunk.kind == b"IEND", chunk.is_cut
        if not _is_usable(chunk, kept, name):
            continue
        if chunk.kind == b"iCCP":
            profile = _profile(chunk, name)
        elif chunk.kind == b"cICP":
            cicp = chunk.content if chunk.length == 4 else b""
        elif chunk.kind not in _TEXT or _says_turning(chunk):
            kept.append(chunk.as_bytes())
    _check_palette(kept, name)
    if not (is_whole or is_cut):
        kept.append(_END)
    return Content(b"".join(kept), profile, cicp, is_whole)


def recipe_text(stream: IO[bytes]) -> str | None:
    """Return the recipe that a PNG carries, None where there is none."""
    for chunk in _chunks(stream, _TEXT):
        if chunk.content.startswith(_RECIPE):
            words = _words(chunk, _LONGEST_RECIPE)
            return None if words is None else words.decode("utf-8", "replace")
    return None


def _chunks(stream: IO[bytes], wanted: set[bytes]) -> Iterator[_Chunk]:
    """Yield the chunks of wanted kinds, as far as the file goes."""
    stream.seek(len(SIGNATURE))
    kind = b""
    while kind != b"IEND" and len(head := stream.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind not in wanted:
            stream.seek(length + 4, io.SEEK_CUR)
            continue
        yield _Chunk(kind, length, stream.read(length), stream.read(4))


def _is_usable(chunk: _Chunk, before: list[bytes], name: str) -> bool:
    """Return whether decoders take a chunk; raise PictureError where the pixels need it."""
    if not chunk.is_sound:
        _check_harmless(chunk, name)
        return False
    least = _SHORTEST.get(chunk.kind, 0)
    if chunk.kind == b"tRNS":
        least = _SHORTEST_KEY.get(_kind_of_pixels(before), 0)
    if chunk.length >= least:
        return True
    _log.info("%s has a %s chunk that is too short and left out", name, chunk.kind.decode())
    return False


def _check_palette(kept: list[bytes], name: str) -> None:
    has_palette = any(one[4:8] == b"PLTE" and len(one) >= 8 + 3 + 4 for one in kept)
    if _kind_of_pixels(kept) == _PALETTE and not has_palette:
        raise PictureError(f"{name} is damaged: it has no palette for its pixels; get it again")


def _kind_of_pixels(kept: list[bytes]) -> int:
    """Return the colour type that the header says, -1 without one."""
    header = b"".join(kept[1:2])
    return header[17] if header[4:8] == b"IHDR" and len(header) > 17 else -1


def _check_harmless(chunk: _Chunk, name: str) -> None:
    words = f"a wrong checksum in its {chunk.kind.decode()} chunk"
    if chunk.kind in _PIXELS:
        raise PictureError(f"{name} is damaged: it has {words}; get it again")
    if chunk.kind not in _TEXT:
        _log.info("%s has %s, which is left out", name, words)


def _profile(chunk: _Chunk, name: str) -> bytes | None:
    _, _, packed = chunk.content.partition(b"\0")
    profile = _unpacked(packed[1:], _LONGEST_PROFILE)
    if profile is None:
        _log.info("%s has a damaged colour profile; its colours are taken as sRGB", name)
    return profile


def _says_turning(chunk: _Chunk) -> bool:
    return chunk.content.startswith(_TURNING) and _words(chunk, _LONGEST_TEXT) is not None


def _words(chunk: _Chunk, longest: int) -> bytes | None:
    """Return the text of a chunk, None where it is damaged or longer than that."""
    text = chunk.content.partition(b"\0")[2]
    is_packed = chunk.kind == b"zTXt"
    if chunk.kind == b"iTXt":  # flag, method, language, keyword in that language
        is_packed = text[:1] == b"\1"
        text = text[2:].split(b"\0", 2)[-1]
    if is_packed:
        return _unpacked(text[1:] if chunk.kind == b"zTXt" else text, longest)
    return text if len(text) <= longest else None


def _unpacked(packed: bytes, longest: int) -> bytes | None:
    """Return what was compressed, None where it is damaged or longer than that."""
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed, longest)
    except zlib.error:
        return None
    return data if unpacking.eof else None
