"""Short films with a known motion: a photograph panned, something passing before it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"

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


def encode(
    path: Path,
    frames: Sequence[Frame],
    times: Sequence[int] | None = None,
    *,
    tick: Fraction = Fraction(1, 10),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rotation: int = 0,
    matrix: str = "ITU709",
    full_range: bool = False,
    transfer: int = 1,
    sound: float = 0.0,
    **options: str,
) -> Path:
    """Write frames (H,W,3), 0..1, shown at these ticks, with seconds of sound."""
    with av.open(str(path), "w") as container:
        film = container.add_stream(codec, rate=1 / tick, options=options or {"crf": "4"})
        film.height, film.width = frames[0].shape[:2]
        film.pix_fmt = pixels
        context = film.codec_context
        context.time_base = tick
        context.color_range = 2 if full_range else 1
        context.color_trc = transfer
        context.colorspace = {"ITU709": 1, "ITU601": 6, "UNSAID": 2}[matrix]
        if rotation:
            film.set_display_rotation(rotation)
        voice = container.add_stream("aac", rate=44100) if sound else None
        for number, frame in enumerate(frames):
            shown = av.VideoFrame.from_ndarray(np.rint(frame * 255).astype(np.uint8))
            shown = shown.reformat(
                format=pixels,
                dst_colorspace="ITU601" if matrix == "UNSAID" else matrix,
                dst_color_range=2 if full_range else 1,
            )
            shown.pts, shown.time_base = times[number] if times else number, tick
            container.mux(film.encode(shown))
        container.mux(film.encode())
        if voice is not None:
            wave = np.sin(np.arange(int(44100 * sound)) / 20, dtype=np.float32)[None]
            heard = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            heard.rate = 44100
            container.mux(voice.encode(heard))
            container.mux(voice.encode())
    return path


def _window(photo: Frame, height: int, width: int, left: float) -> Frame:
    image = Image.fromarray(np.rint(photo * 255).astype(np.uint8))
    box = (left, 0.0, left + width, float(height))
    seen = image.transform((width, height), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)
    return np.asarray(seen, np.float32) / 255
