"""Picture files in and out: nothing that a person had is lost on the way."""

import errno
import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bad_files
import imagecodecs
import numpy as np
import pytest
import tifffile
from bad_files import chunk
from conftest import random_pixels
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, WebPImagePlugin

from impasto import OutputError, Picture, PictureError, UsageError
from impasto.files import replacing
from impasto.pictures.film import save_film
from impasto.pictures.limits import Reading
from impasto.pictures.origin import Origin
from impasto.pictures.quiet import quiet
from impasto.pictures.writing import check_fits, save
from impasto.profiles.icc import converted, srgb
from impasto.profiles.spaces import assembled
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.scene.alpha import filled

# Primaries and gamma of Adobe RGB (1998), section 4.3, and of ProPhoto (ISO 22028-2).
D65, D50 = (0.3127, 0.3290, 1.0), (0.3457, 0.3585, 1.0)
ADOBE = imagecodecs.cms_profile(
    "rgb", whitepoint=D65, gamma=2.19921875,
    primaries=(0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1),
)  # fmt: skip
PROPHOTO = imagecodecs.cms_profile(
    "rgb", whitepoint=D50, gamma=1.8,
    primaries=(0.7347, 0.2653, 1, 0.1596, 0.8404, 1, 0.0366, 0.0001, 1),
)  # fmt: skip
RECIPE = '{"impasto": "x", "more": "' + "y" * 3000 + '"}'
SUFFIXES = (".png", ".jpg", ".webp", ".tif", ".avif")


def _deep(height: int = 40, width: int = 60, channels: int = 3) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.integers(0, 65536, (height, width, channels), dtype=np.uint16)


def _exif(**tags: object) -> Image.Exif:
    exif = Image.Exif()
    exif[271], exif[272] = "Maker", "Camera 1"
    for name, value in tags.items():
        exif[{"orientation": 0x0112}[name]] = value
    return exif


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_come_back_exactly(tmp_path: Path, suffix: str, channels: int):
    samples = _deep(channels=channels)
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


@pytest.mark.parametrize("compression", ["lzw", "zlib", None])
def test_a_compressed_adobe_tiff_keeps_space_depth_and_density(tmp_path: Path, compression):
    samples = _deep()
    tifffile.imwrite(
        tmp_path / "a.tif", samples, photometric="rgb", compression=compression, iccprofile=ADOBE,
        resolution=(300, 300), resolutionunit="INCH", extratags=[(271, "s", 0, "Maker", True)],
    )  # fmt: skip
    picture = load(tmp_path / "a.tif")
    assert picture.origin.profile == ADOBE
    for name in ("b.tif", "b.png"):
        save(picture, tmp_path / name)
        again = load(tmp_path / name)
        assert np.array_equal(again.samples(16), samples)
        assert again.origin.profile == ADOBE
        assert again.origin.density == pytest.approx((300, 300), rel=1e-3)
        with Image.open(tmp_path / "b.tif") as image:
            assert image.getexif()[271] == "Maker"


def test_big_endian_planes_and_turned_tiffs_are_read(tmp_path: Path):
    samples = _deep()
    tifffile.imwrite(
        tmp_path / "p.tif", np.moveaxis(samples, 2, 0), photometric="rgb",
        planarconfig="separate", byteorder=">",
    )  # fmt: skip
    assert np.array_equal(load(tmp_path / "p.tif").samples(16), samples)
    tifffile.imwrite(
        tmp_path / "t.tif", samples, photometric="rgb", extratags=[(274, "H", 1, 6, True)]
    )
    assert np.array_equal(load(tmp_path / "t.tif").samples(16), np.rot90(samples, -1))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright_at_any_depth(tmp_path: Path, orientation: int):
    pixels = random_pixels(40, 60, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=_exif(orientation=orientation))
    upright = load(tmp_path / "a.png")
    deep = imagecodecs.png_encode(pixels.astype(np.uint16) * 257)
    exif = _exif(orientation=orientation).tobytes().removeprefix(b"Exif\0\0")
    chunk = b"eXIf" + exif
    entry = len(exif).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    (tmp_path / "b.png").write_bytes(deep[:33] + entry + deep[33:])
    assert np.array_equal(load(tmp_path / "b.png").samples(8), upright.samples(8))
    save(upright, tmp_path / "c.jpg")
    with Image.open(tmp_path / "c.jpg") as image:
        assert image.size == upright.size[::-1]
        assert image.getexif().get(0x0112, 1) == 1
        assert image.getexif()[272] == "Camera 1"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_file_says_is_said_again(tmp_path: Path, suffix: str):
    exif = _exif().tobytes()
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
        np.zeros((40, 40, 3), np.float32), origin=Origin(ADOBE, exif=_exif().tobytes())
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


def test_palettes_and_animations_keep_alpha_and_first_frame(tmp_path: Path, caplog):
    frames = [Image.new("RGBA", (40, 40), (50 * n, 0, 0, 255)) for n in range(3)]
    frames[0].putpixel((0, 0), (0, 0, 0, 0))
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with caplog.at_level("INFO", "impasto"):
        first = load(tmp_path / "a.gif")
    assert "3 frames" in caplog.text
    assert first.alpha is not None
    assert first.alpha[0, 0] == 0
    assert load(tmp_path / "a.gif", Reading(frame=2)).array[20, 20, 0] == pytest.approx(100 / 255)
    with pytest.raises(UsageError, match="there is no 3"):
        load(tmp_path / "a.gif", Reading(frame=3))


def test_colours_under_transparent_pixels_come_from_beside_them():
    pixels = np.zeros((33, 47, 3), np.float32)
    alpha = np.zeros((33, 47), np.float32)
    pixels[:, :20], alpha[:, :20] = (0.2, 0.6, 0.4), 1
    found = filled(Picture(pixels, alpha)).array
    np.testing.assert_allclose(found, np.broadcast_to((0.2, 0.6, 0.4), found.shape), atol=1e-4)


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
    samples = (_deep().astype(np.uint32) << 16) + 65535
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb")
    assert np.abs(load(tmp_path / "a.tif").array - _deep() / 65535).max() < 2e-5


def test_sixteen_bits_that_use_only_eight_are_noted(tmp_path: Path, caplog):
    tifffile.imwrite(tmp_path / "a.tif", _deep() >> 8, photometric="rgb")
    with caplog.at_level("INFO", "impasto"):
        assert load(tmp_path / "a.tif").array.max() < 0.004
    assert "numbers up to 255 of 65535 only" in caplog.text


@pytest.mark.parametrize("name", ["bomb.png", "bomb.webp", "deep.png", "deep.tif"])
def test_the_limit_is_asked_before_decoding(tmp_path: Path, name: str, monkeypatch):
    if name.startswith("bomb"):
        Image.new("L", (3000, 1000)).save(tmp_path / name)
    elif name == "deep.png":
        (tmp_path / name).write_bytes(imagecodecs.png_encode(np.zeros((1000, 3000), np.uint16)))
    else:
        tifffile.imwrite(tmp_path / name, np.zeros((1000, 3000), np.uint16), compression="zlib")
    reading = Reading(max_pixels=2_000_000)

    def decoded(*_: object) -> None:
        raise AssertionError("decoded")

    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "load", decoded)
        patch.setattr(imagecodecs, "png_decode", decoded)
        # WebP's decoder makes room for the picture before it says how large that is.
        patch.setattr(WebPImagePlugin, "_webp", SimpleNamespace(WebPAnimDecoder=decoded))
        with pytest.raises(PictureError, match="--max-pixels 3000000"):
            load(tmp_path / name, reading)
    assert load(tmp_path / name, Reading(max_pixels=3_000_000)).size == (1000, 3000)


def test_what_is_there_of_a_cut_file_can_be_painted(tmp_path: Path, caplog):
    path = tmp_path / "cut.jpg"
    Image.fromarray(random_pixels(200, 200, 0)).save(path)
    path.write_bytes(path.read_bytes()[:4000])
    with caplog.at_level("INFO", "impasto"):
        picture = load(path, Reading(allow_truncated=True))
    assert picture.size == (200, 200)
    assert "cut short at" in caplog.text


def _gif_that_grows() -> bytes:
    """Return a GIF of 8 x 8 whose second picture is 60 x 40."""
    parts = []
    for size in ((8, 8), (60, 40)):
        stream = io.BytesIO()
        Image.linear_gradient("L").resize(size).save(stream, "GIF")
        parts.append(stream.getvalue())
    start = parts[1].index(b",", 13 + (6 << (parts[1][10] & 7)))  # behind header and palette
    return parts[0][:-1] + parts[1][start:]


def test_a_picture_that_grows_with_its_frames_is_asked_again(tmp_path: Path):
    (tmp_path / "a.gif").write_bytes(_gif_that_grows())
    assert load(tmp_path / "a.gif", Reading(max_pixels=100)).size == (8, 8)
    assert load(tmp_path / "a.gif", Reading(frame=1)).size == (40, 60)
    with pytest.raises(PictureError, match=r"60 x 40 pixels.*--max-pixels 2400"):
        load(tmp_path / "a.gif", Reading(max_pixels=100, frame=1))


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png", ".jpg"])
def test_our_limit_holds_and_no_hosts(tmp_path: Path, suffix: str, monkeypatch):
    path = tmp_path / f"a{suffix}"
    frames = [Image.fromarray(random_pixels(40, 60, seed)) for seed in (0, 1)]
    several = {} if suffix == ".jpg" else {"save_all": True, "append_images": frames[1:]}
    frames[0].save(path, **several)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert load(path, Reading(frame=int(suffix != ".jpg"))).size == (40, 60)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "JPEG2000", "WEBP", "AVIF"])
def test_a_host_that_lets_cut_files_pass_changes_nothing(tmp_path: Path, kind: str, monkeypatch):
    path = tmp_path / "a"
    Image.fromarray(random_pixels(120, 160, 0)).save(path, kind)
    whole = path.read_bytes()
    for share in (0.3, 0.56, 0.98):
        path.write_bytes(whole[: int(len(whole) * share)])
        said = []
        for host in (False, True):
            monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", host)
            with pytest.raises(PictureError) as caught:
                load(path)
            said.append(str(caught.value))
        assert said[0] == said[1]
        assert "cut short" in said[0] or kind not in ("JPEG", "PNG", "GIF", "BMP")
    path.write_bytes(whole)
    assert load(path).size == (120, 160)


def test_a_frame_that_a_file_has_not_is_never_another(tmp_path: Path):
    for suffix in (".jpg", ".png", ".webp", ".bmp", ".gif", ".tif", ".jp2", ".avif"):
        path = tmp_path / f"a{suffix}"
        Image.fromarray(PIXELS).save(path)
        with pytest.raises(UsageError, match="1 frames, 0 to 0; there is no 1"):
            load(path, Reading(frame=1))
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(_deep()))
    with pytest.raises(UsageError, match="there is no 1"):
        load(tmp_path / "deep.png", Reading(frame=1))


def test_heic_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "phone.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(PictureError, match=r"impasto\[heic\]"):
        load(path)


def test_a_wrong_extension_is_read_with_a_note(tmp_path: Path, caplog):
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "a.jpg", "PNG")
    with caplog.at_level("INFO", "impasto"):
        assert load(tmp_path / "a.jpg").size == (40, 60)
    assert "is a PNG file" in caplog.text


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
    height=st.integers(1, 50), width=st.integers(1, 50), channels=st.sampled_from([3, 4]),
    depth=st.sampled_from([8, 16]), suffix=st.sampled_from([".png", ".tif"]),
)  # fmt: skip
def test_lossless_files_of_any_size_come_back(
    tmp_path_factory, height, width, channels, depth, suffix
):
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    samples = _deep(height, width, channels) >> (8 if depth == 8 else 0)
    planes = samples.astype(np.float32) / np.float32(255 if depth == 8 else 65535)
    alpha = np.maximum(planes[..., 3], 0.01) if channels == 4 else None
    picture = Picture(np.ascontiguousarray(planes[..., :3]), alpha)
    save(picture, path, depth=depth)
    again = load(path)
    assert np.array_equal(again.samples(depth)[..., :3], samples[..., :3])


def test_the_picture_as_a_pil_image_says_its_space():
    stream = io.BytesIO()
    Picture(np.zeros((4, 4, 3), np.float32), origin=Origin(ADOBE)).image.save(stream, "PNG")
    with Image.open(stream) as image:
        assert image.info["icc_profile"] == ADOBE


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense" * 9, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(99)]
)
def test_garbage_exif_does_no_harm(tmp_path: Path, exif: bytes):
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "a.jpg", exif=exif)
    picture = load(tmp_path / "a.jpg")
    assert picture.size == (40, 60)
    picture.save(tmp_path / "b.jpg")
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "c.jpg", exif=_exif(orientation=99))
    assert load(tmp_path / "c.jpg").size == (40, 60)


def test_twelve_bits_reach_white(tmp_path: Path):
    samples = np.full((40, 48, 3), 4095, np.uint16)
    tifffile.imwrite(tmp_path / "t.tif", samples, photometric="rgb", bitspersample=12)
    assert load(tmp_path / "t.tif").array.min() == 1


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


def test_a_recipe_in_jpeg_2000_is_found(tmp_path: Path):
    picture = Picture(np.zeros((40, 40, 3), np.float32), recipe=RECIPE)
    picture.save(tmp_path / "a.jp2")
    assert read_recipe_text(tmp_path / "a.jp2") == RECIPE


def test_heic_is_read_with_its_extra(tmp_path: Path):
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.fromarray(random_pixels(64, 96, 0))).save(tmp_path / "a.heic")
    assert load(tmp_path / "a.heic").size == (64, 96)


def _raw_by_its_pages(path: Path, **tags: object) -> None:
    with tifffile.TiffWriter(path) as out:
        out.write(
            random_pixels(32, 40, 0),
            photometric="rgb",
            subfiletype=1,
            subifds=1,
            metadata=None,
            **tags,
        )
        out.write(_deep(channels=1)[..., 0], photometric=32803, subfiletype=0, metadata=None)


def _dng(path: Path) -> None:
    tifffile.imwrite(
        path,
        random_pixels(32, 40, 0),
        photometric="rgb",
        extratags=[(50706, 1, 4, (1, 4, 0, 0), True)],
    )


BEGINNINGS = [
    b"FUJIFILMCCD-RAW 0201",
    b"\0\0\0\x18ftypcrx \0\0\0\1",
    b"IIU\0\x18\0\0\0",
    b"IIRO\x08\0\0\0",
    b"FOVb\3\0\2\0",
    b"II*\0\x10\0\0\0CR\2\0",
    b"\0MRM\0\1\2\3",
]


@pytest.mark.parametrize("make", [_dng, _raw_by_its_pages, *BEGINNINGS])
def test_raw_camera_files_are_refused_whatever_their_name(tmp_path: Path, make):
    path = tmp_path / "holiday.tif"
    path.write_bytes(make + bytes(200)) if isinstance(make, bytes) else make(path)
    with pytest.raises(PictureError, match=r"raw camera file.* 16-bit TIFF"):
        load(path)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("beneath", [False, True])
def test_the_whole_picture_is_taken_not_its_thumbnail(tmp_path: Path, depth: int, beneath: bool):
    kind = np.uint8 if depth == 8 else np.uint16
    whole = random_pixels(80, 96, 0).astype(kind) * (1 if depth == 8 else 257)
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as out:
        common = {"photometric": "rgb", "metadata": None}
        out.write(whole[::4, ::4], subfiletype=1, subifds=int(beneath), **common)
        out.write(whole, subfiletype=0, **common)
        out.write(whole[::2, ::2], subfiletype=1, **common)
    picture = load(path)
    assert np.array_equal(picture.samples(depth), whole)
    assert picture.origin.depth == depth
    with pytest.raises(UsageError, match="1 frames"):
        load(path, Reading(frame=1))


def test_depth_and_size_are_those_of_the_page_that_is_taken(tmp_path: Path):
    deep, path = _deep(60, 90), tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as out:
        out.write(random_pixels(40, 60, 0), photometric="rgb", metadata=None)
        out.write(deep, photometric="rgb", metadata=None)
    second = load(path, Reading(frame=1))
    assert np.array_equal(second.samples(16), deep)
    assert (load(path).origin.depth, second.origin.depth) == (8, 16)
    assert load(path, Reading(max_pixels=2400)).size == (40, 60)
    with pytest.raises(PictureError, match="--max-pixels 5400"):
        load(path, Reading(max_pixels=2400, frame=1))


def test_a_tile_may_be_larger_than_the_picture_within_reason(tmp_path: Path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, photometric="rgb", tile=(256, 256), compression="zlib")
    assert load(path, Reading(max_pixels=2400)).size == (40, 60)
    with tifffile.TiffFile(path, mode="r+b") as file:
        for name in ("TileWidth", "TileLength"):
            file.pages[0].tags[name].overwrite(32768)
    with pytest.raises(PictureError, match="32768 x 32768"):
        load(path)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_grey_of_three_channels_is_rgb(tmp_path: Path, kind: type, caplog):
    samples = (_deep() >> (16 - 8 * kind().itemsize)).astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="minisblack", planarconfig="contig")
    with caplog.at_level("INFO", "impasto"):
        found = load(tmp_path / "a.tif")
    assert np.array_equal(found.samples(8 * kind().itemsize), samples)
    assert "taken as RGB" in caplog.text


PIXELS = random_pixels(40, 60, 0)
SHARE = np.linspace(40, 255, 60).astype(np.uint8)[None, :, None].repeat(40, 0)
INK = np.asarray(Image.fromarray(PIXELS).convert("CMYK"))
ODD_TIFFS = {
    "assoc grey": (
        np.concatenate((np.rint(PIXELS[..., :1] / 255.0 * SHARE).astype(np.uint8), SHARE), 2),
        {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": [1]},
    ),
    "ink alpha": (np.concatenate((INK, SHARE), 2), {"photometric": 5, "extrasamples": [2]}),
    "ink spot": (np.concatenate((INK, SHARE), 2), {"photometric": 5, "extrasamples": [0]}),
    "ink 16": (INK.astype(np.uint16) * 257, {"photometric": 5}),
    "extra": (np.concatenate((PIXELS, *[SHARE] * 4), 2), {"extrasamples": [0] * 4}),
    "planes": (
        np.moveaxis(np.concatenate((PIXELS, SHARE), 2), 2, 0),
        {"planarconfig": 2, "extrasamples": [0]},
    ),
    **{name: (PIXELS, {"compression": name}) for name in ("jpeg2000", "jpegxl", "lerc", "webp")},
}


@pytest.mark.parametrize("name", ODD_TIFFS)
def test_tiffs_of_any_channels_and_compression_are_read(tmp_path: Path, name: str):
    samples, options = ODD_TIFFS[name]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, samples, **{"photometric": "rgb", "metadata": None, **options})
    found = load(path)
    expected = PIXELS[..., :1] if "grey" in name else PIXELS
    assert np.abs(found.array * 255 - expected).max() < 4  # of grey that was multiplied by 40
    assert (found.alpha is not None) == (name in ("assoc grey", "ink alpha"))


def test_what_says_that_alpha_is_multiplied_in_and_is_not_is_read_as_it_is(tmp_path: Path, caplog):
    samples = np.concatenate((PIXELS, SHARE // 4), 2)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", extrasamples=[1])
    with caplog.at_level("INFO", "impasto"):
        assert np.array_equal(load(tmp_path / "a.tif").samples(8)[..., :3], PIXELS)
    assert "but they are not" in caplog.text


@pytest.mark.parametrize("bits", [8, 16])
def test_lab_of_any_depth_is_the_same_picture(tmp_path: Path, bits: int):
    white = Image.fromarray(PIXELS)
    spaces = (ImageCms.createProfile(name) for name in ("sRGB", "LAB"))
    lab = ImageCms.profileToProfile(white, *spaces, outputMode="LAB")
    assert np.abs(as_picture(lab).array * 255 - PIXELS).mean() < 1.5
    samples = np.asarray(lab).astype(np.uint16) * 256 if bits == 16 else np.asarray(lab)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="cielab", metadata=None)
    assert np.abs(load(tmp_path / "a.tif").array * 255 - PIXELS).mean() < 1.5


def _directory(*tags: tuple[int, int, int, int]) -> bytes:
    """Return a TIFF's directory of (tag, type, count, value)."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return struct.pack("<H", len(tags)) + entries + bytes(4)


def _of_fewer_colours(*more: tuple[int, int, int, int], at: int = 8) -> bytes:
    """Return a directory and its 64 x 48 pixels in YCbCr, of one colour for each two by two."""
    light = np.add.outer(np.arange(24) * 4, np.arange(32) * 3).astype(np.uint8) + 30
    blocks = b"".join(bytes((value,) * 4 + FEWER_COLOURS) for value in light.reshape(-1))
    behind = at + 2 + 12 * (9 + len(more)) + 4
    tags = [
        (256, 3, 1, 64),
        (257, 3, 1, 48),
        (258, 3, 3, behind),
        (259, 3, 1, 1),
        (262, 3, 1, 6),
        (273, 4, 1, behind + 6),
        (277, 3, 1, 3),
        (279, 4, 1, len(blocks)),
        (530, 3, 2, 2 | 2 << 16),
    ]
    return _directory(*tags, *more) + struct.pack("<HHH", 8, 8, 8) + blocks


FEWER_COLOURS = (90, 160)
TIFF_START = b"II*\0" + struct.pack("<I", 8)


def _expected_fewer_colours() -> np.ndarray:
    light = np.add.outer(np.arange(24) * 4, np.arange(32) * 3).astype(np.uint8) + 30
    planes = [light, *(np.full_like(light, value) for value in FEWER_COLOURS)]
    small = Image.fromarray(np.stack(planes, -1), "YCbCr").convert("RGB")
    return np.asarray(small).repeat(2, 0).repeat(2, 1)


def test_tiffs_of_fewer_colours_than_pixels_are_read(tmp_path: Path):
    (tmp_path / "a.tif").write_bytes(TIFF_START + _of_fewer_colours())
    found = load(tmp_path / "a.tif").samples(8)
    assert found.shape == (48, 64, 3)
    assert np.abs(found.astype(int) - _expected_fewer_colours()).max() <= 4


@pytest.mark.parametrize("orientation", [2, 3, 6])
def test_tiffs_of_fewer_colours_are_turned_once(tmp_path: Path, orientation: int):
    for name, number in (("a", 1), ("b", orientation)):
        data = TIFF_START + _of_fewer_colours((274, 3, 1, number))
        (tmp_path / f"{name}.tif").write_bytes(data)
    stored, found = (load(tmp_path / f"{name}.tif").array for name in "ab")
    turns = {2: stored[:, ::-1], 3: stored[::-1, ::-1], 6: stored.swapaxes(0, 1)[:, ::-1]}
    assert np.array_equal(found, turns[orientation])


def test_a_whole_picture_of_fewer_colours_beneath_its_thumbnail_is_taken(tmp_path: Path):
    tags = [
        (254, 4, 1, 1),
        (256, 3, 1, 8),
        (257, 3, 1, 6),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 200),
        (277, 3, 1, 1),
        (279, 4, 1, 48),
        (330, 4, 1, 248),
    ]
    head = (TIFF_START + _directory(*tags)).ljust(200, b"\0") + bytes(48)
    (tmp_path / "a.tif").write_bytes(head + _of_fewer_colours(at=248))
    found = load(tmp_path / "a.tif").samples(8)
    assert np.abs(found.astype(int) - _expected_fewer_colours()).max() <= 4


def test_a_tiff_of_another_size_than_it_says_is_refused(tmp_path: Path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(TIFF_START + _of_fewer_colours())
    other = np.zeros((6, 8, 4), np.uint8)
    monkeypatch.setattr(imagecodecs, "tiff_decode", lambda *_, **__: other)
    with pytest.raises(PictureError, match="holds 8 x 6 pixels and says 64 x 48"):
        load(tmp_path / "a.tif")


def test_a_compression_that_is_not_known_is_named(tmp_path: Path):
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, photometric="rgb", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        file.pages[0].tags["Compression"].overwrite(34676)  # SGI's logarithms
    with pytest.raises(PictureError, match=r"compressed as SGILOG.* deflate"):
        load(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_what_is_there_of_a_cut_tiff_can_be_painted(tmp_path: Path, compression):
    pixels, path = random_pixels(160, 96, 0), tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", compression=compression, rowsperstrip=16)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError, match=r"cut short at [45]\d%"):
        load(path)
    found = load(path, Reading(allow_truncated=True)).samples(8)
    assert np.array_equal(found[:48], pixels[:48])
    assert found[-16:].max() == 0


def _with_chunk(data: bytes, *chunks: bytes) -> bytes:
    return data[:33] + b"".join(chunks) + data[33:]


@pytest.mark.parametrize("deep", [False, True])
def test_long_texts_and_profiles_of_a_png_do_no_harm(tmp_path: Path, deep: bool):
    samples = _deep() if deep else PIXELS
    text = zlib.compress(b"x" * 2_000_000)
    noise = np.random.default_rng(0).integers(0, 256, 1_500_000, dtype=np.uint8).tobytes()
    profile = _lengthened(ADOBE, noise)
    (tmp_path / "a.png").write_bytes(
        _with_chunk(
            imagecodecs.png_encode(samples),
            chunk(b"zTXt", b"workflow\0\0" + text),
            chunk(b"iTXt", b"workflow\0\1\0\0\0" + text),
            chunk(b"tEXt", b"k\0" + noise * 50),
            chunk(b"iCCP", b"big\0\0" + zlib.compress(profile)),
        )
    )
    picture = load(tmp_path / "a.png")
    assert np.array_equal(picture.samples(16 if deep else 8), samples)
    assert picture.origin.profile == profile


@pytest.mark.parametrize("kind", ["primaries", "table"])
@pytest.mark.parametrize(("suffix", "length"), [(".png", 1_500_000), (".jpg", 17_000_000)])
def test_a_profile_too_long_for_the_results_readers_is_trimmed(
    tmp_path: Path, suffix: str, length: int, kind: str, caplog
):
    long = _lengthened(ADOBE if kind == "primaries" else _of_a_table(9), bytes(length))
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
    return _with_tags(ADOBE, A2B0=table)


def _with_tags(profile: bytes, **added: bytes) -> bytes:
    count = struct.unpack(">I", profile[128:132])[0]
    entries = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    tags = {name: profile[first : first + size] for name, first, size in entries}
    return assembled(profile[:128], tags | {name.encode(): tag for name, tag in added.items()})


def test_a_profile_that_cannot_be_followed_is_taken_as_srgb(tmp_path: Path, caplog):
    endless = b"curv" + bytes(4) + struct.pack(">I", 250_000) + bytes(500_000)
    unfit = _with_tags(ADOBE, rTRC=endless)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", icc_profile=unfit)
    with caplog.at_level("INFO", "impasto"):
        found = load(tmp_path / "a.png")
    assert "damaged colour profile" in caplog.text
    assert found.origin.profile is None
    assert np.array_equal(found.samples(8), PIXELS)


def _lengthened(profile: bytes, more: bytes) -> bytes:
    """Return an ICC profile with a private tag."""
    return _with_tags(profile, priv=more)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_is_called_so(tmp_path: Path, kind: bytes):
    data = bytearray(imagecodecs.png_encode(PIXELS))
    data[data.index(kind) + 12] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PictureError, match=f"wrong checksum in its {kind.decode()} chunk"):
        load(tmp_path / "a.png")


@pytest.mark.parametrize(
    "kind", [b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"acTL", b"fcTL", b"fdAT", b"tRNS"]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_short_chunk_beside_the_pixels_does_no_harm(
    tmp_path: Path, kind: bytes, channels: int, caplog
):
    pixels = np.ascontiguousarray(PIXELS[..., :channels].squeeze())
    (tmp_path / "a.png").write_bytes(_with_chunk(imagecodecs.png_encode(pixels), chunk(kind, b"")))
    with caplog.at_level("INFO", "impasto"):
        found = load(tmp_path / "a.png").samples(8)
    assert np.array_equal(found[..., :channels].squeeze(), pixels)
    assert f"{kind.decode()} chunk that is too short" in caplog.text


@pytest.mark.parametrize("palette", [b"", chunk(b"PLTE", b"")])
def test_a_palette_that_is_missing_is_said(tmp_path: Path, palette: bytes):
    data = bytearray(bad_files.png(40, 40, palette))
    data[25] = 3  # pixels of a palette
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PictureError, match="no palette"):
        load(tmp_path / "a.png")


def test_damage_always_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise AssertionError

    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    monkeypatch.setattr("impasto.reading.load.png.content_of", fail)
    with pytest.raises(PictureError, match=r"damaged: its decoder stopped \(AssertionError\)$"):
        load(tmp_path / "a.png")


def test_a_wrong_checksum_beside_the_pixels_does_no_harm(tmp_path: Path):
    bad = chunk(b"tEXt", b"Comment\0hello")[:-4] + bytes(4)
    worse = chunk(b"gAMA", struct.pack(">I", 100_000))[:-4] + bytes(4)
    (tmp_path / "a.png").write_bytes(_with_chunk(imagecodecs.png_encode(PIXELS), bad, worse))
    assert np.array_equal(load(tmp_path / "a.png").samples(8), PIXELS)


def test_a_jpeg_that_lacks_only_its_end_mark_is_whole(tmp_path: Path):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg")
    whole = load(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-2])
    assert np.array_equal(load(tmp_path / "b.jpg").array, whole.array)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_that_lacks_one_block_is_cut_short(tmp_path: Path, options: dict):
    path = tmp_path / "a.jpg"
    Image.fromarray(random_pixels(120, 160, 0)).save(path, **options)
    data = path.read_bytes()
    for lacking in (12, 100, len(data) // 20, len(data) // 2):
        path.write_bytes(data[:-lacking])
        with pytest.raises(PictureError, match="cut short"):
            load(path)
    for lacking in (1, 2):
        path.write_bytes(data[:-lacking])
        load(path)


def test_a_jpeg_that_is_flat_where_it_ends_may_lack_its_end_mark(tmp_path: Path):
    Image.new("RGB", (40, 60), "white").save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-2])
    assert load(tmp_path / "b.jpg").array.min() == 1


def test_a_cut_png_of_16_bits_can_be_painted(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(_deep(120, 160))[:60_000])
    with pytest.raises(PictureError, match="cut short at"):
        load(path)
    assert load(path, Reading(allow_truncated=True)).size == (120, 160)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("cut", [1, 4, 11, 12, 13, 16])
def test_a_png_cut_behind_its_pixels_is_whole(tmp_path: Path, deep: bool, cut: int):
    samples = _deep() if deep else PIXELS
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(samples)[:-cut])
    assert np.array_equal(load(tmp_path / "a.png").samples(16 if deep else 8), samples)


def test_a_wrong_half_of_a_checksum_is_wrong(tmp_path: Path):
    data = bytearray(imagecodecs.png_encode(PIXELS)[:-14])
    data[-1] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PictureError, match="wrong checksum in its IDAT chunk"):
        load(tmp_path / "a.png")


def test_no_cut_file_is_said_to_be_there_at_100_percent(tmp_path: Path):
    tall, path = random_pixels(800, 16, 0), tmp_path / "a.png"
    data = imagecodecs.png_encode(tall)
    path.write_bytes(data[: len(data) - 100])
    with pytest.raises(PictureError, match="cut short at 99%"):
        load(path)


def test_sixteen_bits_that_are_read_as_eight_are_said(tmp_path: Path, caplog):
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(_deep())[:-18])
    with caplog.at_level("INFO", "impasto"):
        assert load(tmp_path / "a.png", Reading(allow_truncated=True)).origin.depth == 8
    assert "8 bits of its 16" in caplog.text


def test_eight_threads_leave_a_hosts_settings_as_they_are(tmp_path: Path):
    Image.fromarray(random_pixels(200, 200, 0)).save(tmp_path / "a.jpg", exif=b"Exif\0\0odd" * 9)
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:4000])
    tifffile.imwrite(tmp_path / "c.tif", PIXELS, photometric="rgb")
    Image.fromarray(PIXELS).save(tmp_path / "d.png")
    names = ("a.jpg", "b.jpg", "c.tif", "d.png")

    def read(number: int) -> bool:
        load(tmp_path / names[number % 4], Reading(allow_truncated=True))
        return (before, False) == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)

    before, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(160)))
    assert list(warnings.filters) == filters


def test_a_host_that_catches_warnings_meanwhile_gets_its_filters_back():
    before = list(warnings.filters)
    with quiet("PIL"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("the host's own", stacklevel=1)
    assert [str(one.message) for one in caught] == ["the host's own"]
    reading = quiet("PIL")
    reading.__enter__()
    with warnings.catch_warnings():
        reading.__exit__(None, None, None)
    assert list(warnings.filters) == before


def test_what_is_stored_across_is_printed_as_large_when_it_is_upright(tmp_path: Path):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", exif=_exif(orientation=6), dpi=(300, 150))
    assert load(tmp_path / "a.jpg").origin.density == (150, 300)


@pytest.mark.parametrize("kind", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_an_open_image_is_the_same_picture_as_its_file(tmp_path: Path, kind, orientation):
    path = tmp_path / f"a{kind}"
    exif = _exif(orientation=orientation)
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


def _full_exif(size: int) -> bytes:
    exif = _exif()
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


MEMORY = [
    MemoryError(),
    OSError("out of memory error when reading image file"),
    RuntimeError("png_read_image: Out of memory"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
]


@pytest.mark.parametrize("fault", MEMORY)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", "16.png", "16.tif", "cut.tif"])
def test_memory_that_runs_out_is_no_damage(tmp_path: Path, suffix: str, fault, monkeypatch):
    path = tmp_path / f"a{suffix}"
    picture = Picture((_deep(64, 64) / np.float32(65535)).astype(np.float32))
    picture.save(path, depth=16 if "16" in suffix else None)
    if "cut" in suffix:
        path.write_bytes(path.read_bytes()[:-100])

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Image.Image, "load", fail)
    monkeypatch.setattr(imagecodecs, "png_decode", fail)
    monkeypatch.setattr(tifffile.TiffPage, "asarray", fail)
    monkeypatch.setattr(tifffile.TiffPage, "decode", fail)
    with pytest.raises(MemoryError):
        load(path, Reading(allow_truncated=True))


@pytest.mark.parametrize("fault", MEMORY)
def test_memory_that_runs_out_in_an_encoder_is_said_to(tmp_path: Path, fault, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(MemoryError):
        Picture(np.zeros((40, 40, 3), np.float32)).save(tmp_path / "a.webp")
    assert not list(tmp_path.iterdir())
