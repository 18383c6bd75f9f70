"""Filters scaled to a mean activation of 1, and the measured means this takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.errors import WeightsError
from impasto.network.weights import Filters
from impasto.network.weights_file import file_digest


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


def means_beside(weights: Path, channels: Mapping[str, int]) -> dict[str, Tensor]:
    """Read the means measured for a weights file; `channels` is what it has by convolution.

    Raises WeightsError where they are missing, damaged or of other weights.
    """
    path = means_path(weights)
    if not path.is_file():
        raise WeightsError(f"the filter means {path} are missing; {_remedy(weights)}")
    try:
        content = json.loads(path.read_text("utf-8"))
        means = {name: _mean_of(values) for name, values in content["means"].items()}
        measured_for = str(content["sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise WeightsError(f"the filter means {path} are damaged; {_remedy(weights)}") from fault
    if measured_for != file_digest(weights):
        raise WeightsError(
            f"the filter means {path} are those of other weights (sha256 {measured_for}, "
            f"{weights} has {file_digest(weights)}); {_remedy(weights)}"
        )
    if {name: len(values) for name, values in means.items()} != dict(channels):
        raise WeightsError(f"the filter means {path} are of other layers; {_remedy(weights)}")
    return means


def _mean_of(values: Any) -> Tensor:
    if not all(math.isfinite(value) and value > 0 for value in values):
        raise ValueError("a mean activation is finite and above 0")
    return torch.tensor(values, dtype=torch.float64)


def _remedy(weights: Path) -> str:
    return (
        f"measure them with: python scripts/measure_filter_means.py FOLDER --weights {weights} "
        "(a few hundred photographs), or use --network original"
    )
