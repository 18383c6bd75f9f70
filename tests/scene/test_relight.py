"""A photograph in painted light stays a photograph."""

import numpy as np
import pytest
import torch
from conftest import random_pixels

from impasto.measures.noise import fine_energy
from impasto.pictures.resample import fine_detail, resize
from impasto.reading.sources import as_picture
from impasto.scene.relight import relit


def _photo(height: int = 96, width: int = 128) -> torch.Tensor:
    """Two flat halves and a lively one below."""
    image = torch.full((1, 3, height, width), 0.3)
    image[..., width // 2 :] = torch.tensor((0.7, 0.6, 0.4)).view(1, 3, 1, 1)
    lively = as_picture(random_pixels(height // 2, width, 1)).tensor()
    image[:, :, height // 2 :] = 0.2 + 0.6 * lively
    return image


def test_a_photograph_in_its_own_light_is_itself():
    photo = _photo()
    # A flat neighbourhood is tinted, so an edge is softened a little.
    assert (relit(photo, photo) - photo).abs().mean() < 0.01


def test_an_even_change_of_colours_is_taken_whole():
    photo = _photo()
    matrix = torch.tensor([[0.5, 0.2, 0.0], [0.1, 0.6, 0.0], [0.0, 0.0, 0.8]])
    changed = torch.einsum("oc,nchw->nohw", matrix, photo) + 0.1
    assert (relit(photo, changed) - changed).abs().mean() < 0.01


def test_painted_noise_and_strokes_stay_out():
    photo = _photo()
    generator = torch.Generator().manual_seed(0)
    noisy = (photo * 0.8 + 0.2 * torch.rand(photo.shape, generator=generator)).clamp(0, 1)
    result = relit(photo, noisy)
    flat = (slice(None), slice(None), slice(8, 40), slice(72, 120))
    assert fine_detail(result)[flat].std() < fine_detail(noisy)[flat].std() / 20
    assert fine_energy(result[0].permute(1, 2, 0).numpy()) < fine_energy(
        photo[0].permute(1, 2, 0).numpy()
    )


def test_the_size_does_not_matter():
    small, large = (resize(_photo(768, 1024), *size) for size in ((384, 512), (768, 1024)))
    light = torch.linspace(0.2, 1, 512).expand(1, 3, 384, 512) * small
    one = relit(small, light)
    other = relit(large, resize(light, 768, 1024))
    assert (resize(other, 384, 512) - one).abs().mean() < 0.01


@pytest.mark.parametrize("size", [(32, 512), (33, 40)])
def test_odd_shapes_and_flat_pictures_stay_finite(size: tuple[int, int]):
    flat = torch.full((1, 3, *size), 0.5)
    result = relit(flat, flat * 0.5)
    np.testing.assert_allclose(result.numpy(), 0.25, atol=1e-4)
