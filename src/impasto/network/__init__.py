"""Pixels to features: the trained network, its weights, its shapes."""

from impasto.network.architecture import Layer, layer_table
from impasto.network.arena import Arena, cutting_from, empty_map
from impasto.network.pausing import looking
from impasto.network.trained import check_network, layers_of, weights_digest
from impasto.network.vgg import VGG, Encoder, build, check_layers, named, weight_bytes

__all__ = [
    "VGG",
    "Arena",
    "Encoder",
    "Layer",
    "build",
    "check_layers",
    "check_network",
    "cutting_from",
    "empty_map",
    "layer_table",
    "layers_of",
    "looking",
    "named",
    "weight_bytes",
    "weights_digest",
]
