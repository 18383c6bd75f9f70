"""RGB spaces by the numbers of ITU-T H.273, as PNG (cICP), AVIF and HEIC (nclx) say them."""

from __future__ import annotations

import struct
from typing import IO

from impasto.errors import PictureError
from impasto.profiles import spaces
from impasto.profiles.spaces import D65, LINEAR, SRGB, SRGB_CURVE, Curve, Primaries

# Table 2.
_PRIMARIES: dict[int, tuple[Primaries, str]] = {
    1: (SRGB, "sRGB"),
    9: ((*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046), "BT.2020"),
    12: ((*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060), "Display P3"),
}
# Table 3. Television's (1, 6, 14, 15) are shown as sRGB's is, as browsers do.
_CURVES: dict[int, tuple[Curve, str]] = {
    **dict.fromkeys((1, 6, 13, 14, 15), (SRGB_CURVE, "")),
    4: ((0, (2.2,)), ", gamma 2.2"),
    5: ((0, (2.8,)), ", gamma 2.8"),
    8: (LINEAR, ", linear"),
}
_HDR = {16: "PQ", 18: "HLG"}
# How far into a file of boxes its properties are looked for.
_PROPERTIES = 1 << 16


def profile_of(points: tuple[int, int], name: str) -> bytes | None:
    """Return the profile of primaries and transfer: empty for sRGB, None for unknown ones.

    Raises PictureError for the curves of HDR, of which a painting can show a part only.
    """
    primaries, transfer = points
    if transfer in _HDR:
        raise PictureError(
            f"{name} is an HDR picture ({_HDR[transfer]}); save it without HDR, as a PNG or TIFF "
            "of 16 bits in sRGB or Display P3"
        )
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        return None
    (colours, space), (curve, addition) = _PRIMARIES[primaries], _CURVES[transfer]
    if (colours, curve) == (SRGB, SRGB_CURVE):
        return b""
    return spaces.of_primaries(colours, curve, space + addition)


def of_boxes(stream: IO[bytes]) -> tuple[int, int] | None:
    """Return primaries and transfer of an AVIF or HEIC file, None where it says none."""
    stream.seek(0)
    numbers = stream.read(_PROPERTIES).partition(b"colrnclx")[2]
    return struct.unpack(">HH", numbers[:4]) if len(numbers) >= 4 else None
