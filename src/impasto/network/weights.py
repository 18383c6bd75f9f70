"""The trained weights that come with the install: checked, opened, turned back into floats.

They are the original Caffe VGG-19 of Simonyan and Zisserman (CC BY 4.0), eight bits a weight
with a table of 256 values for each layer; `scripts/pack_weights.py` makes the file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor

from impasto.errors import WeightsError

FILE = Path(__file__).with_name("vgg19.safetensors")
SHA256 = "5f0fd792d647a7d9b56dc6a3982403fd193bf97de165ff69d12e9d6dc37b6962"
# Of the file that it is made of, which was read in its stead before: the same filters to the bit.
SOURCE_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
_PARTS = ("codes", "table", "biases")
_REMEDY = (
    "install impasto again: pip install --force-reinstall --no-deps impasto "
    "(from source: fetch that again as well)"
)


class Filters(NamedTuple):
    """One convolution: kernels (out, in, 3, 3) for BGR values 0..255 less the mean, and biases."""

    kernels: Tensor  # (out, in, 3, 3)
    biases: Tensor  # (out,)

    def double(self) -> Filters:
        """Return them in float64, so that folding scales into them costs no precision."""
        return Filters(self.kernels.double(), self.biases.double())


def load(convolutions: list[str]) -> dict[str, Filters]:
    """Read the filters of `convolutions` (names as `conv1_1`), in the order given, in float64.

    Raises WeightsError when the file is missing or altered.
    """
    _check()
    # Mapped, so that no layer takes memory but those that are asked for.
    with safe_open(FILE, framework="numpy") as file:
        return {
            name: _dequantised(*(file.get_tensor(f"{name}.{part}") for part in _PARTS))
            for name in convolutions
        }


def _check() -> None:
    if not FILE.is_file():
        raise WeightsError(f"the VGG-19 weights are missing: no file {FILE}; {_REMEDY}")
    # Flipped bytes load without an error, so only the digest finds them.
    with FILE.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise WeightsError(
            f"the VGG-19 weights {FILE} are damaged: sha256 {digest}, expected {SHA256}; {_REMEDY}"
        )


def _dequantised(
    codes: NDArray[np.uint8], table: NDArray[np.float32], biases: NDArray[np.float32]
) -> Filters:
    # numpy's look-up by bytes is three times as fast as torch's.
    kernels = np.take(table.astype(np.float64), codes)
    return Filters(torch.from_numpy(kernels), torch.from_numpy(biases)).double()
