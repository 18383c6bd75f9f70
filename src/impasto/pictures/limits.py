"""What is let in, and which picture of a file that holds several."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from impasto.errors import PictureError, UsageError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What is let in, and which picture of a file that holds several."""

    max_pixels: int = 1 << 27
    frame: int = 0
    allow_truncated: bool = False
    by_flags: bool = True  # what is let in is for whoever reads to say; else the memory says

    def check_size(self, name: str, width: int, height: int) -> None:
        """Refuse a picture of too many pixels; to be asked before anything is decoded."""
        if width * height > self.max_pixels:
            remedy = (
                f"are let in; raise that with --max-pixels {width * height}"
                if self.by_flags
                else "the free memory holds; free more, or go where there is more"
            )
            raise PictureError(
                f"{name} has {width} x {height} pixels, more than the {self.max_pixels / 1e6:.0f} "
                f"million that {remedy}"
            )

    def chosen(self, frames: int, name: str) -> int:
        """Return the number of the picture to take, with a note where there are others."""
        if not 0 <= self.frame < frames:
            raise UsageError(
                f"{name} has {frames} frames, 0 to {frames - 1}; there is no {self.frame}"
            )
        if frames > 1:
            _log.info("%s has %d frames; number %d is taken", name, frames, self.frame)
        return self.frame

    def check_whole(self, name: str, share: float) -> None:
        """Refuse a file that was cut short after a share of its picture, unless that is let in."""
        message = f"{name} is cut short at {min(int(100 * share), 99)}%"
        if not self.allow_truncated:
            remedy = ", or paint what is there with --allow-truncated" if self.by_flags else ""
            raise PictureError(f"{message}; get all of it{remedy}")
        _log.info("%s; what is missing is painted as it came", message)
