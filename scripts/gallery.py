"""Paint docs/gallery.md's pictures: every control on the project's own examples.

    python scripts/gallery.py [NAME ...]

Takes about ten minutes on two cores; names paint only those strips again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

import impasto
from impasto import Style
from impasto.reading.sources import as_picture
from impasto.settings.style_losses import STYLE_LOSSES

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs/pictures/gallery"
SIZE = 240
GAP = 6


def example(name: str) -> Path:
    return ROOT / "examples" / name


COFFEE, CAT, ROCKET, ASTRONAUT = (
    example(f"{name}.jpg") for name in ("coffee", "chelsea", "rocket", "astronaut")
)
SWIRL, GLASS, INK, WOODBLOCK = (
    example(f"{name}.jpg") for name in ("swirl", "glass", "ink", "woodblock")
)
MAP, WHITE, BLACK = example("coffee_regions.png"), (255, 255, 255), (0, 0, 0)

Picture = Callable[[], Image.Image]


def painted(content: Any, styles: Any, **options: Any) -> Picture:
    return lambda: impasto.stylize(content, styles, **{"size": SIZE, **options}).image


def varied(content: Any, styles: Any, option: str, *values: Any) -> list[Picture]:
    return [painted(content, styles, **{option: value}) for value in values]


def served(picture: Path, colour: tuple[int, int, int]) -> Style:
    return Style(as_picture(picture), regions=colour)


def tiled(styles: Any, **options: Any) -> Picture:
    def twice() -> Image.Image:
        tile = impasto.stylize(None, styles, size="160x96", padding="wrap", **options).image
        wide = Image.new("RGB", (2 * tile.width, 2 * tile.height))
        for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
            wide.paste(tile, (corner[0] * tile.width, corner[1] * tile.height))
        return wide

    return twice


STRIPS: dict[str, list[Picture]] = {
    "presets": [
        *varied(COFFEE, SWIRL, "preset", "quick", "standard", "fine"),
        painted(COFFEE, SWIRL, preset="paper", iterations=120),
    ],
    "strength": varied(CAT, INK, "strength", 25, 50, 75),
    "losses": varied(CAT, SWIRL, "style_loss", *STYLE_LOSSES),
    "colour": varied(CAT, SWIRL, "colour", "style", "luminance", "match", "chroma"),
    "blend": [
        painted(ROCKET, [SWIRL, WOODBLOCK], style_blend=shares)
        for shares in ((1, 0), (0.5, 0.5), (0, 1))
    ],
    "scale": varied(COFFEE, GLASS, "style_scale", 0.5, 1, 2),
    "smoothness": varied(COFFEE, SWIRL, "smoothness", 0, 1, 20),
    "detail": varied(COFFEE, SWIRL, "detail", 0, 1),
    "content-layers": varied(
        COFFEE, SWIRL, "content_layers", "relu2_2", "relu4_2", "relu5_2", "relu2_2,relu4_2"
    ),
    "style-layers": [
        painted(COFFEE, SWIRL, style_layers=layers)
        for layers in ("relu1_1,relu2_1", "relu1_1,relu2_1,relu3_1", "relu4_1,relu5_1")
    ],
    "crops": varied(COFFEE, WOODBLOCK, "style_crops", "0:0:1:0.5", "0:0.5:1:1"),
    "start": varied(CAT, GLASS, "init", "content", "noise", "style"),
    "regions": [
        painted(COFFEE, [served(SWIRL, WHITE), served(WOODBLOCK, BLACK)], regions=MAP),
        painted(COFFEE, SWIRL, protect=MAP),
    ],
    "faces": varied(ASTRONAUT, SWIRL, "faces", "style", "keep"),
    "photo": [
        lambda: as_picture(COFFEE).image.resize((SIZE, SIZE * 2 // 3)),
        lambda: as_picture(ROCKET).image.resize((SIZE, SIZE * 2 // 3)),
        painted(COFFEE, ROCKET),
        painted(COFFEE, ROCKET, preset="photo", surface="painted"),
        painted(COFFEE, ROCKET, preset="photo"),
    ],
    "texture": [tiled(SWIRL), tiled(GLASS)],
    "readme": [
        painted(COFFEE, SWIRL, size=512),
        painted(CAT, GLASS, size=512, strength=25),
    ],
}


def main() -> None:
    """Paint the strips named, or all."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or STRIPS:
        pictures = [paint() for paint in STRIPS[name]]
        height = max(picture.height for picture in pictures)
        width = sum(picture.width + GAP for picture in pictures) - GAP
        strip, left = Image.new("RGB", (width, height), "white"), 0
        for picture in pictures:
            strip.paste(picture, (left, 0))
            left += picture.width + GAP
        strip.save((OUT.parent if name == "readme" else OUT) / f"{name}.jpg", quality=88)
        print(name, flush=True)


if __name__ == "__main__":
    main()
