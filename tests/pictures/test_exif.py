"""The camera's words come through, as far as they are true and fit."""

from pathlib import Path

import numpy as np
import pytest
from conftest import random_pixels
from good_files import RECIPE, SUFFIXES, exif_of
from PIL import Image

from impasto import Picture
from impasto.pictures.origin import Origin
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense" * 9, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(99)]
)
def test_garbage_exif_does_no_harm(tmp_path: Path, exif: bytes):
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "a.jpg", exif=exif)
    picture = load(tmp_path / "a.jpg")
    assert picture.size == (40, 60)
    picture.save(tmp_path / "b.jpg")
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "c.jpg", exif=exif_of(orientation=99))
    assert load(tmp_path / "c.jpg").size == (40, 60)


def test_words_of_any_language_come_through(tmp_path: Path):
    exif = Image.Exif()
    exif[33432] = "\u00a9 Jos\u00e9".encode().decode("latin-1")  # as Pillow reads UTF-8
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "a.jpg", exif=_with_bytes(exif))
    for suffix in (".jpg", ".png", ".tif"):
        load(tmp_path / "a.jpg").save(tmp_path / f"b{suffix}")
        assert "\u00a9 Jos\u00e9".encode() in (tmp_path / f"b{suffix}").read_bytes()


def _with_bytes(exif: Image.Exif) -> Image.Exif:
    for tag, value in list(exif.items()):
        exif[tag] = value.encode("latin-1")
    return exif


def _full_exif(size: int) -> bytes:
    exif = exif_of()
    exif.get_ifd(0x8769)[0xEA1C] = b"\x1c\xea" + bytes(size)
    return exif.tobytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [60_000, 65_400])
def test_a_camera_with_too_many_words_does_not_keep_a_result_from_being_saved(
    tmp_path: Path, suffix: str, size: int, caplog
):
    origin = Origin(exif=_full_exif(size))
    picture = Picture(np.full((40, 60, 3), 0.5, np.float32), origin=origin, recipe=RECIPE * 2)
    with caplog.at_level("INFO", "impasto"):
        picture.save(tmp_path / f"a{suffix}")
    assert read_recipe_text(tmp_path / f"a{suffix}") == RECIPE * 2
    assert ("0xea1c" in caplog.text) == (suffix == ".jpg")
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert image.getexif()[272] == "Camera 1"
