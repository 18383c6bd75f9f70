"""Weights that people bring: a VGG's state dict in a file, opened, recognised and checked.

Only tensors are ever read: a file can run no code here.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from impasto.errors import UsageError, WeightsError
from impasto.network.architecture import kernel_shapes, keys
from impasto.network.input_convention import CAFFE, TORCHVISION, Convention, infer
from impasto.network.weights import Filters
from impasto.pictures.coding import memory_told
from impasto.pictures.quiet import quiet
from impasto.settings.layers import ARCHITECTURES, layer_names

_SUFFIXES = (".safetensors", ".pth", ".pt")
_WRAPPERS = ("state_dict", "model_state_dict", "model")
_DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_SHOWN = 4  # keys named in an error
# Of the files that people bring, by the names in them, where nothing else tells.
_CONVENTIONS = {"torchvision": TORCHVISION, "Caffe": CAFFE}


@dataclass(frozen=True)
class WeightsFile:
    """What a file holds, and what its network takes as input."""

    path: Path
    architecture: str
    naming: str
    convention: Convention
    told_by: str
    sha256: str

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the network's layers, in depth order."""
        return layer_names(self.architecture)

    def describe(self) -> str:
        """Say it in one line."""
        return (
            f"{self.path.name} holds {self.architecture} in {self.naming}'s names; its input is "
            f"taken as {self.convention.words} ({self.told_by})"
        )


def look(path: Path) -> WeightsFile:
    """Return what a file holds, checked as `read` does, once while the file stays the same."""
    _check_path(path)
    status = path.stat()
    return _look(path, status.st_mtime_ns, status.st_size)


def read(path: Path) -> dict[str, Filters]:
    """Read all filters of a file of VGG-19 or VGG-16, as stored.

    Raises UsageError for a path that is no such file, WeightsError for a damaged file, missing
    keys or another network.
    """
    _check_path(path)
    state = _unwrapped(_open(path), path)
    return _filters(state, *_recognise(state, path), path)


@lru_cache(maxsize=8)
def _look(path: Path, _changed: int, _size: int) -> WeightsFile:
    state = _unwrapped(_open(path), path)
    architecture, naming = _recognise(state, path)
    filters = _filters(state, architecture, naming, path)
    convention, told_by = infer(filters["conv1_1"], _CONVENTIONS[naming])
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return WeightsFile(path, architecture, naming, convention, told_by, sha256)


def _check_path(path: Path) -> None:
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"weights cannot be {str(path)!r}; give a file that ends in {', '.join(_SUFFIXES)}, "
            "or auto"
        )
    if not os.path.isfile(path):
        fault = "is not a regular file" if os.path.exists(path) else "does not exist"
        raise UsageError(f"the weights file {path} {fault}; give another, or auto")


def _open(path: Path) -> Any:
    try:
        # An error follows, and says more. torch warns in the name of who calls it.
        with quiet("torch", __name__), memory_told():
            if path.suffix.lower() == ".safetensors":
                return load_file(path)
            return torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as fault:
        # torch's own message advises to load it with weights_only=False: never.
        raise WeightsError(
            f"the weights {path} are damaged, or hold more than tensors, which could run code; "
            "save the network's state_dict() alone, best as .safetensors"
        ) from fault
    except MemoryError:
        raise
    except Exception as fault:  # what a damaged file makes an unpickler raise has no limits
        reason = str(fault).split("\n", 1)[0][:200] or type(fault).__name__
        raise WeightsError(
            f"the weights {path} cannot be opened: {reason}; are they damaged? Fetch them again"
        ) from fault


def _unwrapped(content: Any, path: Path) -> dict[str, Any]:
    """Return the state dict, out of what training scripts put around it."""
    if not isinstance(content, Mapping):
        kind = type(content).__name__
        raise WeightsError(f"the weights {path} hold a {kind}, not a state dict of named tensors")
    for wrapper in _WRAPPERS:
        if isinstance(content.get(wrapper), Mapping):
            return _unwrapped(content[wrapper], path)
    return {_plain(str(key)): value for key, value in content.items()}


def _plain(key: str) -> str:
    key = re.sub(r"^(module\.|model\.|vgg\.)+", "", key)
    key = re.sub(r"^features\.(?=conv)", "", key)
    return re.sub(r"^(?=\d+\.)", "features.", key)  # saved from vgg.features alone


def _recognise(state: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """Return the architecture and the naming that the keys fit; they must fit exactly."""
    found = {key for key in state if re.match(r"features\.\d|conv\d", key)}
    fits = {
        (architecture, naming): _expected(architecture, naming)
        for naming in _CONVENTIONS
        for architecture in ARCHITECTURES
    }
    (architecture, naming), expected = min(fits.items(), key=lambda fit: len(fit[1] ^ found))
    if expected == found:
        return architecture, naming
    lacking = f"lack {_some(expected - found)}" if expected - found else ""
    other = f"have {_some(set(state) - expected)} besides" if found - expected or not found else ""
    raise WeightsError(
        f"the weights {path} are no whole {' or '.join(ARCHITECTURES)}; beside {architecture} in "
        f"{naming}'s names, the nearest, they "
        f"{' and '.join(part for part in (lacking, other) if part)}"
    )


def _expected(architecture: str, naming: str) -> set[str]:
    stems = keys(naming, layer_names(architecture)).values()
    return {f"{stem}.{part}" for stem in stems for part in ("weight", "bias")}


def _some(keys: Collection[str]) -> str:
    """Name the first few keys, in the order of their numbers, and how many there are."""
    ordered = sorted(keys, key=lambda key: ([int(n) for n in re.findall(r"\d+", key)], key))
    more = f", ... ({len(ordered)} keys)" if len(ordered) > _SHOWN else ""
    return (", ".join(ordered[:_SHOWN]) + more) or "no key"


def _filters(
    state: Mapping[str, Any], architecture: str, naming: str, path: Path
) -> dict[str, Filters]:
    names = layer_names(architecture)
    shapes = kernel_shapes(names)
    return {
        name: Filters(
            _tensor(state, f"{key}.weight", shapes[name], path),
            _tensor(state, f"{key}.bias", shapes[name][:1], path),
        )
        for name, key in keys(naming, names).items()
    }


def _tensor(state: Mapping[str, Any], key: str, shape: tuple[int, ...], path: Path) -> Tensor:
    value = state[key]
    if not isinstance(value, Tensor) or value.dtype not in _DTYPES or value.is_sparse:
        raise WeightsError(f"the weights {path}: {key} is no tensor of floating-point numbers")
    if tuple(value.shape) != shape:
        raise WeightsError(f"the weights {path}: {key} has shape {tuple(value.shape)}, not {shape}")
    # The extremes of a tensor with NaN are NaN.
    if not all(bound.isfinite() for bound in value.aminmax()):
        raise WeightsError(f"the weights {path}: {key} has numbers that are not finite")
    return value.detach()
