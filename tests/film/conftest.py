"""Films of a few small frames, in every form that films come in."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest


def _encode(
    path: Path,
    frames: Sequence[np.ndarray],
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


@pytest.fixture
def encode():
    return _encode
