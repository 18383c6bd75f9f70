"""Paint the pictures of docs/gallery.md and the README's: every control on our own examples.

    python scripts/gallery.py [NAME ...]

Takes about half an hour on two cores; names paint only those strips. What was painted is kept in
build/gallery under a digest of the code, the pictures and the options, so that a run that was
stopped goes on, and one after a change paints anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from panels import ROOT, Panel, opening, strip
from PIL import Image

from impasto.settings.style_losses import STYLE_LOSSES

OUT = ROOT / "docs/pictures"
LARGE = 880  # the width of the README's paintings, in pixels
QUALITY = 85


def example(name: str) -> Path:
    return ROOT / f"examples/{name}.jpg"


ASTRONAUT, CAT, COFFEE, DAHLIA, DANDELION, FIG, PAGODA, PEAKS = map(
    example, ("astronaut", "chelsea", "coffee", "dahlia", "dandelion", "fig", "pagoda", "peaks")
)
PAINTS = SWIRL, PASTEL, DOTS, WATERCOLOUR = tuple(
    map(example, ("swirl", "pastel", "dots", "watercolour"))
)
PRINTS = WOODCUT, WOODBLOCK, ENGRAVING, INK = tuple(
    map(example, ("woodcut", "woodblock", "engraving", "ink"))
)
PIECES = MOSAIC, GLASS = example("mosaic"), example("glass")
MAP, WHITE, BLACK = ROOT / "examples/coffee_regions.png", (255, 255, 255), (0, 0, 0)


def before(content: Path, style: Path) -> Panel:
    return Panel("the photograph and the style", content, inset=style)


def varied(content: Path, style: Path, option: str, *values: Any, **options: Any) -> list[Panel]:
    flag = f"--{option.replace('_', '-')}"
    return [
        Panel(f"{flag} {value}", content, (style,), {**options, option: value}) for value in values
    ]


STRIPS: dict[str, list[Panel]] = {
    "styles": [
        Panel(style.stem, PAGODA, (style,), inset=style)
        for style in (*PAINTS, *PRINTS, *PIECES)
    ],
    "presets": [
        *varied(PAGODA, SWIRL, "preset", "quick", "standard", "fine"),
        *varied(PAGODA, SWIRL, "preset", "paper", iterations=120),
    ],
    "strength": [before(CAT, INK), *varied(CAT, INK, "strength", 25, 50, 75)],
    "losses": varied(CAT, SWIRL, "style_loss", *STYLE_LOSSES),
    "colour": varied(FIG, SWIRL, "colour", "style", "luminance", "match", "chroma"),
    "blend": [
        before(PEAKS, DOTS),
        *(
            Panel(f"--style-blend {a},{b}", PEAKS, (DOTS, ENGRAVING), {"style_blend": (a, b)})
            for a, b in ((1, 0), (0.5, 0.5), (0, 1))
        ),
    ],
    "scale": [before(PAGODA, MOSAIC), *varied(PAGODA, MOSAIC, "style_scale", 0.5, 1, 2)],
    "smoothness": [before(COFFEE, SWIRL), *varied(COFFEE, SWIRL, "smoothness", 0, 1, 20)],
    "detail": varied(PAGODA, PASTEL, "detail", 0, 1),
    "content-layers": varied(
        DAHLIA, SWIRL, "content_layers", "relu2_2", "relu4_2", "relu5_2", "relu2_2,relu4_2"
    ),
    "style-layers": [
        before(DAHLIA, WOODCUT),
        *varied(
            DAHLIA, WOODCUT, "style_layers",
            "relu1_1,relu2_1", "relu1_1,relu2_1,relu3_1", "relu4_1,relu5_1",
        ),
    ],
    "crops": varied(PEAKS, WOODBLOCK, "style_crops", "0:0:1:0.5", "0:0.5:1:1"),
    "start": [before(CAT, GLASS), *varied(CAT, GLASS, "init", "content", "noise", "style")],
    "regions": [
        Panel("--regions", COFFEE, (SWIRL, WOODBLOCK), {"regions": MAP}, served=(WHITE, BLACK)),
        Panel("--protect", COFFEE, (SWIRL,), {"protect": MAP}),
    ],
    "faces": [before(ASTRONAUT, SWIRL), *varied(ASTRONAUT, SWIRL, "faces", "style", "keep")],
    "photo": [
        Panel("the photographs", PEAKS, inset=DANDELION),
        Panel("by default", PEAKS, (DANDELION,)),
        Panel("--preset photo --surface painted", PEAKS, (DANDELION,),
              {"preset": "photo", "surface": "painted"}),
        Panel("--preset photo", PEAKS, (DANDELION,), {"preset": "photo"}),
    ],
    "texture": [Panel(style.stem, None, (style,)) for style in (SWIRL, MOSAIC, GLASS, PASTEL)],
}  # fmt: skip
# what the README opens with
README = [
    Panel("", PAGODA, (PASTEL,), {"size": LARGE}),
    Panel("", CAT, (DOTS,), {"size": LARGE}),
    Panel("", COFFEE, (WOODCUT,), {"size": LARGE}),
]


def main() -> None:
    """Paint the strips named, or all."""
    parser = argparse.ArgumentParser(description="Paint the gallery's pictures.")
    names = (*STRIPS, "readme")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    asked = parser.parse_args().names
    if unknown := sorted(set(asked) - set(names)):
        parser.error(f"no strip is named {', '.join(unknown)}; choose from {', '.join(names)}")
    for name in asked or names:
        if name == "readme":
            save(opening(README), OUT / "readme.jpg")
        else:
            save(strip(STRIPS[name]), OUT / f"gallery/{name}.jpg")


def save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, quality=QUALITY, optimize=True, progressive=True)
    print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
