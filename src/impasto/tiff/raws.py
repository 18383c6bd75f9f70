"""Raw camera files: how they are known. They are refused, for what opens of them is a thumbnail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from impasto.errors import PictureError

# How those begin that are no TIFF: Fuji, Panasonic, Olympus (three), Sigma, Minolta, Canon (two).
_BEGINNINGS = (
    b"FUJIFILMCCD-RAW",
    b"IIU\0",
    b"IIRO",
    b"IIRS",
    b"MMOR",
    b"FOVb",
    b"\0MRM",
    b"II\x1a\0\0\0HEAPCCDR",
    b"\0\0\0\x18ftypcrx ",
)
# Values of TIFF's tags that only sensors' pages have: mosaics, linear raw; Nikon's, Sony's,
# Pentax's, Samsung's and Kodak's packing.
_PHOTOMETRICS = {32803, 34892}
_COMPRESSIONS = {34713, 32767, 65535, 32769, 32770, 65000, 262}
_DNG_VERSION = 50706


def is_raw(head: bytes) -> bool:
    """Return whether a file that begins so is a raw one, which a TIFF's pages say else."""
    return head.startswith(_BEGINNINGS) or head[8:11] == b"CR\2"


def has_raw(pages: Iterable[Any]) -> bool:
    """Return whether one of a TIFF's pages, as tifffile has them, is a sensor's."""
    return any(
        page.photometric in _PHOTOMETRICS
        or page.compression in _COMPRESSIONS
        or _DNG_VERSION in page.tags
        for page in pages
    )


def refusal(name: str) -> PictureError:
    """Return what is said of a raw file."""
    return PictureError(
        f"{name} is a raw camera file, which has to be developed first: save it as a 16-bit TIFF "
        "in the program that you develop with, and give that"
    )
