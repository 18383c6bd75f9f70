"""Pixels to features: the trained network, its weights, its shapes."""

from impasto.network.architecture import Layer, layer_table
from impasto.network.trained import check_network, layers_of, weights_digest
from impasto.network.vgg import VGG, Encoder, build, weight_bytes

__all__ = [
    "VGG",
    "Encoder",
    "Layer",
    "build",
    "check_network",
    "layer_table",
    "layers_of",
    "weight_bytes",
    "weights_digest",
]
