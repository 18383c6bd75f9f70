"""Picture files are read whole, upright and within limits, and what is wrong with one is said."""

import io
import logging
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import imagecodecs
import numpy as np
import pytest
import tifffile
from bad_files import MEMORY
from conftest import random_pixels
from good_files import PIXELS, exif_of, sixteen_bit
from PIL import Image, ImageFile, WebPImagePlugin

from impasto import Picture, PictureError, UsageError
from impasto.pictures.limits import Reading
from impasto.pictures.quiet import quiet
from impasto.pictures.writing import save
from impasto.reading.load import load


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright_at_any_depth(tmp_path: Path, orientation: int):
    pixels = random_pixels(40, 60, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif_of(orientation=orientation))
    upright = load(tmp_path / "a.png")
    deep = imagecodecs.png_encode(pixels.astype(np.uint16) * 257)
    exif = exif_of(orientation=orientation).tobytes().removeprefix(b"Exif\0\0")
    chunk = b"eXIf" + exif
    entry = len(exif).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    (tmp_path / "b.png").write_bytes(deep[:33] + entry + deep[33:])
    assert np.array_equal(load(tmp_path / "b.png").samples(8), upright.samples(8))
    save(upright, tmp_path / "c.jpg")
    with Image.open(tmp_path / "c.jpg") as image:
        assert image.size == upright.size[::-1]
        assert image.getexif().get(0x0112, 1) == 1
        assert image.getexif()[272] == "Camera 1"


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
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(sixteen_bit()))
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


def test_heic_is_read_with_its_extra(tmp_path: Path):
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.fromarray(random_pixels(64, 96, 0))).save(tmp_path / "a.heic")
    assert load(tmp_path / "a.heic").size == (64, 96)


def test_damage_always_has_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise AssertionError

    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    monkeypatch.setattr("impasto.reading.load.png.content_of", fail)
    with pytest.raises(PictureError, match=r"damaged: its decoder stopped \(AssertionError\)$"):
        load(tmp_path / "a.png")


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


def test_no_cut_file_is_said_to_be_there_at_100_percent(tmp_path: Path):
    tall, path = random_pixels(800, 16, 0), tmp_path / "a.png"
    data = imagecodecs.png_encode(tall)
    path.write_bytes(data[: len(data) - 100])
    with pytest.raises(PictureError, match="cut short at 99%"):
        load(path)


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
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", exif=exif_of(orientation=6), dpi=(300, 150))
    assert load(tmp_path / "a.jpg").origin.density == (150, 300)


@pytest.mark.parametrize("fault", MEMORY)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", "16.png", "16.tif", "cut.tif"])
def test_memory_that_runs_out_is_no_damage(tmp_path: Path, suffix: str, fault, monkeypatch):
    path = tmp_path / f"a{suffix}"
    picture = Picture((sixteen_bit(64, 64) / np.float32(65535)).astype(np.float32))
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


def test_exif_orientation_is_honoured(tmp_path: Path):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(random_pixels(40, 60, 0)).save(path, exif=exif)
    assert load(path).size == (60, 40)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_all_modes_become_rgb(tmp_path: Path, mode: str):
    image = Image.fromarray(random_pixels(40, 60, 0))
    if mode == "I;16":
        grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
        image, name = Image.fromarray(grey), "x.png"
    else:
        image = image.convert(mode)
        name = "x.tif" if mode in ("CMYK", "YCbCr") else "x.png"
    image.save(tmp_path / name)
    picture = load(tmp_path / name)
    assert picture.array.shape == (40, 60, 3)
    assert 0.3 < picture.array.mean() < 0.7


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path):
    Image.fromarray(np.full((40, 40), 0x8000, np.uint16)).save(tmp_path / "grey.png")
    assert load(tmp_path / "grey.png").array.mean() == pytest.approx(0.5, abs=1e-4)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("<html>not a picture</html>")


def _cut(path: Path) -> None:
    Image.fromarray(random_pixels(200, 200, 0)).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:4000])


def _cut_png(path: Path) -> None:
    Image.fromarray(random_pixels(200, 200, 0)).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:4000])


def _postscript(path: Path) -> None:
    Image.fromarray(random_pixels(40, 40, 0)).save(path, "EPS")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_empty, "empty file"),
        (_text, "not a picture"),
        (_cut, "cut short at [1-9][0-9]?%"),
        (_cut_png, "cut short at [1-9]%"),
        (_postscript, "not a picture"),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, make, message: str):
    path = tmp_path / "bad.jpg"
    make(path)
    with pytest.raises(PictureError, match=message) as caught:
        load(path)
    assert "bad.jpg" in str(caught.value)
    assert "object at" not in str(caught.value)


class _Broken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise ZeroDivisionError("the host's own")


def test_what_a_hosts_handler_raises_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
):
    Image.fromarray(random_pixels(40, 60, 0)).save(tmp_path / "a.jpg", icc_profile=b"damaged")
    picture = Picture(np.zeros((40, 40, 3), np.float32), recipe="x" * 70_000)
    monkeypatch.setattr(logging.getLogger("impasto"), "handlers", [_Broken()])
    with caplog.at_level("INFO", "impasto"):
        with pytest.raises(ZeroDivisionError):
            load(tmp_path / "a.jpg")
        with pytest.raises(ZeroDivisionError):
            picture.save(tmp_path / "b.jp2")
    assert not (tmp_path / "b.jp2").exists()
