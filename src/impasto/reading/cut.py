"""Files that were cut short: what there is of them, and whether anything of the picture lacks."""

from __future__ import annotations

import io
from typing import IO

import numpy as np
from PIL import ImageFile

_END_OF_JPEG = b"\xff\xd9"
# Of which at least one would be decoded as more than the end of a block.
_MORE_BLOCKS = (
    *(bytes((value,)) * 64 for value in (0x55, 0xAA, 0x33, 0xCC, 0x0F)),
    b"".join(bytes((0xFF, 0xD0 + number)) + b"\x55" * 64 for number in range(8)),  # restarts
)


def as_far_as_it_goes(image: ImageFile.ImageFile, stream: IO[bytes]) -> ImageFile.ImageFile:
    """Return an image of a file that was cut short with what there is of it, loaded."""
    if image.format != "JPEG":
        image.tile = []  # so that nothing more is waited for
        return image
    # Without an end mark the last rows stay in the decoder, and all of a progressive file.
    return _followed_by(b"", image, stream)


def lacks_only_its_end(image: ImageFile.ImageFile, stream: IO[bytes]) -> bool:
    """Return whether all blocks of a JPEG are there: then what follows changes none of them."""
    if image.format != "JPEG":
        return False
    found = np.asarray(image)
    others = (_followed_by(more, image, stream) for more in _MORE_BLOCKS)
    try:
        return all(np.array_equal(found, np.asarray(other)) for other in others)
    except OSError:  # a header is cut
        return False


def share_decoded(image: ImageFile.ImageFile) -> float:
    """Return how far down an image has rows."""
    rows = np.asarray(image.convert("RGB"))
    # Below lies one colour, whatever the decoder fills with.
    same = (rows == rows[-1, -1]).all(axis=(1, 2))
    return 1 - float(np.argmin(same[::-1])) / len(same) if not same.all() else 0.0


def _followed_by(more: bytes, image: ImageFile.ImageFile, stream: IO[bytes]) -> ImageFile.ImageFile:
    """Return a JPEG with more of its blocks, and its end mark, behind what there is."""
    stream.seek(0)
    data = stream.read()
    half = b"\0" if more and data.endswith(_END_OF_JPEG[:1]) else b""  # then no mark begins there
    found = type(image)(io.BytesIO(data + half + more + _END_OF_JPEG))
    found.load()
    return found
