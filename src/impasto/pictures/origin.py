"""Where a picture came from, and what its file said beside the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True)
class Source:
    """Which file a picture was read from: base name, SHA-256 of its bytes, which of its frames."""

    name: Annotated[
        str, Meta(pattern=r"(?#a file name without folders)\A[^/\0]*\Z", max_length=255)
    ]
    sha256: Annotated[str, Meta(pattern=r"(?#64 hexadecimal digits)\A[0-9a-f]{64}\Z")]
    frame: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


@dataclass(frozen=True)
class Origin:
    """What a picture's file says beside its pixels, and the result's file will say again."""

    profile: bytes | None = None  # the RGB space of the pixels as an ICC profile; None is sRGB
    depth: int = 8  # bits a channel: 8 or 16
    density: tuple[float, float] | None = None  # pixels an inch, across and down
    exif: bytes | None = None  # the camera's words, as a TIFF structure
    source: Source | None = None  # None where the pixels came from no file
    # What the file's pixels were in and the result's will be, where that is no space to paint in.
    own_profile: bytes | None = None
