"""Optical flow between two frames, and pictures moved along it. Arrays alone, no painting."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from impasto.film.camera import camera_motion

Pixels = NDArray[np.float32]  # (H,W,3), 0..1
Flow = NDArray[np.float32]  # (H,W,2): pixels across and down
Mask = NDArray[np.float32]  # (H,W), 0..1

# Where a place moves by less than so much beside the camera, and is as like itself without, it
# moves with the camera: noise would shake it, and what stands still would be blurred every time.
_BESIDE_PX, _AS_LIKE = 1.0, 2 / 255
# However else it moves, it moves with the camera where it is quite as like itself so: beside what
# passes before a sky the search lets the sky pass, too.
_QUITE_AS_LIKE = 0.5 / 255
# The same where the camera's motion is not clear, and to stand still is all that can be thought of.
_STILL_PX = 0.25
# The side of the squares that differences are meant over.
_SIDE = 5


def flow_between(one: Pixels, other: Pixels) -> Flow:
    """Return where each pixel of `one` lies in `other`, as a displacement: DIS, Kroeger 2016.

    The same bits on any number of processors.
    """
    with _alone():
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        search.setFinestScale(0)
        light = _light(one)
        found = search.calc(light, _light(other), None)  # type: ignore[call-overload]
        flow = found.astype(np.float32, copy=False)
        return _settled(flow, camera_motion(flow, light), one, other)


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


def _settled(flow: Flow, camera: Flow | None, one: Pixels, other: Pixels) -> Flow:
    """Return the flow with the camera's motion where that explains the frames as well."""
    likely, beside_px = (np.zeros_like(flow), _STILL_PX) if camera is None else (camera, _BESIDE_PX)
    near = np.abs(flow - likely).max(2) < beside_px
    own, plain = (difference(one, warped(other, motion)) for motion in (flow, likely))
    settled = near & (plain <= own + _AS_LIKE)
    if camera is not None:
        settled |= plain <= own + _QUITE_AS_LIKE
    found: Flow = np.where(settled[..., None], likely, flow)
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
