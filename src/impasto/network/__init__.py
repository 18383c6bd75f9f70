"""Pixels to features: the trained network, its weights, its shapes."""

from impasto.network.vgg import VGG19, Encoder, Layer, build, layer_table, weight_bytes

__all__ = ["VGG19", "Encoder", "Layer", "build", "layer_table", "weight_bytes"]
