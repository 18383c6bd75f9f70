"""Layers in machine code, and what waits at them, against autograd in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from impasto.losses.moments import measure_moments
from impasto.native.library import Library, library
from impasto.native.team import team_of
from impasto.native.waiting import waiting_of
from impasto.network.convolution import Convolution
from impasto.network.native_layers import NativeConvolution, NativeFirst
from impasto.network.vgg import convolution
from impasto.tiles.padding import Margin

pytestmark = pytest.mark.skipif(
    not isinstance(library(), Library), reason=f"no native library: {library()}"
)


def _random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float32)


def _layer(channels: int) -> tuple[Tensor, Tensor]:
    return _random(64, channels, 3, 3) / (3 * channels**0.5), _random(64, seed=1)


@pytest.mark.parametrize("channels", [3, 32])
@pytest.mark.parametrize("asked", ["sums", "sums and more", "sums of a part", "twice", "weighed"])
def test_gradients_of_sums_wait_at_their_layer(channels: int, asked: str):
    kernels, biases = _layer(channels)
    made = NativeFirst if channels == 3 else NativeConvolution
    gradients = []
    for layer, dtype in (
        (made(kernels, biases), torch.float32),
        (Convolution(kernels.double(), biases.double()), torch.float64),
    ):
        features = _random(1, channels, 21, 18, seed=2).to(dtype).requires_grad_()
        responses = layer(features)
        assert (waiting_of(responses) is not None) == (dtype == torch.float32)
        _total(responses, asked).backward()
        gradients.append(features.grad.double())
    found, exact = gradients
    assert (found - exact).norm() <= 1e-4 * exact.norm()


def _total(responses: Tensor, asked: str) -> Tensor:
    part = Margin(0)._cut(responses, slice(3, 15), slice(0, 11))
    weight = responses.detach()[:, :1].abs()
    moments = {
        "sums": [measure_moments(responses)],
        "sums and more": [measure_moments(responses)],
        "sums of a part": [measure_moments(part)],
        "twice": [measure_moments(responses), measure_moments(part)],
        "weighed": [measure_moments(responses, weight)],
    }[asked]
    total = sum((one.outer.square().mean() + one.total.mean()) for one in moments)
    if asked in ("sums and more", "twice"):
        total = total + functional.relu(responses - 1).sum()
    return total


@pytest.mark.parametrize("kind", ["average", "max"])
def test_pooling_that_follows_is_part_of_the_layer(kind: str):
    kernels, biases = _layer(32)
    features = _random(1, 32, 13, 22).requires_grad_()
    other = features.detach().clone().requires_grad_()
    NativeConvolution(kernels, biases).pooled(features, kind).square().sum().backward()
    Convolution(kernels, biases).pooled(other, kind).square().sum().backward()
    assert (features.grad - other.grad).norm() <= 1e-4 * other.grad.norm()


def test_without_a_gradient_no_gate_is_kept():
    kernels, biases = _layer(32)
    features = _random(1, 32, 8, 8)
    responses = NativeConvolution(kernels, biases)(features)
    assert not responses.requires_grad
    torch.testing.assert_close(responses, Convolution(kernels, biases)(features))


def test_what_machine_code_is_not_for_is_left_to_tensor_operations():
    kernels, biases = _layer(32)
    assert isinstance(convolution(kernels, biases), NativeConvolution)
    assert isinstance(convolution(kernels.double(), biases.double()), Convolution)
    assert isinstance(convolution(kernels[:, :30], biases), Convolution)
    with team_of(0):
        assert isinstance(convolution(kernels, biases), Convolution)
