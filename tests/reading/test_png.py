"""Nothing beside a PNG's pixels does harm, and damage to them is called so."""

import struct
import zlib
from pathlib import Path

import bad_files
import imagecodecs
import numpy as np
import pytest
from bad_files import chunk
from good_files import ADOBE, PIXELS, lengthened, sixteen_bit, with_chunk

from impasto import PictureError
from impasto.pictures.limits import Reading
from impasto.reading.load import load


@pytest.mark.parametrize("deep", [False, True])
def test_long_texts_and_profiles_of_a_png_do_no_harm(tmp_path: Path, deep: bool):
    samples = sixteen_bit() if deep else PIXELS
    text = zlib.compress(b"x" * 2_000_000)
    noise = np.random.default_rng(0).integers(0, 256, 1_500_000, dtype=np.uint8).tobytes()
    profile = lengthened(ADOBE, noise)
    (tmp_path / "a.png").write_bytes(
        with_chunk(
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
    (tmp_path / "a.png").write_bytes(with_chunk(imagecodecs.png_encode(pixels), chunk(kind, b"")))
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


def test_a_wrong_checksum_beside_the_pixels_does_no_harm(tmp_path: Path):
    bad = chunk(b"tEXt", b"Comment\0hello")[:-4] + bytes(4)
    worse = chunk(b"gAMA", struct.pack(">I", 100_000))[:-4] + bytes(4)
    (tmp_path / "a.png").write_bytes(with_chunk(imagecodecs.png_encode(PIXELS), bad, worse))
    assert np.array_equal(load(tmp_path / "a.png").samples(8), PIXELS)


def test_a_cut_png_of_16_bits_can_be_painted(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(sixteen_bit(120, 160))[:60_000])
    with pytest.raises(PictureError, match="cut short at"):
        load(path)
    assert load(path, Reading(allow_truncated=True)).size == (120, 160)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("cut", [1, 4, 11, 12, 13, 16])
def test_a_png_cut_behind_its_pixels_is_whole(tmp_path: Path, deep: bool, cut: int):
    samples = sixteen_bit() if deep else PIXELS
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(samples)[:-cut])
    assert np.array_equal(load(tmp_path / "a.png").samples(16 if deep else 8), samples)


def test_a_wrong_half_of_a_checksum_is_wrong(tmp_path: Path):
    data = bytearray(imagecodecs.png_encode(PIXELS)[:-14])
    data[-1] ^= 1
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PictureError, match="wrong checksum in its IDAT chunk"):
        load(tmp_path / "a.png")


def test_sixteen_bits_that_are_read_as_eight_are_said(tmp_path: Path, caplog):
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(sixteen_bit())[:-18])
    with caplog.at_level("INFO", "impasto"):
        assert load(tmp_path / "a.png", Reading(allow_truncated=True)).origin.depth == 8
    assert "8 bits of its 16" in caplog.text
