"""RGB spaces as ICC profiles: made of primaries and a curve, or cut to what speaks of colours.

Profiles of version 4 (ICC.1:2022): three colorants under D50, one parametric curve.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# Chromaticities x, y: white, red, green, blue.
Primaries = tuple[float, float, float, float, float, float, float, float]
D65 = (0.3127, 0.3290)
SRGB: Primaries = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_ADOBE: Primaries = (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
# Parametric curves: type, numbers. The first is a power alone, the second sRGB's.
Curve = tuple[int, tuple[float, ...]]
SRGB_CURVE: Curve = (3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
LINEAR: Curve = (0, (1.0,))

_D50 = (0.9642, 1.0, 0.8249)  # as ICC rounds it
# Cones' answers by XYZ, after Bradford (ICC.1:2022, annex E).
_BRADFORD = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)

# What profiles of RGB primaries and curves say of colours, and tables that go before those
# (ICC.1:2022, 8.3 and 8.10): the way in only, by which pixels are shown.
_SPEAKING = {
    *(b"desc", b"cprt", b"wtpt", b"chad"),
    *(b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"),
    *(b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2", b"D2B3"),
}


@functools.cache
def adobe_rgb() -> bytes:
    """Return a profile of Adobe RGB (1998)."""
    return of_primaries(_ADOBE, (0, (563 / 256,)), "Compatible with Adobe RGB (1998)")


def of_gamma(gamma: float, chromaticity: Sequence[float] | None) -> bytes | None:
    """Return the space that a PNG's gAMA and cHRM say, None for sRGB and for nonsense."""
    primaries: Primaries = SRGB
    if chromaticity is not None and len(chromaticity) == 8 and _is_sound(chromaticity):
        primaries = tuple(chromaticity)  # type: ignore[assignment]
    if not 0.1 <= gamma <= 5:
        return None
    near = np.abs(np.subtract(primaries, SRGB)).max() < 2e-3
    if near and abs(gamma - 1 / 2.2) < 0.01:
        return None
    return of_primaries(primaries, (0, (1 / gamma,)), f"Gamma {1 / gamma:.3g}")


def of_primaries(primaries: Primaries, curve: Curve, name: str) -> bytes:
    """Make a profile of chromaticities and a curve."""
    return of_colorants(colorants_of(primaries), curve, name, _adaptation(_white(primaries)))


def colorants_of(primaries: Primaries) -> NDArray[np.float64]:
    """Return the XYZ (3,3) of red, green and blue under D50, one a row."""
    white = _white(primaries)
    matrix = np.stack([_tristimulus(*primaries[n : n + 2]) for n in (2, 4, 6)], 1)
    amounts = np.linalg.solve(matrix, white)
    adapted: NDArray[np.float64] = (_adaptation(white) @ (matrix * amounts)).T
    return adapted


def of_colorants(
    colorants: NDArray[np.float64],
    curve: Curve,
    name: str,
    adaptation: NDArray[np.float64] | None = None,
) -> bytes:
    """Make a profile of the XYZ of red, green and blue under D50, and a curve."""
    kind, numbers = curve
    shape = b"para" + bytes(4) + struct.pack(">HH", kind, 0) + _fixed(*numbers)
    adaptation = np.eye(3) if adaptation is None else adaptation
    tags = {
        b"desc": _text(name),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32" + bytes(4) + _fixed(*adaptation.flat),
        **{key: _xyz(row) for key, row in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), shape),
    }
    # Header (7.2): no date, so that the same space has the same bytes.
    head = struct.pack(">8xI12s12x4s28x", 0x04400000, b"mntrRGB XYZ ", b"acsp")
    return assembled((head + _fixed(*_D50)).ljust(128, b"\0"), tags)


def assembled(header: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """Make a profile of a header of 128 bytes, whose length is not said yet, and tags."""
    table, data = b"", b""
    first = 128 + 4 + 12 * len(tags)
    for key, content in tags.items():
        table += key + struct.pack(">II", first + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    body = struct.pack(">I", len(tags)) + table + data
    return struct.pack(">I", 128 + len(body)) + header[4:] + body


def tags_of(profile: bytes) -> dict[bytes, bytes]:
    """Return what stands in a profile behind its header, by names of four letters."""
    count = int.from_bytes(profile[128:132], "big")
    entries = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    return {name: profile[start : start + size] for name, start, size in entries}


def trimmed(profile: bytes) -> bytes:
    """Return a profile of the same colours, without private tags and whatever else is there."""
    tags = {name: tag for name, tag in tags_of(profile).items() if name in _SPEAKING}
    # The digest is one of the whole.
    return assembled(profile[:84] + bytes(16) + profile[100:128], tags)


def _white(primaries: Primaries) -> NDArray[np.float64]:
    return _tristimulus(*primaries[:2])


def _tristimulus(x: float, y: float) -> NDArray[np.float64]:
    return np.array((x / y, 1, (1 - x - y) / y))


def _adaptation(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what brings XYZ under a white to D50."""
    shares = np.diag((_BRADFORD @ np.array(_D50)) / (_BRADFORD @ white))
    moved: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ shares @ _BRADFORD
    return moved


def _is_sound(chromaticity: Sequence[float]) -> bool:
    points = np.array(chromaticity).reshape(4, 2)
    if not (np.isfinite(points).all() and (points[:, 1] > 1e-3).all() and (points < 2).all()):
        return False
    red, green, blue = points[1:]
    return bool(abs(np.linalg.det((green - red, blue - red))) > 1e-3)


def _fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(float(number) * 65536) for number in numbers))


def _xyz(numbers: Sequence[float] | NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*numbers)


def _text(words: str) -> bytes:
    encoded = words.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded
