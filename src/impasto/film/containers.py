"""Films in containers, as FFmpeg reads them: MP4, MOV, MKV, WebM, AVI and all others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import PictureError, UsageError
from impasto.film.clip import Clip, Colours
from impasto.pictures.coding import decoding
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.profiles import code_points
from impasto.reading.sources import as_picture

_UNSAID = 2
# The numbers of ITU-T H.273's matrices, as the scaler calls them.
_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020"}
_HDR = {16: "PQ", 18: "HLG"}
# BT.709's, and those of older television, which are hardly others.
_USUAL_PRIMARIES = (1, 5, 6)
# Films of more rows are BT.709's where they do not say, smaller ones BT.601's.
_SMALL_ROWS = 576


def check_installed() -> None:
    """Raise UsageError, with what to do, where the extra is not installed."""
    try:
        import av  # noqa: F401
        import cv2  # noqa: F401
    except ImportError as fault:
        raise UsageError("films need their extra: pip install 'impasto[film]'") from fault


def container_clip(path: Path, reading: Reading) -> Clip:
    """Look at a film: its size, its times, all without decoding more than the first frame.

    Raises PictureError for what holds no pictures or is damaged, and, unless that is let in, for
    one that was cut short.
    """
    name = str(path)
    with _decoding(name), _opened(path) as container:
        stream = _stream_of(container, name)
        declared = stream.frames
        times = sorted(
            at * stream.time_base
            for packet in container.demux(stream)
            if packet.size and (at := packet.dts if packet.pts is None else packet.pts) is not None
        )
        first = _first_frame(path)
        if not times:
            raise PictureError(f"{name} is a film without a frame; get all of it")
        reading.check_size(name, first.width, first.height)
        if declared and len(times) < declared:
            reading.check_whole(name, len(times) / declared)
        colours = _colours_of(first)
        _profile_of(colours, name)
        turned = first.rotation % 180
        aspect = stream.sample_aspect_ratio or Fraction(1)
        return Clip(
            path=path,
            files=(path,),
            read=partial(_frames, path, colours),
            times=tuple(at - times[0] for at in times),
            tick=stream.time_base,
            size=(first.width, first.height) if turned else (first.height, first.width),
            depth=_depth(first),
            audio=bool(container.streams.audio),
            aspect=1 / aspect if turned else aspect,
            colours=colours,
            began=times[0],
        )


@contextlib.contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Raise what FFmpeg raises as PictureError, in words that say what to do."""
    import av

    with decoding(name):
        try:
            yield
        except av.error.FFmpegError as fault:
            if isinstance(fault, MemoryError):
                raise
            said = f"FFmpeg says '{fault.strerror}'"
            raise PictureError(f"{name} is damaged, or no film: {said}; get it again") from fault


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import av

    with av.open(str(path)) as container:
        yield container


def _stream_of(container: Any, name: str) -> Any:
    if not container.streams.video:
        raise PictureError(f"{name} has no pictures, only sound; give a film")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    return stream


def _first_frame(path: Path) -> Any:
    with _opened(path) as container:
        for frame in container.decode(_stream_of(container, str(path))):
            return frame
    raise PictureError(f"{path} is a film without a frame that can be decoded; get all of it")


def _frames(path: Path, colours: Colours, first: int) -> Iterator[Picture]:
    """Read all pictures from a number on, in the order that they are shown.

    Those before are decoded as well: where a film is entered elsewhere, not every codec gives the
    same bits.
    """
    name = str(path)
    space = _profile_of(colours, name)
    with _decoding(name), _opened(path) as container:
        for frame in islice(container.decode(_stream_of(container, name)), first, None):
            picture = as_picture(_upright(frame, colours))
            yield replace(picture, origin=replace(picture.origin, profile=space))


def _upright(frame: Any, colours: Colours) -> NDArray[Any]:
    """Return a frame's numbers as RGB of 8 or 16 bits, (H,W,3), turned as it is to be shown."""
    form = "rgb24" if _depth(frame) == 8 else "rgb48le"
    matrix = _MATRICES.get(colours.matrix, "ITU709")
    rgb = frame.reformat(format=form, src_colorspace=matrix).to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, frame.rotation // 90))


def _depth(frame: Any) -> int:
    return 8 if max(part.bits for part in frame.format.components) <= 8 else 16


def _colours_of(frame: Any) -> Colours:
    """Return what a frame says of its colours, and what is meant by those that say nothing."""
    usual = 1 if frame.height > _SMALL_ROWS else 6
    said = (frame.color_primaries, frame.color_trc, frame.colorspace)
    primaries, transfer, matrix = (int(one) for one in said)
    return Colours(
        primaries=1 if primaries == _UNSAID else primaries,
        transfer=1 if transfer == _UNSAID else transfer,
        matrix=usual if matrix == _UNSAID else matrix,
    )


def _profile_of(colours: Colours, name: str) -> bytes | None:
    """Return the RGB space to paint in, None where it is sRGB's or near it, as most films are.

    Raises PictureError for HDR, of which a painting can show a part only.
    """
    if colours.transfer in _HDR:
        raise PictureError(
            f"{name} is an HDR film ({_HDR[colours.transfer]}); make one without HDR of it, "
            "in BT.709"
        )
    if colours.primaries in _USUAL_PRIMARIES:
        return None
    return code_points.profile_of((colours.primaries, colours.transfer), name) or None
