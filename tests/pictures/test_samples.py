"""Numbers are read as shares of white, or refused where nobody knows their white."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from good_files import sixteen_bit

from impasto import PictureError
from impasto.reading.load import load


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0])
def test_unfit_floats_are_refused(tmp_path: Path, value: float):
    pixels = np.full((40, 40, 3), 0.5, np.float32)
    pixels[3, 4, 1] = value
    tifffile.imwrite(tmp_path / "f.tif", pixels, photometric="rgb")
    with pytest.raises(PictureError, match=r"non-finite|scale them"):
        load(tmp_path / "f.tif")


def test_float_tiffs_are_read(tmp_path: Path):
    pixels = np.linspace(0, 1, 40 * 40 * 3, dtype=np.float32).reshape(40, 40, 3)
    tifffile.imwrite(tmp_path / "f.tif", pixels, photometric="rgb")
    picture = load(tmp_path / "f.tif")
    np.testing.assert_array_equal(picture.array, pixels)
    assert picture.origin.depth == 16


@pytest.mark.parametrize(
    ("kind", "brightest"), [(np.uint64, 210), (np.uint64, 2**64 - 1), (np.uint32, 210)]
)
def test_whole_numbers_of_unknown_white_are_refused(tmp_path: Path, kind: type, brightest: int):
    samples = np.zeros((40, 60, 3), kind)
    samples[20:] = brightest
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb")
    with pytest.raises(PictureError, match=f"{np.dtype(kind)} pixels of unknown range"):
        load(tmp_path / "a.tif")


def test_whole_numbers_of_32_bits_reach_white(tmp_path: Path):
    samples = (sixteen_bit().astype(np.uint32) << 16) + 65535
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb")
    assert np.abs(load(tmp_path / "a.tif").array - sixteen_bit() / 65535).max() < 2e-5


def test_sixteen_bits_that_use_only_eight_are_noted(tmp_path: Path, caplog):
    tifffile.imwrite(tmp_path / "a.tif", sixteen_bit() >> 8, photometric="rgb")
    with caplog.at_level("INFO", "impasto"):
        assert load(tmp_path / "a.tif").array.max() < 0.004
    assert "numbers up to 255 of 65535 only" in caplog.text
