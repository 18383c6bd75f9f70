"""Films written from painted frames: pictures by FFmpeg's encoders, the sound as it is."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.files import replacing
from impasto.film.clip import Clip
from impasto.film.codecs import Codec
from impasto.pictures.coding import encoding
from impasto.pictures.picture import Picture

_log = logging.getLogger(__name__)

# What FFmpeg calls the containers.
_FORMS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
_TELEVISION = 1  # the range of numbers that every player expects
_MATRICES = {1: "ITU709", 5: "ITU601", 6: "ITU601", 9: "BT2020"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """How a film is written: `times` of its frames in seconds, from `start` of the clip's on."""

    codec: Codec
    clip: Clip
    times: Sequence[Fraction]
    tick: Fraction
    start: Fraction
    quality: int
    words: str = ""  # what the file says of how it was painted


def write_film(frames: Iterable[Picture], path: Path, target: Target) -> None:
    """Write as many frames as there are, whole or not at all; raise OutputError where it fails."""
    with replacing(path) as stream, encoding(path):
        _encode(frames, stream, path, target)


def _encode(frames: Iterable[Picture], stream: Any, path: Path, target: Target) -> None:
    import av

    with av.open(stream, "w", format=_FORMS[path.suffix.lower()]) as container:
        container.metadata["comment"] = target.words
        film: Any = None
        sound: _Sound | None = None
        with contextlib.ExitStack() as stack:
            for picture, at in zip(frames, target.times, strict=False):
                samples = _even(_opaque(picture).samples(target.codec.depth)[..., :3])
                if film is None:
                    film = _stream(container, samples.shape, target)
                    sound = stack.enter_context(_sound(container, path, target))
                frame = _frame(samples, at, target)
                if sound is not None:
                    sound.until(at)
                container.mux(film.encode(frame))
            container.mux(film.encode())
            if sound is not None:
                sound.until(_end(target, at))


def _end(target: Target, last: Fraction) -> Fraction:
    """Return when the last of the frames written is over."""
    later = [at for at in target.times if at > last]
    return later[0] if later else last + 1 / target.clip.rate


def _stream(container: Any, shape: tuple[int, ...], target: Target) -> Any:
    codec, colours = target.codec, target.clip.colours
    rate = Fraction(len(target.times) - 1 or 1) / (target.times[-1] or Fraction(1, 25))
    film = container.add_stream(codec.encoder, rate=rate.limit_denominator(1001))
    film.height, film.width = shape[:2]
    film.pix_fmt = codec.pixels
    film.sample_aspect_ratio = target.clip.aspect
    context = film.codec_context
    context.time_base = target.tick
    context.color_range = _TELEVISION
    context.color_primaries, context.color_trc = colours.primaries, colours.transfer
    context.colorspace = colours.matrix if colours.matrix in _MATRICES else 1
    own = {codec.quality: str(target.quality)} if codec.quality else {}
    context.options = {**codec.options, **own}
    return film


def _frame(samples: NDArray[Any], at: Fraction, target: Target) -> Any:
    import av

    form = "rgb24" if target.codec.depth == 8 else "rgb48le"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(samples), format=form)
    matrix = _MATRICES.get(target.clip.colours.matrix, "ITU709")
    frame = frame.reformat(
        format=target.codec.pixels, dst_colorspace=matrix, dst_color_range=_TELEVISION
    )
    frame.pts, frame.time_base = round(at / target.tick), target.tick
    return frame


def _even(samples: NDArray[Any]) -> NDArray[Any]:
    """Return a picture with even sides, which films have: its last row or column twice."""
    height, width = samples.shape[:2]
    return np.pad(samples, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _opaque(picture: Picture) -> Picture:
    """Return a picture laid over white, for films have no transparency."""
    if picture.alpha is None:
        return picture
    share = picture.alpha[..., None]
    return Picture(picture.array * share + (1 - share))


@dataclass(eq=False)
class _Sound:
    """Copies packets of sound, none of them decoded, as far as the pictures have come."""

    packets: Iterator[Any]
    container: Any
    stream: Any
    start: Fraction
    waiting: Any = None

    def until(self, seconds: Fraction) -> None:
        """Copy what is heard before a time."""
        while (packet := self.waiting or next(self.packets, None)) is not None:
            at = packet.pts * packet.time_base - self.start
            if at >= seconds:
                self.waiting = packet
                return
            self.waiting = None
            if at >= 0:
                moved = round(self.start / packet.time_base)
                packet.pts, packet.dts = packet.pts - moved, packet.dts - moved
                packet.stream = self.stream
                self.container.mux(packet)


@contextlib.contextmanager
def _sound(container: Any, path: Path, target: Target) -> Iterator[_Sound | None]:
    """Open the sound of the film that was painted, if it has any that the container holds."""
    import av

    if not target.clip.audio:
        yield None
        return
    with av.open(str(target.clip.path)) as source:
        own = source.streams.audio[0]
        name = own.codec_context.name
        if own.codec_context.codec.canonical_name not in container.supported_codecs:
            told = "%s holds no sound of the kind '%s'; the film is silent: write a .mkv or .mov"
            _log.info(told, path.suffix, name)
            yield None
            return
        packets = (one for one in source.demux(own) if one.pts is not None and one.size)
        stream = container.add_stream_from_template(own)
        yield _Sound(packets, container, stream, target.clip.began + target.start)
