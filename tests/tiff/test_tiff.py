"""TIFF files of all kinds: pages, channels, compressions, and raw files that look like them."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from conftest import random_pixels
from good_files import ADOBE, PIXELS, sixteen_bit
from PIL import Image, ImageCms

from impasto import PictureError, UsageError
from impasto.pictures.limits import Reading
from impasto.pictures.writing import save
from impasto.reading.load import load
from impasto.reading.sources import as_picture


@pytest.mark.parametrize("compression", ["lzw", "zlib", None])
def test_a_compressed_adobe_tiff_keeps_space_depth_and_density(tmp_path: Path, compression):
    samples = sixteen_bit()
    options = {"photometric": "rgb", "compression": compression, "iccprofile": ADOBE}
    options |= {"resolution": (300, 300), "resolutionunit": "INCH"}
    maker = (271, "s", 0, "Maker", True)
    tifffile.imwrite(tmp_path / "a.tif", samples, extratags=[maker], **options)
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
    samples = sixteen_bit()
    planes, options = np.moveaxis(samples, 2, 0), {"planarconfig": "separate", "byteorder": ">"}
    tifffile.imwrite(tmp_path / "p.tif", planes, photometric="rgb", **options)
    assert np.array_equal(load(tmp_path / "p.tif").samples(16), samples)
    tifffile.imwrite(
        tmp_path / "t.tif", samples, photometric="rgb", extratags=[(274, "H", 1, 6, True)]
    )
    assert np.array_equal(load(tmp_path / "t.tif").samples(16), np.rot90(samples, -1))


def test_twelve_bits_reach_white(tmp_path: Path):
    samples = np.full((40, 48, 3), 4095, np.uint16)
    tifffile.imwrite(tmp_path / "t.tif", samples, photometric="rgb", bitspersample=12)
    assert load(tmp_path / "t.tif").array.min() == 1


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
        out.write(sixteen_bit(channels=1)[..., 0], photometric=32803, subfiletype=0, metadata=None)


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
    deep, path = sixteen_bit(60, 90), tmp_path / "a.tif"
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
    samples = (sixteen_bit() >> (16 - 8 * kind().itemsize)).astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="minisblack", planarconfig="contig")
    with caplog.at_level("INFO", "impasto"):
        found = load(tmp_path / "a.tif")
    assert np.array_equal(found.samples(8 * kind().itemsize), samples)
    assert "taken as RGB" in caplog.text


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
