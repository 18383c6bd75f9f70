"""Short films with a known motion: a photograph panned or zoomed, something passing before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.sheets.subjects import EXAMPLES

Frame = NDArray[np.float32]


def photograph(name: str, long_side: int) -> Frame:
    """Return an example, (H,W,3), 0..1."""
    image = Image.open(EXAMPLES / name).convert("RGB")
    image.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    return np.asarray(image, np.float32) / 255


def pan(photo: Frame, count: int, height: int, width: int, step: float) -> list[Frame]:
    """Look through a window that moves to the right by `step` px a frame: things move left."""
    return [_window(photo, height, width, step * number) for number in range(count)]


def passing(photo: Frame, count: int, side: int, step: int) -> tuple[list[Frame], list[Frame]]:
    """Let a chequered square pass before a still photograph; return frames and its masks (H,W)."""
    height, width = photo.shape[:2]
    rng = np.random.default_rng(7)
    square = np.kron(rng.random((4, 4, 3), np.float32), np.ones((side // 4, side // 4, 1)))
    frames, masks = [], []
    for number in range(count):
        left, top = 4 + step * number, (height - side) // 2
        frame, mask = photo.copy(), np.zeros((height, width), np.float32)
        frame[top : top + side, left : left + side] = square
        mask[top : top + side, left : left + side] = 1
        frames.append(frame)
        masks.append(mask)
    return frames, masks


def _window(photo: Frame, height: int, width: int, left: float) -> Frame:
    image = Image.fromarray(np.rint(photo * 255).astype(np.uint8))
    box = (left, 0.0, left + width, float(height))
    seen = image.transform((width, height), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)
    return np.asarray(seen, np.float32) / 255
