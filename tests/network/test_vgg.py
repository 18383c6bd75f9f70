"""The real network, at small sizes."""

import functools
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from impasto.errors import UsageError
from impasto.network import weights
from impasto.network.architecture import layer_table
from impasto.network.input_convention import MEAN_RGB, for_rgb
from impasto.network.normalisation import filter_means, normalised
from impasto.network.vgg import VGG, build
from impasto.pictures.resample import resize
from impasto.reading.load import load
from impasto.settings.layers import VGG19_LAYERS
from impasto.settings.settings import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTOGRAPHS = [EXAMPLES / f"{name}.jpg" for name in ("chelsea", "coffee", "rocket")]
CONVOLUTIONS = [name.replace("relu", "conv") for name in VGG19_LAYERS]


def _image(height: int, width: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=generator, dtype=torch.float64)


@functools.cache
def _precise() -> VGG:
    return build(Settings(), VGG19_LAYERS, dtype=torch.float64)


def _straightforward(image: torch.Tensor, pooling: str) -> dict[str, torch.Tensor]:
    """VGG-19 as its authors describe it: BGR, 0..255 less the mean, convolution by unfolding."""
    state = load_file(weights.FILE)
    mean = torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).view(1, 3, 1, 1)
    current = image.flip(1) * 255 - mean
    maps = {}
    for block, count in ((1, 2), (2, 2), (3, 4), (4, 4), (5, 4)):
        for position in range(1, count + 1):
            key = f"conv{block}_{position}"
            kernels = state[f"{key}.table"].double()[state[f"{key}.codes"].long()]
            patches = functional.unfold(current, 3, padding=1)
            values = kernels.flatten(1) @ patches[0] + state[f"{key}.biases"].double()[:, None]
            current = values.clamp(min=0).view(1, -1, *current.shape[2:])
            maps[f"relu{block}_{position}"] = current
        current = _pooled_cell_by_cell(current, pooling)
    return maps


def _pooled_cell_by_cell(features: torch.Tensor, pooling: str) -> torch.Tensor:
    rows = features.split(2, dim=2)
    cells = [[cell.flatten(2) for cell in row.split(2, dim=3)] for row in rows]
    pool = (lambda c: c.mean(2)) if pooling == "average" else (lambda c: c.amax(2))
    return torch.stack([torch.stack([pool(c) for c in row], -1) for row in cells], -2)


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_features_agree_with_a_straightforward_network(pooling: str):
    image = _image(37, 50)
    network = VGG(for_rgb(weights.load(CONVOLUTIONS)), pooling, dtype=torch.float64)
    maps = network.features(image, VGG19_LAYERS)
    for name, expected in _straightforward(image, pooling).items():
        error = (maps[name] - expected).abs().max() / expected.abs().max()
        assert error < 1e-10, name


def test_float32_features_stay_close_to_float64():
    image = _image(64, 48)
    maps = build(Settings(), VGG19_LAYERS).features(image.float(), VGG19_LAYERS)
    exact = _precise().features(image, VGG19_LAYERS)
    for name in VGG19_LAYERS:
        assert (maps[name] - exact[name]).abs().max() <= 1e-4 * exact[name].max(), name


def test_folding_changes_no_normalised_feature():
    image, means = _image(40, 56), filter_means()
    filters = for_rgb(weights.load(CONVOLUTIONS))
    plain = VGG(filters, "max", dtype=torch.float64).features(image, VGG19_LAYERS)
    folded = VGG(normalised(filters, means), "max", dtype=torch.float64)
    for name, features in folded.features(image, VGG19_LAYERS).items():
        own = means[name.replace("relu", "conv")].double().view(1, -1, 1, 1)
        expected = plain[name] / own
        assert (features - expected).abs().max() <= 1e-9 * expected.abs().max(), name


def test_mean_activation_on_photographs_is_one():
    network = build(Settings(pooling="max"), VGG19_LAYERS)
    totals = dict.fromkeys(VGG19_LAYERS, 0.0)
    for path in PHOTOGRAPHS:
        photo = load(path).tensor()[None]
        side = min(photo.shape[2:])
        size = [round(256 * length / side) for length in photo.shape[2:]]
        with torch.no_grad():
            maps = network.features(resize(photo, *size), VGG19_LAYERS)
        for name, features in maps.items():
            totals[name] += features.mean().item() / len(PHOTOGRAPHS)
    # Three pictures are not 724: each layer's mean stays within a third of 1.
    assert all(0.67 < mean < 1.5 for mean in totals.values()), totals


def test_pooling_rounds_up():
    image = _image(33, 47)
    maps = _precise().features(image, VGG19_LAYERS)
    for name, layer in layer_table().items():
        rows, columns = -(-33 // layer.stride), -(-47 // layer.stride)
        assert maps[name].shape == (1, layer.channels, rows, columns)


def test_a_cell_sees_no_further_than_its_reach():
    image = _image(352, 16).requires_grad_()
    maps = _precise().features(image, VGG19_LAYERS)
    for name, layer in layer_table().items():
        cell = 176 // layer.stride
        rows = torch.autograd.grad(maps[name][:, :, cell].sum(), image, retain_graph=True)[0]
        strength = rows.abs().sum(dim=(0, 1, 3))
        # Winograd leaves rounding in the other pixels of a block.
        seen = (strength > 1e-12 * strength.max()).nonzero().flatten()
        first = cell * layer.stride - layer.reach
        last = (cell + 1) * layer.stride - 1 + layer.reach
        assert first <= seen.min() <= first + 1, name
        assert last - 1 <= seen.max() <= last, name


def test_reach_of_the_papers_layers():
    reaches = {name: layer.reach for name, layer in layer_table().items()}
    assert reaches["relu5_1"] == 70
    assert reaches["relu4_2"] == 38


def test_only_layers_down_to_the_deepest_are_built():
    network = build(Settings(), ["relu3_1", "relu1_1"])
    assert list(network.layers)[-1] == "relu3_1"
    with pytest.raises(UsageError, match="unknown layer 'relu4_1'"):
        network.features(_image(32, 32).float(), ["relu4_1"])


def test_mean_colour_is_the_networks_zero():
    grey = torch.tensor(MEAN_RGB, dtype=torch.float64).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    network = VGG(for_rgb(weights.load(["conv1_1"])), dtype=torch.float64)
    features = network.features(grey, ["relu1_1"])["relu1_1"]
    expected = weights.load(["conv1_1"])["conv1_1"].biases.double().clamp(min=0)
    torch.testing.assert_close(features[0, :, 16, 16], expected, rtol=1e-4, atol=1e-4)
