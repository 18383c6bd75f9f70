"""Stand-ins that most tests use: a tiny encoder and small pictures, both seeded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Hashable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import pytest
import torch
from PIL import Image

from impasto import Encoder, Run, Settings, Step, paint
from impasto.engine.checkpoint import State
from impasto.engine.networks import Network, Networks
from impasto.native.team import is_native
from impasto.network.architecture import convolution_of, down_to
from impasto.network.trained import weights_digest
from impasto.network.vgg import VGG, build
from impasto.objective import single
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.settings.layers import VGG19_LAYERS
from impasto.testing import TinyEncoder

# Fixtures of a whole file's.
pytest_plugins = ["studio_server"]

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the processors: more threads than those only wait for each other. impasto
    # and the programs started by tests follow this too.
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)

# Relative tolerance of one evaluation, by precision.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}


def paint_tiny(
    run: Run, encoder: Encoder | None = None, resume: State | None = None
) -> Iterator[Step]:
    """Paint a prepared run through the tiny encoder, or another in its stead."""
    return paint(replace(run, encoder=TinyEncoder() if encoder is None else encoder), resume=resume)


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


# Networks in the form they paint in, of a worker's tests that use `kept_network`.
_kept: dict[Hashable, VGG] = {}
_MOST_KEPT = 2  # 480 MB each


@pytest.fixture
def kept_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build the trained network once for many tests that paint with it, not for each painting.

    Bringing it into its form takes as long as painting a small picture. It is the real one, which
    no painting changes; what is measured through it is forgotten after each run, as ever.
    """
    find = Networks.find
    found: WeakKeyDictionary[Networks, dict[Hashable, Network]] = WeakKeyDictionary()

    def find_kept(
        networks: Networks, settings: Settings, plan: Plan, encoder: Encoder | None
    ) -> Network:
        if encoder is not None or settings.weights != "auto":
            return find(networks, settings, plan, encoder)
        own, layers = found.setdefault(networks, {}), settings.layers
        where = {"device": plan.device, "dtype": DTYPES[plan.precision]}
        key = settings.network, settings.pooling, layers, *where.values(), plan.kernel
        if key not in own:
            kept = _kept_or_built(settings, layers, **where)
            own[key] = Network(kept, None, weights_digest(settings))
        return own[key]

    monkeypatch.setattr(Networks, "find", find_kept)
    monkeypatch.setattr(single, "build", _kept_or_built)


def _kept_or_built(
    settings: Settings, names: Collection[str], *, device: str, dtype: torch.dtype
) -> VGG:
    """Do as `build` does: return the network down to the deepest of its layers `names`."""
    if settings.weights != "auto":
        return build(settings, names, device=device, dtype=dtype)
    key = settings.network, settings.pooling, str(device), dtype, is_native()
    whole = _kept.pop(key, None) or build(settings, VGG19_LAYERS, device=device, dtype=dtype)
    _kept[key] = whole  # now the last
    for oldest in list(_kept)[:-_MOST_KEPT]:
        del _kept[oldest]
    return _cut(whole, tuple(down_to(VGG19_LAYERS, names)))


def _cut(network: VGG, layers: tuple[str, ...]) -> VGG:
    """Return the network down to its last of `layers`, as it is built to that depth."""
    shallow = copy(network)
    shallow.layers = {name: network.layers[name] for name in layers}
    shallow._convolutions = {
        name: network._convolutions[name] for name in map(convolution_of, layers)
    }
    return shallow


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
