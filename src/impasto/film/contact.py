"""Contact sheets: frames of a film beside and below each other, each with its time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from impasto.pictures.picture import Picture

_GAP_PX = 4
# Of a row of the sheet, about.
_WIDE_PX = 1600


def contact_sheet(frames: Sequence[Picture], seconds: Sequence[float]) -> Image.Image:
    """Return a sheet of frames of one size, as wide as it is easily looked at."""
    height, width = frames[0].size
    columns = max(1, min(len(frames), _WIDE_PX // (width + _GAP_PX), _even(len(frames))))
    rows = math.ceil(len(frames) / columns)
    size = columns * (width + _GAP_PX) - _GAP_PX, rows * (height + _GAP_PX) - _GAP_PX
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    for number, (frame, at) in enumerate(zip(frames, seconds, strict=True)):
        left, top = (number % columns) * (width + _GAP_PX), number // columns * (height + _GAP_PX)
        sheet.paste(frame.image.convert("RGB"), (left, top))
        pen.text((left + 4, top + 2), f"{at:.2f} s", "white", stroke_width=2, stroke_fill="black")
    return sheet


def _even(count: int) -> int:
    """Return about as many columns as a sheet of about 3 by 2 has."""
    return math.ceil(math.sqrt(1.5 * count))
