"""Pictures of a run while it goes on: the newest, and those of its film."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from PIL import Image
from torch.nn import functional

from impasto.engine.step import Step
from impasto.scene.finish import finish
from impasto.workshop.places import PREVIEW, frame, frames

# Three a second at most, and one part in fifty of the time.
_SECONDS = 1 / 3
_SHARE = 0.02
_LONG_SIDE = 900
_FILM_SIDE = 640
_FRAMES = 120


class Previews:
    """Writes what the page shows of a job under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "frames").mkdir(exist_ok=True)
        self._due = 0.0
        self._shown: int | None = None
        # One that was seen before is never shown for a new one.
        self.counter = secrets.randbelow(1 << 40)

    def forget_after(self, evaluations: int) -> None:
        """Drop the film's pictures of evaluations that will be made again, or never."""
        for path in frames(self._folder):
            if int(path.stem) > evaluations:
                path.unlink()

    def see(self, step: Step, *, now: bool = False) -> None:
        """Write when it is time, the last in any case."""
        began, evaluations = time.monotonic(), sum(step.evaluations)
        if (began < self._due and not (now or step.final)) or evaluations == self._shown:
            return
        image = preview_of(step)
        write_jpeg(image, self._folder / PREVIEW)
        self._film(image, step)
        self.counter, self._shown = self.counter + 1, evaluations
        after = time.monotonic()
        self._due = after + max(_SECONDS, (after - began) / _SHARE)

    def _film(self, image: Image.Image, step: Step) -> None:
        finest = step.levels[-1]
        scale = min(1.0, _FILM_SIDE / max(finest.height, finest.width))
        size = [max(2, round(side * scale / 2) * 2) for side in (finest.width, finest.height)]
        write_jpeg(image.resize(size), frame(self._folder, sum(step.evaluations)))
        there = frames(self._folder)
        if len(there) > _FRAMES:
            for path in there[1:-1:2]:
                path.unlink()


def preview_of(step: Step, long_side: int = _LONG_SIDE) -> Image.Image:
    """Return the finished picture of a step, scaled down before it is finished."""
    image = step.image.detach()
    scale = long_side / max(image.shape[-2:])
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.shape[-2:]]
        image = functional.interpolate(image, size=size, mode="area")
    run = step.run
    return finish(run.originals, run.settings.surface, image).image


def write_jpeg(image: Image.Image, path: Path) -> None:
    """Write a JPEG whole or not at all; not for ever, so nothing waits for the disk."""
    beside = path.with_name(f".{path.name}.tmp")
    profile = image.info.get("icc_profile")
    image.convert("RGB").save(beside, "JPEG", quality=85, icc_profile=profile)
    os.replace(beside, path)
