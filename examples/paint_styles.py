"""Paint the style pictures of this folder from nothing but numbers.

    python examples/paint_styles.py [FOLDER] [--only NAME]

Every picture has a module in `styles/`. It is painted at twice its size and reduced at the end,
which is what smooths its edges. The random numbers are seeded, so that a machine paints the same
picture every time. The pictures are dedicated to the public domain (CC0).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image
from styles.dots import paint_dots
from styles.engraving import paint_engraving
from styles.glass import paint_glass
from styles.ink import paint_ink
from styles.mosaic import paint_mosaic
from styles.pastel import paint_pastel
from styles.swirl import paint_swirl
from styles.watercolour import paint_watercolour
from styles.woodblock import paint_woodblock
from styles.woodcut import paint_woodcut

LARGEST_FILE = 300_000  # bytes

PICTURES: dict[str, Callable[[Generator], Image.Image]] = {
    "swirl": paint_swirl,
    "glass": paint_glass,
    "ink": paint_ink,
    "woodblock": paint_woodblock,
    "dots": paint_dots,
    "engraving": paint_engraving,
    "mosaic": paint_mosaic,
    "pastel": paint_pastel,
    "watercolour": paint_watercolour,
    "woodcut": paint_woodcut,
}


def jpeg_that_fits(picture: Image.Image) -> bytes:
    """Write the picture as a JPEG file, of the best quality that keeps it small enough."""
    for quality in range(92, 40, -2):
        file = BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if file.tell() <= LARGEST_FILE:
            return file.getvalue()
    raise ValueError(f"no quality brings the picture below {LARGEST_FILE} bytes")


def main() -> None:
    """Paint all the pictures, or the one asked for."""
    parser = argparse.ArgumentParser(description="Paint the style pictures.")
    here = Path(__file__).resolve().parent
    parser.add_argument("folder", nargs="?", type=Path, default=here, help="where to put them")
    parser.add_argument("--only", choices=PICTURES, help="paint one picture")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in [options.only] if options.only else PICTURES:
        picture = PICTURES[name](np.random.default_rng(7))
        target = options.folder / f"{name}.jpg"
        target.write_bytes(jpeg_that_fits(picture))
        print(target)


if __name__ == "__main__":
    main()
