"""Changing a picture's size, and its fine detail."""

import math
from pathlib import Path

import pytest
import torch

from impasto.pictures.resample import fine_detail, resize
from impasto.reading.load import load


def test_resizing_keeps_the_mean_and_the_range(photo: Path):
    image = load(photo).tensor()[None]
    small = resize(image, 24, 32)
    assert small.shape == (1, 3, 24, 32)
    torch.testing.assert_close(small.mean(), image.mean(), atol=0.01, rtol=0)
    assert resize(image, 48, 64) is image
    assert 0 <= resize(image, 96, 128).min() <= resize(image, 96, 128).max() <= 1


@pytest.mark.parametrize("frequency", [1 / 2, 1 / 4, 1 / 16])
def test_fine_detail_keeps_the_finest_ripples(frequency: float):
    """Of a ripple of f cycles a pixel, sin(pi f)^2 of its height."""
    ripple = (2 * math.pi * frequency * torch.arange(64.0)).cos().expand(1, 3, 8, 64)
    inner = fine_detail(ripple)[..., 1:-1]
    expected = math.sin(math.pi * frequency) ** 2 * ripple[..., 1:-1]
    torch.testing.assert_close(inner, expected, rtol=0, atol=1e-5)
