"""The RGB space of a file, however it says it: seen rightly, painted in one, said truly again."""

import struct
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from bad_files import chunk
from conftest import random_pixels
from PIL import Image

from impasto import PictureError, Settings
from impasto.engine.prepare import prepare
from impasto.pictures.picture import Picture
from impasto.pictures.writing import save
from impasto.profiles.code_points import profile_of
from impasto.profiles.icc import converted, is_matrix, to_paint_in
from impasto.profiles.spaces import SRGB, SRGB_CURVE, adobe_rgb, of_primaries
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.scene.finish import finish

PIXELS = random_pixels(40, 60, 0)
SHARES = PIXELS.astype(np.float32) / 255
D65 = (0.3127, 0.3290, 1.0)
LINEAR = imagecodecs.cms_profile(
    "rgb", whitepoint=D65, gamma=1.0, primaries=(0.64, 0.33, 1, 0.3, 0.6, 1, 0.15, 0.06, 1)
)
WIDE_LINEAR = imagecodecs.cms_profile(
    "rgb", whitepoint=D65, gamma=1.0, primaries=(0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1)
)


def _of_gamma(gamma: float) -> bytes:
    primaries = (0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1)
    return imagecodecs.cms_profile("rgb", whitepoint=D65, gamma=gamma, primaries=primaries)


def _exif(space: int | None, index: bytes | None) -> bytes:
    """Return EXIF as cameras write it: a colour space, and the interoperability's directory."""
    entries = [] if space is None else [struct.pack("<HHIHH", 0xA001, 3, 1, space, 0)]
    first = 8 + 2 + 2 * 12 + 4
    if index is not None:
        last = first + 2 + 12 * (len(entries) + 1) + 4
        entries.append(struct.pack("<HHII", 0xA005, 4, 1, last))
    tags = [(0x010F, 2, 4, b"Cam\0"), (0x8769, 4, 1, struct.pack("<I", first))]
    data = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2)
    data += b"".join(struct.pack("<HHI", *tag[:3]) + tag[3] for tag in tags) + bytes(4)
    data += struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    if index is not None:
        data += struct.pack("<HHHI", 1, 1, 2, 4) + index + bytes(4)
    return data


@pytest.mark.parametrize(("space", "index"), [(65535, b"R03\0"), (2, None), (None, b"R03\0")])
def test_adobe_rgb_that_only_exif_says_is_seen(tmp_path: Path, space, index):
    path = tmp_path / "a.jpg"
    Image.fromarray(PIXELS).save(path, exif=_exif(space, index), quality=95)
    for picture in (load(path), as_picture(Image.open(path))):
        assert picture.origin.profile == adobe_rgb()
    for name in ("b.jpg", "b.png", "b.tif", "b.webp"):
        save(picture, tmp_path / name)
        with Image.open(tmp_path / name) as image:
            words = image.getexif()
            assert image.info["icc_profile"] == adobe_rgb()
            assert words[0x010F] == "Cam"
            assert 0xA001 not in words.get_ifd(0x8769)
            assert not words.get_ifd(0xA005)


@pytest.mark.parametrize(
    ("space", "index", "profile"),
    [(1, b"R98\0", None), (1, b"R03\0", None), (65535, b"R98\0", None), (65535, b"R03\0", "own")],
)
def test_a_profile_and_a_plain_word_go_before_the_index(tmp_path: Path, space, index, profile):
    own = {} if profile is None else {"icc_profile": _of_gamma(1.8)}
    path = tmp_path / "a.jpg"
    Image.fromarray(PIXELS).save(path, exif=_exif(space, index), **own)
    assert load(path).origin.profile == own.get("icc_profile")


def test_exif_in_a_png_says_nothing_of_its_pixels(tmp_path: Path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=_exif(65535, b"R03\0"))
    assert load(tmp_path / "a.png").origin.profile is None


def test_adobe_rgb_has_the_colours_of_its_definition():
    # The D50 matrix of Adobe RGB (1998), annex A, by way of its red, green and blue.
    found = converted(np.eye(3, dtype=np.float32)[None], adobe_rgb(), _of_gamma(563 / 256))
    np.testing.assert_allclose(found[0], np.eye(3), atol=1e-4)
    assert is_matrix(adobe_rgb())
    np.testing.assert_allclose(
        converted(SHARES, of_primaries(SRGB, SRGB_CURVE, ""), None), SHARES, atol=1e-6
    )


@pytest.mark.parametrize("gamma", [1.8, 2.0, 2.2, 2.4])
def test_curves_of_displays_are_painted_in(gamma: float):
    assert to_paint_in(_of_gamma(gamma)) == _of_gamma(gamma)
    assert to_paint_in(adobe_rgb()) == adobe_rgb()


@pytest.mark.parametrize("gamma", [1.0, 1.3, 4.0])
def test_other_curves_are_not(gamma: float):
    profile = _of_gamma(gamma)
    space = to_paint_in(profile)
    assert space != profile
    assert to_paint_in(space) == space
    # The same primaries: what is a corner stays one.
    np.testing.assert_allclose(
        converted(np.eye(3, dtype=np.float32)[None], profile, space)[0], np.eye(3), atol=1e-4
    )


@pytest.mark.parametrize("profile", [LINEAR, WIDE_LINEAR])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_linear_light_is_painted_in_the_eyes_and_given_back_exactly(
    tmp_path: Path, profile: bytes, suffix: str, caplog
):
    seen = converted(SHARES, to_paint_in(profile), profile)
    samples = np.rint(seen * 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", iccprofile=profile)
    with caplog.at_level("INFO", "impasto"):
        picture = load(tmp_path / "a.tif")
    assert "given back in its own" in caplog.text
    np.testing.assert_allclose(picture.array, SHARES, atol=2e-3)
    assert picture.origin.profile == (None if profile == LINEAR else to_paint_in(profile))
    save(picture, tmp_path / f"b{suffix}")
    again = load(tmp_path / f"b{suffix}")
    assert again.origin.own_profile == profile
    np.testing.assert_array_equal(again.array, picture.array)


def test_eight_bits_of_linear_light_come_back_only_where_there_were_no_more(tmp_path: Path, caplog):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", icc_profile=LINEAR)
    picture = load(tmp_path / "a.jpg")
    save(picture, tmp_path / "b.jpg")
    assert load(tmp_path / "b.jpg").origin.own_profile == LINEAR
    with caplog.at_level("INFO", "impasto"):
        save(replace(picture, origin=replace(picture.origin, depth=16)), tmp_path / "c.jpg")
    assert "8 bits are too few" in caplog.text
    assert load(tmp_path / "c.jpg").origin.own_profile is None
    assert np.abs(load(tmp_path / "c.jpg").array - picture.array).mean() < 0.02
    assert picture.image.info.get("icc_profile") == picture.origin.profile
    caplog.clear()
    with caplog.at_level("INFO", "impasto"):
        save(picture, tmp_path / "d.jp2")
    assert caplog.messages == [".jp2 has no colour profile; the result is brought to sRGB"]
    assert np.abs(load(tmp_path / "d.jp2").array - picture.array).mean() < 0.02


def test_a_result_of_linear_light_is_in_the_photographs_profile(tmp_path: Path):
    samples = np.rint(converted(SHARES, None, LINEAR) * 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", iccprofile=LINEAR)
    photo = load(tmp_path / "a.tif")
    run = prepare(photo, Picture(SHARES), Settings(size=60, levels=1))
    result = finish(run.originals, "painted", photo.tensor()[None])
    np.testing.assert_allclose(result.array, photo.array, atol=1e-6)
    save(result, tmp_path / "b.tif")
    assert load(tmp_path / "b.tif").origin.own_profile == LINEAR


def test_grey_in_an_rgb_profile_is_seen_in_it(tmp_path: Path):
    grey = np.full((40, 40), 0x8000, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="minisblack", iccprofile=LINEAR)
    # Linear light of a half is 188 in sRGB.
    assert load(tmp_path / "a.tif").array.mean() == pytest.approx(188 / 255, abs=0.005)


def _png(samples: np.ndarray, *chunks: bytes) -> bytes:
    data = imagecodecs.png_encode(samples)
    return data[:33] + b"".join(chunks) + data[33:]


def _gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


ADOBE_POINTS = chunk(
    b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_linear_pngs_are_seen_as_they_are_meant(tmp_path: Path, kind: type, channels: int):
    samples = np.full((40, 60, channels), np.iinfo(kind).max // 2 + 1, kind)
    (tmp_path / "a.png").write_bytes(_png(samples.squeeze(), _gamma(1)))
    found = load(tmp_path / "a.png")
    assert found.array.mean() == pytest.approx(188 / 255, abs=0.005)
    assert found.origin.own_profile is not None
    by_image = as_picture(Image.open(tmp_path / "a.png"))
    assert by_image.array.mean() == pytest.approx(188 / 255, abs=0.005)


@pytest.mark.parametrize(
    ("chunks", "is_srgb"),
    [
        ([_gamma(0.45455)], True),
        ([_gamma(1), chunk(b"sRGB", b"\0")], True),
        ([_gamma(0.45455), ADOBE_POINTS], False),
        ([_gamma(1 / 1.8)], False),
        ([ADOBE_POINTS], True),
        ([_gamma(0)], True),
        ([_gamma(0.45455), chunk(b"cHRM", bytes(32))], True),
        ([chunk(b"cICP", bytes((1, 13, 0, 1))), _gamma(1)], True),
        ([chunk(b"cICP", bytes((12, 13, 0, 1)))], False),
        ([chunk(b"cICP", bytes((2, 2, 0, 1)))], True),
    ],
)
def test_the_space_that_a_pngs_chunks_say(tmp_path: Path, chunks, is_srgb: bool):
    (tmp_path / "a.png").write_bytes(_png(PIXELS, *chunks))
    picture = load(tmp_path / "a.png")
    assert (picture.origin.profile is None) == is_srgb
    assert np.array_equal(picture.samples(8), PIXELS)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("depth", [8, 16])
def test_narrow_range_is_brought_to_the_full_one(tmp_path: Path, channels: int, depth: int, caplog):
    steps = np.linspace(16, 235, 41 * 60).reshape(41, 60, 1) * (1 << (depth - 8))
    samples = np.rint(steps).astype(f"u{depth // 8}").repeat(channels, 2)
    samples[0], samples[-1] = 0, np.iinfo(samples.dtype).max  # below black, above white
    said = chunk(b"cICP", bytes((1, 13, 0, 0)))
    (tmp_path / "a.png").write_bytes(_png(samples.squeeze(), said))
    with caplog.at_level("INFO", "impasto"):
        found = load(tmp_path / "a.png")
    assert "narrow range" in caplog.text
    assert found.origin.depth == depth
    expected = np.linspace(0, 1, 41 * 60, dtype=np.float32).reshape(41, 60, 1)
    assert np.abs(found.array - expected)[1:-1].max() < 0.51 / 219
    assert (found.array[0].max(), found.array[-1].min()) == (0, 1)
    if channels == 4:
        assert np.array_equal(
            found.alpha, samples[..., 3] / np.float32(np.iinfo(samples.dtype).max)
        )


def test_gamma_and_adobes_primaries_are_adobe_rgb(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(_png(PIXELS, _gamma(256 / 563), ADOBE_POINTS))
    said = load(tmp_path / "a.png").origin.profile
    np.testing.assert_allclose(converted(SHARES, said, adobe_rgb()), SHARES, atol=2e-4)


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_refused_with_what_to_do(tmp_path: Path, transfer: int):
    (tmp_path / "a.png").write_bytes(_png(PIXELS, chunk(b"cICP", bytes((9, transfer, 0, 1)))))
    with pytest.raises(PictureError, match=r"HDR picture .* save it without"):
        load(tmp_path / "a.png")
    path = tmp_path / "a.avif"
    Image.fromarray(PIXELS).save(path)
    boxes = path.read_bytes()
    at = boxes.index(b"colrnclx") + 8
    path.write_bytes(boxes[:at] + struct.pack(">HH", 9, transfer) + boxes[at + 4 :])
    with pytest.raises(PictureError, match="HDR picture"):
        load(path)


def test_code_points_that_say_nothing_leave_it_to_others():
    assert profile_of((2, 2), "a") is None
    assert profile_of((1, 13), "a") == b""
