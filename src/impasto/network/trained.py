"""Which trained network the settings name: its layers, its filters, the mean it takes off."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from impasto.network import weights
from impasto.network.architecture import Layer, convolution_of, down_to, kernel_shapes, layer_table
from impasto.network.input_convention import CAFFE, Convention, for_rgb
from impasto.network.normalisation import filter_means, means_beside, normalised
from impasto.network.weights import Filters
from impasto.network.weights_file import file_digest, look, read
from impasto.settings.layers import VGG19_LAYERS, check_known, layer_names
from impasto.settings.settings import Settings

_log = logging.getLogger(__name__)

BUILT_IN = "auto"


class Trained(NamedTuple):
    """Filters that take RGB 0..1 less `mean`, down to the layer that was asked for."""

    filters: Mapping[str, Filters]
    mean: tuple[float, float, float]


def check_network(settings: Settings) -> None:
    """Look into the weights that are named, note how a file is understood, refuse the unfit.

    Raises UsageError for a path or a layer, WeightsError for what the file holds.
    """
    if settings.weights == BUILT_IN:
        check_known(settings.layers, VGG19_LAYERS, "VGG-19")
        return
    file = look(Path(settings.weights))
    _log.info("%s", file.describe())
    check_known(settings.layers, layer_names(file.architecture), file.architecture)
    if settings.network == "normalised":
        _means(settings.weights, file.architecture)


def layers_of(settings: Settings) -> dict[str, Layer]:
    """Return every layer of the settings' network with its shape, in depth order."""
    return layer_table(layer_names(_architecture(settings.weights)))


def trained(settings: Settings, names: Collection[str]) -> Trained:
    """Read the settings' network down to the deepest of the layers `names`.

    Raises WeightsError when the weights are missing, damaged or of another network.
    """
    architecture = _architecture(settings.weights)
    check_known(names, layer_names(architecture), architecture)
    convolutions = [convolution_of(name) for name in down_to(layer_names(architecture), names)]
    stored, convention = _stored(settings.weights, convolutions)
    filters = for_rgb(stored, convention)
    if settings.network == "normalised":
        filters = normalised(filters, _means(settings.weights, architecture))
    return Trained(filters, convention.mean)


def weights_digest(settings: Settings) -> str:
    """Return the sha256 of the weights file that the settings name."""
    if settings.weights == BUILT_IN:
        return weights.SHA256
    return file_digest(Path(settings.weights))


def _architecture(source: str) -> str:
    return "VGG-19" if source == BUILT_IN else look(Path(source)).architecture


def _stored(source: str, convolutions: list[str]) -> tuple[dict[str, Filters], Convention]:
    if source == BUILT_IN:
        return weights.load(convolutions), CAFFE
    file, filters = read(Path(source))
    # float64, so that folding scales into them costs no precision.
    precise = {
        name: Filters(filters[name].kernels.double(), filters[name].biases.double())
        for name in convolutions
    }
    return precise, file.convention


def _means(source: str, architecture: str) -> dict[str, Tensor]:
    if source == BUILT_IN:
        return filter_means()
    shapes = kernel_shapes(layer_names(architecture))
    return means_beside(Path(source), {name: shape[0] for name, shape in shapes.items()})
