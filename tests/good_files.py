"""What sound picture files are made from."""

import imagecodecs
import numpy as np
from conftest import random_pixels
from PIL import Image

from impasto.profiles.spaces import assembled, tags_of

PIXELS = random_pixels(40, 60, 0)
SUFFIXES = (".png", ".jpg", ".webp", ".tif", ".avif")
RECIPE = '{"impasto": "x", "more": "' + "y" * 3000 + '"}'

D65 = (0.3127, 0.3290, 1.0)
# Primaries and gamma of Adobe RGB (1998), section 4.3.
_ADOBE_PRIMARIES = (0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1)
ADOBE = imagecodecs.cms_profile("rgb", whitepoint=D65, gamma=2.19921875, primaries=_ADOBE_PRIMARIES)


def sixteen_bit(height: int = 40, width: int = 60, channels: int = 3) -> np.ndarray:
    """Return random uint16 numbers (height, width, channels)."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 65536, (height, width, channels), dtype=np.uint16)


def exif_of(orientation: int | None = None) -> Image.Exif:
    """Return a camera's words, with a way up if one is given."""
    exif = Image.Exif()
    exif[271], exif[272] = "Maker", "Camera 1"
    if orientation is not None:
        exif[0x0112] = orientation
    return exif


def with_chunk(data: bytes, *chunks: bytes) -> bytes:
    """Return a PNG with more chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def with_tags(profile: bytes, **added: bytes) -> bytes:
    """Return an ICC profile with other tags, or more of them."""
    tags = tags_of(profile)
    return assembled(profile[:128], tags | {name.encode(): tag for name, tag in added.items()})


def lengthened(profile: bytes, more: bytes) -> bytes:
    """Return an ICC profile with a private tag."""
    return with_tags(profile, priv=more)
