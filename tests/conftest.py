"""Stand-ins that most tests use: a tiny encoder and small pictures, both seeded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from impasto.network.architecture import Layer

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the processors: more threads than those only wait for each other. impasto
    # and the programs started by tests follow this too.
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)

# Relative tolerance of one evaluation, by precision.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}


class TinyEncoder:
    """Two seeded convolutions with a pool between: VGG-19's layout in small."""

    layers = {"relu1_1": Layer(4, 1, 1), "relu2_1": Layer(6, 2, 4)}  # noqa: RUF012

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        generator = torch.Generator().manual_seed(0)
        self._first = torch.randn(4, 3, 3, 3, generator=generator).to(dtype)
        self._second = torch.randn(6, 4, 3, 3, generator=generator).to(dtype) / 3

    def features(self, image: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        return dict(self.walk(image, names))

    def walk(self, image: Tensor, names: Collection[str]) -> Iterator[tuple[str, Tensor]]:
        pixels = image.to(self._first.dtype) - 0.5
        first = functional.relu(functional.conv2d(pixels, self._first, padding=1))
        pooled = functional.avg_pool2d(first, 2, ceil_mode=True)
        second = functional.relu(functional.conv2d(pooled, self._second, padding=1))
        maps = {"relu1_1": first, "relu2_1": second}
        yield from ((name, maps[name]) for name in maps if name in names)


# Settings that name only layers of the tiny encoder.
TINY = {"content_layers": "relu2_1", "style_layers": "relu1_1,relu2_1"}


def random_pixels(height: int, width: int, seed: int) -> np.ndarray:
    """Return smooth-ish random uint8 pixels (height, width, 3)."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    large = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    noise = rng.integers(-20, 21, large.shape, dtype=np.int16)
    return (large + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(random_pixels(48, 64, 1)).save(path)
    return path


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    Image.fromarray(random_pixels(64, 56, 2)).save(path)
    return path


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove and replace nothing that is open or mapped, as Windows does."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    monkeypatch.setattr("impasto.files.WINDOWS", True)
    for name in ("unlink", "remove", "replace", "rename"):
        monkeypatch.setattr(os, name, _refusing_what_is_held(getattr(os, name)))


def _refusing_what_is_held(change: Callable[..., None]) -> Callable[..., None]:
    def changed(*paths: str | Path, **more: object) -> None:
        held = {os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()}
        mapped = Path("/proc/self/maps").read_text()
        for path in map(os.path.realpath, paths):
            if path in held or f" {path}\n" in mapped:
                raise PermissionError(13, "The process cannot access the file", path)
        change(*paths, **more)

    return changed
