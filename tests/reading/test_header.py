"""Headers: the size of what would be loaded, and the refusals, without decoding."""

from pathlib import Path

import pytest
from PIL import Image

from impasto import PictureError, UsageError
from impasto.pictures.limits import Reading
from impasto.reading.header import size_in
from impasto.reading.load import load


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "bmp", "gif", "avif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_header_says_the_size_of_what_is_loaded(tmp_path: Path, ending: str, orientation: int):
    path = tmp_path / f"a.{ending}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    may_turn = {"exif": exif.tobytes()} if ending == "jpg" else {}
    Image.new("RGB", (70, 40), (200, 30, 30)).save(path, **may_turn)
    assert size_in(path) == load(path).size


def test_a_header_is_refused_as_the_picture_is(tmp_path: Path):
    words, large = tmp_path / "words.jpg", tmp_path / "large.png"
    words.write_text("no picture at all")
    Image.new("RGB", (70, 40)).save(large)
    for path, reading in ((words, Reading()), (large, Reading(max_pixels=2000))):
        with pytest.raises(PictureError) as loaded:
            load(path, reading)
        with pytest.raises(PictureError) as looked:
            size_in(path, reading)
        assert str(looked.value) == str(loaded.value)
    with pytest.raises(UsageError, match="there is no file"):
        size_in(tmp_path / "missing.png")
