"""Optical flow between two frames, and pictures moved along it. Arrays alone, no painting."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]  # (H,W,3), 0..1
Flow = NDArray[np.float32]  # (H,W,2): pixels across and down
Mask = NDArray[np.float32]  # (H,W), 0..1

# Where a place moves by less and is as like its neighbours in time without, it does not: what
# stands still would be blurred a little with every frame.
_STILL_PX, _AS_LIKE = 0.25, 2 / 255
# The side of the squares that differences are meant over.
_SIDE = 5


def flow_between(one: Pixels, other: Pixels) -> Flow:
    """Return where each pixel of `one` lies in `other`, as a displacement: DIS, Kroeger 2016.

    The same bits on any number of processors.
    """
    with _alone():
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        search.setFinestScale(0)
        found = search.calc(_light(one), _light(other), None)  # type: ignore[call-overload]
        return _stilled(found.astype(np.float32, copy=False), one, other)


def warped(image: NDArray[np.float32], flow: Flow) -> NDArray[np.float32]:
    """Return what `image` (H,W) or (H,W,C), which reflects outside, shows where the flow points."""
    with _alone():
        across, down = _places(flow)
        moved = cv2.remap(
            image, across, down, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101
        )
    found: NDArray[np.float32] = moved.astype(np.float32, copy=False)
    return found


def inside(flow: Flow) -> NDArray[np.bool_]:
    """Return where the flow (H,W,2) points to a place in the picture: (H,W)."""
    height, width = flow.shape[:2]
    across, down = _places(flow)
    found: NDArray[np.bool_] = (
        (across >= 0) & (across <= width - 1) & (down >= 0) & (down <= height - 1)
    )
    return found


def difference(one: Pixels, other: Pixels) -> Mask:
    """Return how far two pictures are apart around each pixel: a mean over small squares (H,W)."""
    apart = np.abs(one - other).mean(2)
    means = cv2.blur(apart, (_SIDE, _SIDE), borderType=cv2.BORDER_REFLECT_101)
    found: Mask = means.astype(np.float32, copy=False)
    return found


def _stilled(flow: Flow, one: Pixels, other: Pixels) -> Flow:
    """Return the flow without the least motions, where none explains the frames as well."""
    least = np.abs(flow).max(2) < _STILL_PX
    if not least.any():
        return flow
    still = difference(one, other) <= difference(one, warped(other, flow)) + _AS_LIKE
    found: Flow = np.where((least & still)[..., None], np.float32(0), flow)
    return found


def _places(flow: Flow) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = flow.shape[:2]
    across = np.arange(width, dtype=np.float32)[None] + flow[..., 0]
    down = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
    return across, down


def _light(pixels: Pixels) -> NDArray[np.uint8]:
    """Return Rec. 601's luminance in 8 bits, which is what the search takes."""
    light = pixels @ np.array((0.299, 0.587, 0.114), dtype=np.float32)
    found: NDArray[np.uint8] = np.rint(light.clip(0, 1) * 255).astype(np.uint8)
    return found


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Compute on one thread: the search depends on how a picture is shared out among several."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
