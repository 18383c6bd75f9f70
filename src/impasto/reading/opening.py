"""Which of Pillow's readers opens a file, by how it begins and never by its name.

The reader itself, not `Image.open`: that follows limits which the whole process shares. Ours are
asked for each file (limits.py), also by readers that know such limits themselves (switches.py).
"""

from __future__ import annotations

from functools import partial
from typing import IO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from impasto.errors import PictureError
from impasto.pictures.limits import Reading
from impasto.reading.switches import Reader, unswitched

# How much of a file says what it is.
HEAD = 64
JPEG = b"\xff\xd8\xff"

# Nothing that runs programs (EPS calls Ghostscript) or is rarely a picture. A JPEG is one picture:
# what phones add to it is no frame.
_READERS: dict[bytes, Reader] = {
    b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
    JPEG: JpegImagePlugin.JpegImageFile,
    b"GIF87a": GifImagePlugin.GifImageFile,
    b"GIF89a": GifImagePlugin.GifImageFile,
    b"BM": BmpImagePlugin.BmpImageFile,
    b"\xff\x4f\xff\x51": Jpeg2KImagePlugin.Jpeg2KImageFile,
    b"\0\0\0\x0cjP  \r\n\x87\n": Jpeg2KImagePlugin.Jpeg2KImageFile,
}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


def opened(
    stream: IO[bytes], head: bytes, name: str, reading: Reading
) -> ImageFile.ImageFile | None:
    """Open what begins so, without decoding it; return None where no reader knows it.

    Raises PictureError for HEIC where the extra that reads it is not installed, and for a size that
    is not let in where a reader makes room for it at once.
    """
    reader = _reader(head, name)
    if reader is None:
        return None
    stream.seek(0)
    return unswitched(reader, partial(reading.check_size, name))(stream)


def _reader(head: bytes, name: str) -> Reader | None:
    for beginning, reader in _READERS.items():
        if head.startswith(beginning):
            return reader
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    if head[4:8] == b"ftyp":
        # The brand and those that it is compatible with.
        length = int.from_bytes(head[:4], "big")
        brands = {head[at : at + 4] for at in (8, *range(16, min(length, len(head)), 4))}
        if brands & _AVIF_BRANDS:
            return AvifImagePlugin.AvifImageFile
        if brands & _HEIC_BRANDS:
            return _heic_reader(name)
    return None


def _heic_reader(name: str) -> Reader:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as fault:
        raise PictureError(
            f"{name} is a HEIC picture; install what reads it with: pip install 'impasto[heic]'"
        ) from fault
    reader: Reader = HeifImageFile
    return reader
