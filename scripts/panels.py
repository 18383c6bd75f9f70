"""A panel of the gallery: painted, or taken from what was painted before; and rows of panels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

import impasto
from impasto import Style
from impasto.reading.sources import as_picture

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build/gallery"
SIZE, COLUMNS = 480, 2  # of a panel, in pixels; of a strip, in panels
GAP, LABEL = 6, 30  # between panels, and the height of what is written below one, in pixels


@dataclass(frozen=True)
class Panel:
    """One picture of a strip: what is painted, how, and what is written below it.

    Without styles the photograph is shown as it is, without a photograph a texture is painted.
    """

    label: str
    content: Path | None
    styles: tuple[Path, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    inset: Path | None = None  # a picture shown small in the corner
    served: tuple[tuple[int, int, int], ...] = ()  # the colour on the map for each style

    @property
    def width(self) -> int:
        """Return its width in pixels."""
        return int(self.options.get("size", SIZE))

    def kept(self) -> Path:
        """Say where the painting is kept, by all that it depends on."""
        digest = hashlib.sha256(code())
        for path in (self.content, *self.styles, *self.options.values()):
            digest.update(path.read_bytes() if isinstance(path, Path) else b"-")
        digest.update(repr((self.width, sorted(self.options.items()), self.served)).encode())
        return KEPT / f"{digest.hexdigest()[:24]}.png"

    def picture(self) -> Image.Image:
        """Paint, or take what was painted before; return it with its inset."""
        if self.content and not self.styles:
            shown = fitted(self.content, self.width)
        else:
            kept = self.kept()
            if not kept.is_file():
                painted = self.painted() if self.content else self.tiles()
                KEPT.mkdir(parents=True, exist_ok=True)
                part = kept.with_suffix(".part")
                painted.save(part, "PNG")
                part.replace(kept)
            shown = Image.open(kept).convert("RGB")
        if self.inset:
            small = fitted(self.inset, self.width // 4)
            left, top = GAP, shown.height - small.height - GAP
            shown.paste(
                "white", (left - 2, top - 2, left + small.width + 2, top + small.height + 2)
            )
            shown.paste(small, (left, top))
        return shown

    def painted(self) -> Image.Image:
        """Paint the photograph."""
        styles: list[Any] = list(self.styles)
        if self.served:
            pairs = zip(self.styles, self.served, strict=True)
            styles = [Style(as_picture(style), regions=colour) for style, colour in pairs]
        return impasto.stylize(self.content, styles, **{"size": SIZE, **self.options}).image

    def tiles(self) -> Image.Image:
        """Paint a texture, and lay four tiles of it side by side."""
        size = f"{SIZE // 2}x{SIZE // 3}"
        tile = impasto.stylize(None, list(self.styles), size=size, padding="wrap").image
        wide = Image.new("RGB", (2 * tile.width, 2 * tile.height))
        for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
            wide.paste(tile, (corner[0] * tile.width, corner[1] * tile.height))
        return wide


@cache
def code() -> bytes:
    """Return a digest of the package's source."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".py", ".c", ".h", ".toml"):
            digest.update(path.read_bytes())
    return digest.digest()


def fitted(path: Path, width: int) -> Image.Image:
    image = as_picture(path).image.convert("RGB")
    return image.resize(
        (width, round(width * image.height / image.width)), Image.Resampling.LANCZOS
    )


def strip(panels: list[Panel]) -> Image.Image:
    """Set the panels in rows, each with its label below."""
    pictures = [panel.picture() for panel in panels]
    wide = max(picture.width for picture in pictures)
    high = max(picture.height for picture in pictures) + LABEL
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (wide + GAP) - GAP, rows * (high + GAP) - GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for place, (panel, picture) in enumerate(zip(panels, pictures, strict=True)):
        left, top = place % COLUMNS * (wide + GAP), place // COLUMNS * (high + GAP)
        sheet.paste(picture, (left, top))
        middle = (left + picture.width / 2, top + picture.height + LABEL / 2)
        draw.text(middle, panel.label, "#404040", font, anchor="mm")
    return sheet


def opening(panels: list[Panel]) -> Image.Image:
    """Set each painting large, with its photograph and its style beside it."""
    rows = [row(panel) for panel in panels]
    high = sum(each.height + 2 * GAP for each in rows) - 2 * GAP
    sheet, top = Image.new("RGB", (rows[0].width, high), "white"), 0
    for each in rows:
        sheet.paste(each, (0, top))
        top += each.height + 2 * GAP
    return sheet


def row(panel: Panel) -> Image.Image:
    """Set the photograph over the style, cut to share the painting's height, and the painting."""
    painting = panel.picture()
    side, half = painting.width // 2, (painting.height - GAP) // 2
    whole = Image.new("RGB", (side + GAP + painting.width, painting.height), "white")
    for path, top in ((panel.content, 0), (panel.styles[0], painting.height - half)):
        assert path is not None
        image = as_picture(path).image.convert("RGB")
        scale = max(side / image.width, half / image.height)
        size = round(image.width * scale), round(image.height * scale)
        left, above = (size[0] - side) // 2, (size[1] - half) // 2
        resized = image.resize(size, Image.Resampling.LANCZOS)
        whole.paste(resized.crop((left, above, left + side, above + half)), (0, top))
    whole.paste(painting, (side + GAP, 0))
    return whole
