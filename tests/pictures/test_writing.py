"""Results are written with all that their photograph's file said, whole or not at all."""

import io
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from bad_files import MEMORY
from conftest import random_pixels
from good_files import ADOBE, PIXELS, RECIPE, SUFFIXES, exif_of, lengthened, sixteen_bit, with_tags
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from impasto import OutputError, Picture, UsageError
from impasto.files import replacing
from impasto.pictures.film import save_film
from impasto.pictures.origin import Origin
from impasto.pictures.writing import check_fits, check_output, save
from impasto.profiles.icc import converted
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load
from impasto.reading.sources import as_picture


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_come_back_exactly(tmp_path: Path, suffix: str, channels: int):
    samples = sixteen_bit(channels=channels)
    path, again = tmp_path / f"deep{suffix}", tmp_path / f"again{suffix}"
    squeezed = samples[..., 0] if channels == 1 else samples
    if suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(squeezed))
    else:
        extra = ["UNASSALPHA"] if channels in (2, 4) else []
        kind = "rgb" if channels > 2 else "minisblack"
        tifffile.imwrite(
            path, squeezed, photometric=kind, extrasamples=extra, planarconfig="contig"
        )
    picture = load(path)
    assert picture.origin.depth == 16
    save(picture, again)
    expected = (
        samples if channels > 2 else np.concatenate((samples[..., [0] * 3], samples[..., 1:]), 2)
    )
    assert np.array_equal(load(again).samples(16), expected)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_file_says_is_said_again(tmp_path: Path, suffix: str):
    exif = exif_of().tobytes()
    pixels = np.full((40, 60, 3), 0.5, np.float32)
    picture = Picture(pixels, origin=Origin(ADOBE, 8, (240, 240), exif))
    path = tmp_path / f"a{suffix}"
    save(replace(picture, recipe=RECIPE), path)
    again = load(path)
    assert again.origin.profile == ADOBE
    assert read_recipe_text(path) == RECIPE
    with Image.open(path) as image:
        assert image.getexif()[272] == "Camera 1"
    if suffix in (".png", ".jpg", ".tif"):
        assert again.origin.density == pytest.approx((240, 240), rel=1e-3)
    assert np.abs(again.array - 0.5).max() < 0.01


def test_metadata_can_be_left_out(tmp_path: Path):
    picture = Picture(
        np.zeros((40, 40, 3), np.float32), origin=Origin(ADOBE, exif=exif_of().tobytes())
    )
    for suffix in SUFFIXES:
        path = tmp_path / f"a{suffix}"
        save(replace(picture, recipe=RECIPE), path, metadata=False)
        assert load(path).origin.profile == ADOBE
        assert read_recipe_text(path) is None
        with Image.open(path) as image:
            assert 272 not in image.getexif()


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".avif"])
def test_alpha_is_carried(tmp_path: Path, suffix: str):
    pixels = np.full((40, 60, 4), 200, np.uint8)
    pixels[:20, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    picture = load(tmp_path / "a.png")
    save(picture, tmp_path / f"b{suffix}")
    again = load(tmp_path / f"b{suffix}")
    assert again.alpha is not None
    assert np.abs(again.alpha - picture.alpha).max() < 0.02


def test_a_jpeg_is_laid_over_white_with_a_note(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    picture = Picture(np.zeros((40, 40, 3), np.float32), np.zeros((40, 40), np.float32))
    with caplog.at_level("INFO", "impasto"):
        save(picture, tmp_path / "a.jpg")
    assert "laid over white" in caplog.text
    assert load(tmp_path / "a.jpg").array.min() > 0.99


@pytest.mark.parametrize(
    ("name", "height", "width", "depth", "message"),
    [
        ("a.webp", 40, 16384, None, "16383"),
        ("a.jpg", 65501, 40, None, "65500"),
        ("a.jpg", 40, 40, 16, "no 16 bits"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_the_run(name, height, width, depth, message):
    with pytest.raises(UsageError, match=message):
        check_fits(Path(name), height, width, depth)


def test_jpeg_is_fit_for_print(tmp_path: Path):
    Picture(random_pixels(80, 80, 0).astype(np.float32) / 255).save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.layer[1][1:3] == (1, 1)  # colour is not subsampled
        assert max(max(table) for table in image.quantization.values()) <= 16


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    monkeypatch.setattr("impasto.files.os.fsync", _full)
    with pytest.raises(OutputError, match="No space"):
        Picture(np.zeros((40, 40, 3), np.float32)).save(path, overwrite=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _full(handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_leftovers_of_killed_writers_are_removed(tmp_path: Path):
    path = tmp_path / "a.png"
    code = (
        "import os, sys; from pathlib import Path; from impasto.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as stream:\n"
        "    stream.write(bytes(1000)); stream.flush(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    assert not path.exists()
    other = tmp_path / f".a.png.impasto-{os.getpid()}-alive.tmp"
    other.touch()
    with replacing(path) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [other, path]  # a living writer's stays


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    channels=st.sampled_from([3, 4]),
    depth=st.sampled_from([8, 16]),
    suffix=st.sampled_from([".png", ".tif"]),
)
def test_lossless_files_of_any_size_come_back(
    tmp_path_factory, height, width, channels, depth, suffix
):
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    samples = sixteen_bit(height, width, channels) >> (8 if depth == 8 else 0)
    planes = samples.astype(np.float32) / np.float32(255 if depth == 8 else 65535)
    alpha = np.maximum(planes[..., 3], 0.01) if channels == 4 else None
    picture = Picture(np.ascontiguousarray(planes[..., :3]), alpha)
    save(picture, path, depth=depth)
    again = load(path)
    assert np.array_equal(again.samples(depth)[..., :3], samples[..., :3])


def test_a_recipe_in_jpeg_2000_is_found(tmp_path: Path):
    picture = Picture(np.zeros((40, 40, 3), np.float32), recipe=RECIPE)
    picture.save(tmp_path / "a.jp2")
    assert read_recipe_text(tmp_path / "a.jp2") == RECIPE


@pytest.mark.parametrize("kind", ["primaries", "table"])
@pytest.mark.parametrize(("suffix", "length"), [(".png", 1_500_000), (".jpg", 17_000_000)])
def test_a_profile_too_long_for_the_results_readers_is_trimmed(
    tmp_path: Path, suffix: str, length: int, kind: str, caplog
):
    long = lengthened(ADOBE if kind == "primaries" else _of_a_table(9), bytes(length))
    picture = replace(as_picture(PIXELS), origin=Origin(long))
    with caplog.at_level("INFO", "impasto"):
        save(picture, tmp_path / f"a{suffix}")
    assert "too long" in caplog.text
    with Image.open(tmp_path / f"a{suffix}") as image:
        short = image.info["icc_profile"]
        assert suffix == ".jpg" or np.array_equal(np.asarray(image), PIXELS)
    assert len(short) < 10_000
    assert ImageCms.getProfileDescription(_opened(short)) == ImageCms.getProfileDescription(
        _opened(ADOBE)
    )
    seen = converted(picture.array, long, None)
    assert np.array_equal(converted(picture.array, short, None), seen)


def test_where_a_profiles_colours_themselves_are_too_long_the_result_is_in_srgb(
    tmp_path: Path, caplog
):
    picture = replace(as_picture(PIXELS), origin=Origin(_of_a_table(57)))
    expected = converted(picture.array, picture.origin.profile, None)
    with caplog.at_level("INFO", "impasto"):
        save(picture, tmp_path / "a.png")
    assert "brought to sRGB" in caplog.text
    found = load(tmp_path / "a.png")
    assert found.origin.profile is None
    assert np.ptp(found.array, axis=2).max() < 0.01
    assert np.abs(found.array - expected).max() <= 0.5 / 255 + 1e-6


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _of_a_table(points: int) -> bytes:
    """Return a profile of Adobe's primaries with a table (ICC.1, mft2) that makes all grey."""
    steps = np.linspace(0, 1, points)
    red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
    light = (0.2 * red + 0.5 * green + 0.3 * blue)[..., None] * (0.9642, 1.0, 0.8249) * 32768
    straight = struct.pack(">6H", *(0, 65535) * 3)
    table = b"mft2" + struct.pack(">4xBBBx", 3, 3, points)
    table += struct.pack(">9i2H", *(np.eye(3, dtype=int).ravel() * 65536), 2, 2)
    table += straight + np.rint(light).astype(">u2").tobytes() + straight
    return with_tags(ADOBE, A2B0=table)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".jp2"])
def test_a_recipe_too_long_for_the_format_is_left_out_with_a_note(tmp_path: Path, suffix, caplog):
    picture = Picture(np.full((40, 60, 3), 0.5, np.float32), recipe="y" * 70_000)
    with caplog.at_level("INFO", "impasto"):
        picture.save(tmp_path / f"a{suffix}")
    holds = suffix not in (".jpg", ".jp2")
    assert (read_recipe_text(tmp_path / f"a{suffix}") == picture.recipe) == holds
    assert ("the recipe does not fit" in caplog.text) == (not holds)


@pytest.mark.parametrize("fault", [ValueError("EXIF data is too long"), KeyError(1)])
def test_whatever_an_encoder_raises_is_an_output_error(tmp_path: Path, fault, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OutputError, match=r"cannot write .*a\.webp: ."):
        Picture(np.zeros((40, 40, 3), np.float32)).save(tmp_path / "a.webp")
    with pytest.raises(OutputError, match=r"cannot write .*a\.gif: ."):
        save_film([Image.new("RGB", (40, 40))], tmp_path / "a.gif", 5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fault", MEMORY)
def test_memory_that_runs_out_in_an_encoder_is_said_to(tmp_path: Path, fault, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(MemoryError):
        Picture(np.zeros((40, 40, 3), np.float32)).save(tmp_path / "a.webp")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "suffix", [".png", ".jpg", ".webp", ".tif", ".TIFF", ".jpeg", ".avif", ".jp2"]
)
def test_saved_files_open_again(photo: Path, tmp_path: Path, suffix: str):
    path = tmp_path / f"saved{suffix}"
    picture = load(photo)
    picture.save(path)
    lossy = suffix in (".jpg", ".jpeg", ".webp", ".avif")
    assert np.abs(load(path).array - picture.array).mean() < (0.05 if lossy else 1e-6)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["photo.png", path.name])


@pytest.mark.parametrize("place", [io.BytesIO(), None, 7.0])
def test_what_is_no_path_is_refused_before_anything_is_saved(photo: Path, place: object):
    with pytest.raises(UsageError, match=f"to a {type(place).__name__}; give a path"):
        load(photo).save(place)


def test_a_depth_that_no_file_has_is_refused(photo: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="depth cannot be 12"):
        load(photo).save(tmp_path / "a.png", depth=12)


def test_a_path_of_bytes_is_a_path(photo: Path, tmp_path: Path):
    load(photo).save(os.fsencode(tmp_path / "a.png"))
    assert (tmp_path / "a.png").exists()


def test_an_existing_file_is_kept_unless_overwriting(photo: Path):
    before = photo.read_bytes()
    with pytest.raises(UsageError, match="exists"):
        load(photo).save(photo)
    assert photo.read_bytes() == before
    load(photo).save(photo, overwrite=True)


def test_outputs_are_checked_before_the_work(photo: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=r"unknown extension; choose from \.png"):
        check_output(tmp_path / "out.gif")
    with pytest.raises(UsageError, match="also an input"):
        check_output(photo, overwrite=True, inputs=(photo,))
    with pytest.raises(OutputError, match="does not exist"):
        check_output(tmp_path / "missing" / "out.png")
    with pytest.raises(OutputError, match="cannot write"):
        check_output(Path("/proc/out.png"))
    check_output(tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    photo: Path, monkeypatch: pytest.MonkeyPatch
):
    before = photo.read_bytes()

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("impasto.files.os.replace", full)
    with pytest.raises(OutputError, match="No space left"):
        save(Picture(np.zeros((40, 40, 3), np.float32)), photo)
    assert photo.read_bytes() == before
    assert [p.name for p in photo.parent.iterdir()] == ["photo.png"]
