"""Filters scaled to a mean activation of 1, and the measured means this takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.files import read_small
from impasto.network.architecture import kernel_shapes
from impasto.network.weights import Filters
from impasto.network.weights_file import WeightsFile


def normalised(filters: Mapping[str, Filters], means: Mapping[str, Tensor]) -> dict[str, Filters]:
    """Scale every filter so that its mean activation is 1 (Gatys et al. 2016, section 2).

    `means` holds each filter's mean activation (C,) in the network as given. A filter is
    divided by its mean and the next layer's inputs are multiplied by it, which leaves every
    activation the old one divided by its mean, and costs nothing at run time.
    """
    result: dict[str, Filters] = {}
    incoming = torch.ones(3, dtype=torch.float32)
    for name, (kernels, biases) in filters.items():
        own = means[name].to(kernels)
        scales = incoming.to(own) / own[:, None]  # (out, in)
        result[name] = Filters(kernels * scales[..., None, None], biases / own)
        incoming = own
    return result


def filter_means() -> dict[str, Tensor]:
    """Read the means of the weights that come with the install: name -> (C,)."""
    text = files("impasto.network").joinpath("filter_means.json").read_text("utf-8")
    return {
        name: torch.tensor(values, dtype=torch.float32)
        for name, values in json.loads(text)["means"].items()
    }


def means_path(weights: Path) -> Path:
    """Return where the means of a weights file are kept: beside it, as vgg.pth.means.json."""
    return weights.with_name(f"{weights.name}.means.json")


def means_beside(file: WeightsFile) -> dict[str, Tensor]:
    """Read the means measured for a weights file: name -> (C,).

    Raises WeightsError where they are missing, damaged or of other weights.
    """
    path, remedy = means_path(file.path), _remedy(file.path)
    if not os.path.exists(path):
        raise WeightsError(f"the filter means {path} are missing; {remedy}")
    try:
        measured = msgspec.json.decode(read_small(path), type=_Measured)
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as fault:
        raise WeightsError(f"the filter means {path} are damaged; {remedy}") from fault
    means = {
        name: torch.tensor(values, dtype=torch.float64) for name, values in measured.means.items()
    }
    if measured.sha256 != file.sha256:
        raise WeightsError(
            f"the filter means {path} are those of other weights (sha256 {measured.sha256:.64}, "
            f"{file.path} has {file.sha256}); {remedy}"
        )
    channels = {name: shape[0] for name, shape in kernel_shapes(file.layers).items()}
    if {name: len(values) for name, values in means.items()} != channels:
        raise WeightsError(f"the filter means {path} are of other layers; {remedy}")
    return means


class _Measured(msgspec.Struct):
    """What the file of means holds."""

    means: dict[str, list[Annotated[float, msgspec.Meta(gt=0, le=1e30)]]]
    sha256: str


def _remedy(weights: Path) -> str:
    return (
        f"measure them with: python scripts/measure_filter_means.py FOLDER --weights {weights} "
        "(a few hundred photographs), or use --network original"
    )
