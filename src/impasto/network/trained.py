"""Which trained network the settings name: its layers, its filters, the mean it takes off."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from impasto.network import weights
from impasto.network.architecture import Layer, convolution_of, down_to, layer_table
from impasto.network.input_convention import CAFFE, for_rgb
from impasto.network.normalisation import filter_means, means_beside, normalised
from impasto.network.weights import Filters
from impasto.network.weights_file import WeightsFile, look, read
from impasto.settings.layers import check_known
from impasto.settings.settings import Settings

_log = logging.getLogger(__name__)

# The file that comes with the install, "auto", of which all is known without a look.
_BUILT_IN = WeightsFile(weights.FILE, "VGG-19", "Caffe", CAFFE, "as its makers say", weights.SHA256)


class Trained(NamedTuple):
    """Filters that take RGB 0..1 less `mean`, down to the layer that was asked for."""

    filters: Mapping[str, Filters]
    mean: tuple[float, float, float]


def check_network(settings: Settings) -> None:
    """Look into the weights that are named, note how a file is understood, refuse the unfit.

    Raises UsageError for a path or a layer, WeightsError for what the file holds.
    """
    file = _named(settings)
    if file is not _BUILT_IN:
        _log.info("%s", file.describe())
    check_known(settings.layers, file.layers, file.architecture)
    if settings.network == "normalised":
        _means(file)


def layers_of(settings: Settings) -> dict[str, Layer]:
    """Return every layer of the settings' network with its shape, in depth order."""
    return layer_table(_named(settings).layers)


def trained(settings: Settings, names: Collection[str]) -> Trained:
    """Read the settings' network down to the deepest of the layers `names`.

    Raises WeightsError when the weights are missing, damaged or of another network.
    """
    file = _named(settings)
    check_known(names, file.layers, file.architecture)
    convolutions = [convolution_of(name) for name in down_to(file.layers, names)]
    filters = for_rgb(_stored(file, convolutions), file.convention)
    if settings.network == "normalised":
        filters = normalised(filters, _means(file))
    return Trained(filters, file.convention.mean)


def weights_digest(settings: Settings) -> str:
    """Return the sha256 of the weights file that the settings name."""
    return _named(settings).sha256


def _named(settings: Settings) -> WeightsFile:
    return _BUILT_IN if settings.weights == "auto" else look(Path(settings.weights))


def _stored(file: WeightsFile, convolutions: list[str]) -> dict[str, Filters]:
    if file is _BUILT_IN:
        return weights.load(convolutions)
    filters = read(file.path)
    return {name: filters[name].double() for name in convolutions}


def _means(file: WeightsFile) -> dict[str, Tensor]:
    return filter_means() if file is _BUILT_IN else means_beside(file)
