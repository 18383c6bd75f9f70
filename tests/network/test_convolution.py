"""One layer, in both forms, against torch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from impasto.network import convolution, winograd
from impasto.network.convolution import Convolution


def _kernels(filters: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    kernels = torch.randn(filters, channels, 3, 3, generator=generator, dtype=torch.float64)
    return kernels, torch.randn(filters, generator=generator, dtype=torch.float64)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.integers(1, 9),
    filters=st.integers(1, 9),
)
@settings(max_examples=40, deadline=None)
def test_winograd_equals_direct_convolution(height: int, width: int, channels: int, filters: int):
    kernels, biases = _kernels(filters, channels)
    features = torch.randn(1, channels, height, width, dtype=torch.float64)
    points = winograd.transform_kernels(kernels)
    plain = functional.conv2d(features, kernels, padding=1)
    torch.testing.assert_close(winograd.convolve(features, points), plain, rtol=0, atol=1e-10)
    rectified = functional.relu(plain + biases.view(1, -1, 1, 1))
    found = winograd.convolve(features, points, biases)
    torch.testing.assert_close(found, rectified, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("filters", "strip_cells"), [(4, 1000), (4, 30), (4, 1), (128, 1)])
def test_convolution_gradient_equals_autograd(
    filters: int, strip_cells: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(convolution, "_STRIP_CELLS", strip_cells)
    kernels, biases = _kernels(filters, 128)
    features = torch.randn(1, 128, 21, 14, dtype=torch.float64, requires_grad=True)
    other = features.detach().clone().requires_grad_()
    Convolution(kernels, biases)(features).square().sum().backward()
    functional.relu(functional.conv2d(other, kernels, biases, padding=1)).square().sum().backward()
    assert (features.grad - other.grad).norm() <= 1e-10 * other.grad.norm()
