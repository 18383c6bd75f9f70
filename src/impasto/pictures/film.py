"""Short films: a run's pictures one after another."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from impasto.files import replacing
from impasto.pictures.coding import encoding

FILMS = (".gif", ".webp", ".mp4")


def save_film(
    frames: Sequence[Image.Image], path: Path, frames_a_second: int, *, fresh: bool = False
) -> None:
    """Write RGB pictures of one size as a film; the last one stays for two seconds.

    Raises OutputError when it cannot be written, or would be `fresh` and replace another.
    """
    shown = [*frames, *[frames[-1]] * (2 * frames_a_second)]
    with replacing(path, fresh=fresh) as stream, encoding(path):
        if path.suffix.lower() == ".mp4":
            _write_mp4(shown, stream, frames_a_second)
        else:
            kind, duration, more = path.suffix[1:].upper(), 1000 // frames_a_second, shown[1:]
            shown[0].save(
                stream, kind, save_all=True, append_images=more, duration=duration, loop=0
            )


def _write_mp4(frames: Sequence[Image.Image], stream: IO[bytes], frames_a_second: int) -> None:
    import av

    with av.open(stream, "w", format="mp4") as container:
        film = container.add_stream("libx264", rate=Fraction(frames_a_second))
        film.width, film.height = frames[0].size
        film.pix_fmt = "yuv420p"
        for image in frames:
            for packet in film.encode(av.VideoFrame.from_ndarray(np.asarray(image))):
                container.mux(packet)
        for packet in film.encode():
            container.mux(packet)
