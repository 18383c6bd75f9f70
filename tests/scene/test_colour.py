import numpy as np
import pytest
from conftest import random_pixels

from impasto.pictures.picture import Picture
from impasto.reading.sources import as_picture
from impasto.scene.alpha import filled
from impasto.scene.colour import coloured_like, grey, lit_like, with_colours_of

PHOTO, STYLE = as_picture(random_pixels(30, 40, 1)), as_picture(random_pixels(50, 20, 2))
WEIGHTS = np.array((0.299, 0.587, 0.114))


def _statistics(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    pixels = picture.array.reshape(-1, 3)
    return pixels.mean(0), np.cov(pixels.T)


def test_grey_is_the_luminance_in_three_channels():
    light = grey(PHOTO).array
    np.testing.assert_allclose(light[..., 0], PHOTO.array @ WEIGHTS, atol=1e-6)
    assert (light == light[..., :1]).all()


def test_light_gets_the_photographs_mean_and_deviation():
    pale = Picture(np.float32(0.4) + grey(STYLE).array / 10)
    moved = lit_like(pale, grey(PHOTO)).array
    assert moved.mean() == pytest.approx(grey(PHOTO).array.mean(), abs=0.02)
    assert moved.std() == pytest.approx(grey(PHOTO).array.std(), rel=0.1)


def test_colours_get_the_photographs_mean_and_covariance():
    # Of little contrast, so that nothing is clipped.
    photo = Picture(np.float32(0.35) + PHOTO.array * np.float32(0.2))
    mean, covariance = _statistics(coloured_like(STYLE, photo))
    goal_mean, goal_covariance = _statistics(photo)
    np.testing.assert_allclose(mean, goal_mean, atol=2e-3)
    np.testing.assert_allclose(covariance, goal_covariance, atol=2e-4)


def test_a_grey_style_can_be_moved():
    moved = coloured_like(grey(STYLE), PHOTO).array
    assert np.isfinite(moved).all()
    assert 0 <= moved.min() <= moved.max() <= 1


def test_the_photographs_colours_leave_the_light_alone():
    painted = as_picture(random_pixels(30, 40, 3))
    result = with_colours_of(painted, PHOTO)
    np.testing.assert_allclose(grey(result).array, grey(painted).array, atol=1e-5)
    assert 0 <= result.array.min() <= result.array.max() <= 1


def test_the_photograph_in_its_own_colours_is_itself():
    np.testing.assert_allclose(with_colours_of(PHOTO, PHOTO).array, PHOTO.array, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_colours_never_leave_their_range_by_a_rounding(seed: int):
    values = np.random.default_rng(seed).integers(0, 2, (3, 64, 64, 3))
    photo, painted, white = (
        Picture(one.astype(np.float32)) for one in (*values[:2], values[2] | 1)
    )
    results = (
        with_colours_of(painted, photo),
        grey(white),
        grey(photo),
        lit_like(painted, photo),
        coloured_like(painted, photo),
        filled(Picture(white.array, values[0, ..., 0].astype(np.float32))),
    )
    for result in results:
        assert 0 <= result.array.min() <= result.array.max() <= 1
