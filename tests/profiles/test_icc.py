"""Colour profiles: pixels keep their meaning from one space to another."""

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from good_files import ADOBE, D65, PIXELS, with_tags
from PIL import Image, ImageCms

from impasto import Picture
from impasto.pictures.origin import Origin
from impasto.profiles.icc import converted, srgb
from impasto.reading.load import load

# Primaries and gamma of ProPhoto (ISO 22028-2).
_PROPHOTO_PRIMARIES = (0.7347, 0.2653, 1, 0.1596, 0.8404, 1, 0.0366, 0.0001, 1)
PROPHOTO = imagecodecs.cms_profile(
    "rgb", whitepoint=(0.3457, 0.3585, 1.0), gamma=1.8, primaries=_PROPHOTO_PRIMARIES
)


# Patches of the ColorChecker, sRGB 0..255, published by its maker.
PATCHES = np.array(
    [(115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (175, 54, 60), (8, 133, 161)]
)


@pytest.mark.parametrize("profile", [ADOBE, PROPHOTO])
def test_known_patches_come_back(profile: bytes):
    pixels = (PATCHES[None] / 255).astype(np.float32)
    moved = converted(pixels, None, profile)
    assert np.abs(moved - pixels).max() > 0.02  # another space, other numbers
    back = converted(moved, profile, None)
    lab = [_lab(values) for values in (pixels, back)]
    assert np.linalg.norm(lab[0] - lab[1], axis=-1).max() < 0.5  # Delta E 1976


def _lab(pixels: np.ndarray) -> np.ndarray:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    return imagecodecs.cms_transform(
        pixels, srgb(), lab, colorspace="rgb", outcolorspace="lab", outdtype="float32"
    )


def test_a_style_is_brought_into_the_photographs_space():
    style = Picture((PATCHES[None] / 255).astype(np.float32))
    photo = Picture(np.zeros((4, 4, 3), np.float32), origin=Origin(ADOBE))
    moved = style.in_space_of(photo)
    assert moved.origin.profile == ADOBE
    assert style.in_space_of(style) is style
    np.testing.assert_allclose(moved.in_space_of(style).array, style.array, atol=2e-3)


def test_other_spaces_become_srgb_and_damaged_profiles_too(tmp_path: Path, caplog):
    Image.new("CMYK", (40, 40), (255, 0, 0, 0)).save(tmp_path / "cyan.jpg")
    white = Image.new("RGB", (40, 40), "white")
    spaces = (ImageCms.createProfile(name) for name in ("sRGB", "LAB"))
    ImageCms.profileToProfile(white, *spaces, outputMode="LAB").save(tmp_path / "lab.tif")
    Image.new("RGB", (40, 40), (10, 20, 30)).save(tmp_path / "bad.png", icc_profile=b"no" * 99)
    Image.new("RGB", (40, 40)).save(tmp_path / "odd.png", icc_profile=_grey_profile())
    with caplog.at_level("INFO", "impasto"):
        assert load(tmp_path / "cyan.jpg").array[0, 0, 0] < 0.1
        assert load(tmp_path / "lab.tif").array.min() > 0.95
        bad, odd = load(tmp_path / "bad.png"), load(tmp_path / "odd.png")
    assert np.array_equal(bad.samples(8)[0, 0], (10, 20, 30))
    assert bad.origin.profile is None
    assert odd.origin.profile is None
    for word in ("from CMYK", "from LAB", "damaged colour profile", "GRAY pixels but RGB"):
        assert word in caplog.text


def _grey_profile() -> bytes:
    return imagecodecs.cms_profile("gray", whitepoint=D65, gamma=1.0)


def test_grey_profiles_are_honoured(tmp_path: Path):
    Image.new("L", (40, 40), 128).save(tmp_path / "linear.png", icc_profile=_grey_profile())
    # Linear light of a half is 188 in sRGB.
    assert load(tmp_path / "linear.png").array.mean() == pytest.approx(188 / 255, abs=0.01)


def test_the_picture_as_a_pil_image_says_its_space():
    stream = io.BytesIO()
    Picture(np.zeros((4, 4, 3), np.float32), origin=Origin(ADOBE)).image.save(stream, "PNG")
    with Image.open(stream) as image:
        assert image.info["icc_profile"] == ADOBE


def test_a_profile_that_cannot_be_followed_is_taken_as_srgb(tmp_path: Path, caplog):
    endless = b"curv" + bytes(4) + struct.pack(">I", 250_000) + bytes(500_000)
    unfit = with_tags(ADOBE, rTRC=endless)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", icc_profile=unfit)
    with caplog.at_level("INFO", "impasto"):
        found = load(tmp_path / "a.png")
    assert "damaged colour profile" in caplog.text
    assert found.origin.profile is None
    assert np.array_equal(found.samples(8), PIXELS)
