"""What a style is made from."""

from pathlib import Path

import numpy as np
import pytest

from impasto import Picture, Style, UsageError
from impasto.reading.load import load
from impasto.scene.alpha import filled
from impasto.scene.styles import as_styles, shared_out


def test_colours_under_transparent_pixels_come_from_beside_them():
    pixels = np.zeros((33, 47, 3), np.float32)
    alpha = np.zeros((33, 47), np.float32)
    pixels[:, :20], alpha[:, :20] = (0.2, 0.6, 0.4), 1
    found = filled(Picture(pixels, alpha)).array
    np.testing.assert_allclose(found, np.broadcast_to((0.2, 0.6, 0.4), found.shape), atol=1e-4)


def test_styles_share_alike_unless_told(photo: Path, painting: Path):
    assert [style.weight for style in shared_out(as_styles([photo, painting]))] == [0.5, 0.5]
    assert [style.weight for style in shared_out(as_styles([photo, painting]), (3, 1))] == [
        0.75,
        0.25,
    ]
    single = shared_out(as_styles(Style(load(photo), 7)))
    assert single[0].weight == 1
    with pytest.raises(UsageError, match="3 shares for 2 styles"):
        shared_out(as_styles([photo, painting]), (1, 1, 1))
    with pytest.raises(UsageError, match="no style"):
        as_styles([])
