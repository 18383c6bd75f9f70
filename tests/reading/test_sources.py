"""Everything that plainly is a picture becomes one, and nothing else."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import random_pixels
from good_files import ADOBE, PIXELS, exif_of
from PIL import Image

from impasto import PictureError
from impasto.reading.load import load
from impasto.reading.sources import as_picture


@pytest.mark.parametrize("kind", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_an_open_image_is_the_same_picture_as_its_file(tmp_path: Path, kind, orientation):
    path = tmp_path / f"a{kind}"
    exif = exif_of(orientation=orientation)
    Image.fromarray(PIXELS).save(path, exif=exif, dpi=(300, 300), icc_profile=ADOBE)
    by_path = load(path)
    with Image.open(path) as image:
        words = dict(image.getexif())
        opened = as_picture(image)
        assert image.format == "TIFF" or dict(image.getexif()) == words
    assert np.array_equal(opened.array, by_path.array)
    assert replace(opened.origin, density=None) == replace(
        by_path.origin, source=None, density=None
    )


def test_every_source_gives_the_same_picture(photo: Path):
    picture = load(photo)
    assert picture.size == (48, 64)
    assert picture.array.dtype == np.float32
    image = Image.open(photo)
    whole, tensor = np.asarray(image), picture.tensor()
    for source in (str(photo), image, whole, whole / 255, picture, tensor, tensor[None].double()):
        np.testing.assert_allclose(as_picture(source).array, picture.array, atol=1e-6)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((4, 4, 7)), "shape"),
        (np.full((40, 40, 3), 200.0), "0..1"),
        (np.full((40, 40), np.nan), "non-finite"),
        (np.zeros((0, 4, 3)), "no pixels"),
        (torch.zeros(2, 40, 40), "shape"),
        (torch.zeros(2, 3, 40, 40), "shape"),
        (torch.zeros(3, 40, 40).to_sparse(), "sparse"),
        (torch.zeros(3, 40, 40, device="meta"), "meta"),
        (np.zeros((40, 40, 3), np.int64), "type int64"),
        (np.zeros((40, 40, 3), np.complex64), "type complex64"),
        (torch.zeros(3, 40, 40, dtype=torch.int32), "type"),
        (torch.zeros(3, 40, 40, dtype=torch.uint8).view(torch.bits8), "bits8"),
        (np.ma.masked_less(np.ones((40, 48)).cumsum(0), 2) / 40, "masked pixels"),
        (np.zeros((40, 40), np.uint64), "type uint64"),
        (7, "a int is not a picture"),
    ],
)
def test_unfit_sources_are_refused(source: object, message: str):
    with pytest.raises(PictureError, match=message):
        as_picture(source)


UNIT = np.random.default_rng(0).integers(0, 256, (40, 48, 4), dtype=np.uint8) / np.float32(255)
TENSOR = torch.from_numpy(UNIT[..., :3]).permute(2, 0, 1)


@pytest.mark.parametrize(
    "source",
    [
        TENSOR[None],
        TENSOR.permute(1, 2, 0),
        TENSOR.permute(1, 2, 0)[None],  # as ComfyUI has them
        TENSOR.clone().requires_grad_(),
        TENSOR.bfloat16(),
        TENSOR.half(),
        TENSOR.double(),
        (TENSOR * 255).byte(),
        (TENSOR * 65535).to(torch.uint16),
        torch.complex(-TENSOR, -TENSOR).conj().imag,
        np.ma.masked_less(UNIT[..., :3], 0),  # of which nothing is masked
        UNIT[..., :3].astype(np.float16),
        UNIT[..., :3].astype(">f8"),
        np.moveaxis(UNIT[..., :3], 2, 0),
        (UNIT[..., :3] * 65535).astype(np.uint16),
        (UNIT[None, ..., :3] * 65535).astype(">u2"),
    ],
)
def test_numbers_of_plain_meaning_are_pictures(source):
    picture = as_picture(source)
    np.testing.assert_allclose(picture.array, UNIT[..., :3], atol=5e-3)
    assert picture.alpha is None
    assert picture.origin.depth == (16 if source.dtype in (torch.uint16, "u2", ">u2") else 8)


@pytest.mark.parametrize("source", [UNIT, torch.from_numpy(UNIT).permute(2, 0, 1), UNIT * 1.0])
def test_a_fourth_channel_is_alpha(source):
    picture = as_picture(source)
    np.testing.assert_allclose(picture.array, UNIT[..., :3], atol=1e-6)
    np.testing.assert_allclose(picture.alpha, UNIT[..., 3], atol=1e-6)


@pytest.mark.parametrize(
    "source",
    [
        UNIT[..., 0],
        UNIT[..., :1],
        TENSOR[0],
        TENSOR[:1],
        TENSOR[:1, None],
        UNIT[..., 0] > 0.5,
        UNIT[..., 0].view(np.matrix),
    ],
)
def test_one_channel_is_grey(source):
    picture = as_picture(source)
    np.testing.assert_allclose(
        picture.array[..., 1], np.asarray(source, np.float32).reshape(40, 48), atol=1e-6
    )


def test_tensors_of_inference_mode_are_pictures():
    with torch.inference_mode():
        np.testing.assert_allclose(as_picture(TENSOR * 1).array, UNIT[..., :3], atol=1e-6)


def test_a_damaged_open_image_is_a_picture_error(tmp_path: Path):
    Image.fromarray(random_pixels(200, 200, 0)).save(tmp_path / "cut.jpg")
    image = Image.open(io.BytesIO((tmp_path / "cut.jpg").read_bytes()[:4000]))
    with pytest.raises(PictureError, match="the picture is damaged"):
        as_picture(image)


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "HSV"])
def test_rare_modes_in_memory_become_rgb(mode: str):
    image = Image.fromarray(random_pixels(40, 60, 0))
    way = {"La": "LA", "RGBa": "RGBA"}
    image = image.convert(way[mode]).convert(mode) if mode in way else image.convert(mode)
    assert 0.3 < as_picture(image).array.mean() < 0.7
