import io
import logging
import math
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import random_pixels
from PIL import Image

from impasto import OutputError, Picture, PictureError, Style, UsageError
from impasto.pictures.resample import fine_detail, resize
from impasto.pictures.writing import check_output, save
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.scene.styles import as_styles, shared_out


def test_every_source_gives_the_same_picture(photo: Path):
    picture = load(photo)
    assert picture.size == (48, 64)
    assert picture.array.dtype == np.float32
    image = Image.open(photo)
    sources = [
        str(photo), image, np.asarray(image), np.asarray(image) / 255, picture, picture.tensor(),
        picture.tensor()[None].double(),
    ]  # fmt: skip
    for source in sources:
        np.testing.assert_allclose(as_picture(source).array, picture.array, atol=1e-6)


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
    _cut(tmp_path / "cut.jpg")
    image = Image.open(io.BytesIO((tmp_path / "cut.jpg").read_bytes()))
    with pytest.raises(PictureError, match="the picture is damaged"):
        as_picture(image)


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "HSV"])
def test_rare_modes_in_memory_become_rgb(mode: str):
    image = Image.fromarray(random_pixels(40, 60, 0))
    way = {"La": "LA", "RGBa": "RGBA"}
    image = image.convert(way[mode]).convert(mode) if mode in way else image.convert(mode)
    assert 0.3 < as_picture(image).array.mean() < 0.7


def _stdin(data: bytes) -> SimpleNamespace:
    return SimpleNamespace(buffer=io.BytesIO(data))


def _closed() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(b"picture"))
    stream.close()
    return stream


def _detached() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(b"picture"))
    stream.detach()
    return stream


def test_stdin_needs_no_temporary_folder(photo: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", _stdin(photo.read_bytes()))
    monkeypatch.setattr("tempfile.tempdir", "/proc/nowhere")
    picture, by_path = load(Path("-")), load(photo)
    assert np.array_equal(picture.array, by_path.array)
    assert picture.origin.source.sha256 == by_path.origin.source.sha256
    assert picture.origin.source.name == "stdin"


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (_stdin(b""), "stdin is empty"),
        (None, "stdin is closed"),
        (_closed(), r"stdin cannot be read: .*closed.*; give a file"),
        (_detached(), "stdin is closed"),
        (SimpleNamespace(), "stdin cannot be read"),
        (io.StringIO("text"), "stdin holds text"),
        (SimpleNamespace(buffer=SimpleNamespace(read=lambda _: None)), "stdin is empty"),
        (_stdin(b"no picture"), "stdin is not a picture"),
    ],
)
def test_what_is_wrong_with_stdin_is_said(stdin, message: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(PictureError, match=message):
        load(Path("-"))


def test_missing_files_and_folders_are_usage_errors(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no file"):
        load(tmp_path / "none.jpg")
    with pytest.raises(UsageError, match="is a folder"):
        load(tmp_path)


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


def test_resizing_keeps_the_mean_and_the_range(photo: Path):
    image = load(photo).tensor()[None]
    small = resize(image, 24, 32)
    assert small.shape == (1, 3, 24, 32)
    torch.testing.assert_close(small.mean(), image.mean(), atol=0.01, rtol=0)
    assert resize(image, 48, 64) is image
    assert 0 <= resize(image, 96, 128).min() <= resize(image, 96, 128).max() <= 1


@pytest.mark.parametrize("frequency", [1 / 2, 1 / 4, 1 / 16])
def test_fine_detail_keeps_the_finest_ripples(frequency: float):
    """Of a ripple of f cycles a pixel, sin(pi f)^2 of its height."""
    ripple = (2 * math.pi * frequency * torch.arange(64.0)).cos().expand(1, 3, 8, 64)
    inner = fine_detail(ripple)[..., 1:-1]
    expected = math.sin(math.pi * frequency) ** 2 * ripple[..., 1:-1]
    torch.testing.assert_close(inner, expected, rtol=0, atol=1e-5)
