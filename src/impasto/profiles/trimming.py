"""Colour profiles without what has nothing to do with colours, for readers of short ones."""

from __future__ import annotations

import struct

from impasto.profiles import spaces

# What profiles of RGB primaries and curves say of colours, and tables that go before those
# (ICC.1:2022, 8.3 and 8.10): the way in only, by which pixels are shown.
_SPEAKING = {
    *(b"desc", b"cprt", b"wtpt", b"chad"),
    *(b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"),
    *(b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2", b"D2B3"),
}
_HEADER, _ENTRY = 128, 12


def trimmed(profile: bytes) -> bytes:
    """Return a profile of the same colours, without private tags and whatever else is there."""
    count = int.from_bytes(profile[_HEADER : _HEADER + 4], "big")
    first = _HEADER + 4
    entries = struct.iter_unpack(">4sII", profile[first : first + _ENTRY * count])
    tags = {
        name: profile[start : start + size] for name, start, size in entries if name in _SPEAKING
    }
    # The digest is one of the whole.
    return spaces.assembled(profile[:84] + bytes(16) + profile[100:_HEADER], tags)
