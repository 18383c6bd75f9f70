"""Films are read as they are shown: times, rotation, colours, in whatever they come."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import encode
from PIL import Image

from impasto import PictureError, UsageError
from impasto.film.sequences import is_pattern, numbered
from impasto.film.sources import open_clip
from impasto.film.timing import Timing
from impasto.pictures.limits import Reading


def _flat(*colours: tuple[float, float, float], height: int = 48, width: int = 64):
    """Return frames of one colour each, with a bright corner at the top left."""
    frames = [np.full((height, width, 3), colour, np.float32) for colour in colours]
    for frame in frames:
        frame[:16, :16] = 1
    return frames


COLOURS = ((0.8, 0.2, 0.1), (0.1, 0.7, 0.3), (0.2, 0.2, 0.9), (0.5, 0.5, 0.5))


def _read(path: Path, **more: object):
    clip = open_clip(path, Reading(**more))
    return clip, list(clip.read(0))


def _middle(picture):
    return picture.array[24:40, 32:48].mean((0, 1))


@pytest.mark.parametrize("matrix", ["ITU709", "ITU601", "UNSAID"])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_are_what_the_file_says_or_what_is_usual(
    tmp_path: Path, matrix: str, full_range: bool
):
    path = encode(tmp_path / "in.mp4", _flat(*COLOURS), matrix=matrix, full_range=full_range)
    clip, pictures = _read(path)
    assert [float(at) for at in clip.times] == pytest.approx([0, 0.1, 0.2, 0.3])
    for colour, picture in zip(COLOURS, pictures, strict=True):
        assert _middle(picture) == pytest.approx(colour, abs=0.02)


def test_times_of_a_variable_rate_are_kept(tmp_path: Path):
    times = [0, 1, 5, 6]
    clip, pictures = _read(encode(tmp_path / "in.mkv", _flat(*COLOURS), times))
    assert [float(at) for at in clip.times] == pytest.approx([0, 0.1, 0.5, 0.6])
    assert len(pictures) == 4


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_rotated_film_is_read_upright(tmp_path: Path, rotation: int):
    upright = _flat(*COLOURS)
    stored = [np.ascontiguousarray(np.rot90(one, -rotation // 90)) for one in upright]
    clip, pictures = _read(encode(tmp_path / "in.mp4", stored, rotation=rotation))
    assert clip.size == pictures[0].size == (48, 64)
    assert pictures[0].array[4:12, 4:12].min() > 0.9
    assert pictures[0].array[-12:, -12:].max() < 0.9


def test_ten_bits_and_odd_sides_are_read(tmp_path: Path):
    frames = _flat(*COLOURS, height=47, width=63)
    clip, pictures = _read(
        encode(tmp_path / "in.mkv", frames, codec="ffv1", pixels="yuv444p10le", threads="1")
    )
    assert clip.depth == 16
    assert clip.size == pictures[0].size == (47, 63)
    assert _middle(pictures[1]) == pytest.approx(COLOURS[1], abs=0.01)


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_animated_pictures_are_read_with_their_durations(tmp_path: Path, ending: str):
    path = tmp_path / f"in.{ending}"
    first, *more = [Image.fromarray((one * 255).astype(np.uint8)) for one in _flat(*COLOURS)]
    first.save(path, save_all=True, append_images=more, duration=[100, 300, 50, 200])
    clip, pictures = _read(path)
    assert [float(at) for at in clip.times] == pytest.approx([0, 0.1, 0.4, 0.45])
    for colour, picture in zip(COLOURS, pictures, strict=True):
        assert _middle(picture) == pytest.approx(colour, abs=0.05)


def test_numbered_pictures_are_read_in_order_and_none_may_lack(tmp_path: Path):
    for number, one in enumerate(_flat(*COLOURS), 7):
        Image.fromarray((one * 255).astype(np.uint8)).save(tmp_path / f"{number:03}.png")
    (tmp_path / "notes.txt").write_text("no frame")
    clip = open_clip(tmp_path / "%03d.png", Reading(), fps=10)
    assert [float(at) for at in clip.times] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert _middle(list(clip.read(0))[3]) == pytest.approx(COLOURS[3], abs=0.01)
    (tmp_path / "008.png").unlink()
    with pytest.raises(UsageError, match=r"there is no .*008\.png"):
        open_clip(tmp_path / "%03d.png", Reading())
    with pytest.raises(UsageError, match="there are no pictures"):
        open_clip(tmp_path / "%05d.png", Reading())


def test_names_stand_for_numbers_as_printf_writes_them():
    assert numbered(Path("a/x%04d.png"), 12) == Path("a/x0012.png")
    assert numbered(Path("%d.jpg"), 3) == Path("3.jpg")
    assert is_pattern(Path("f/%04d.png"))
    assert not is_pattern(Path("100%.png"))


def test_what_is_no_film_is_refused(tmp_path: Path):
    whole = encode(tmp_path / "in.mp4", _flat(*COLOURS) * 4)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    (tmp_path / "text.mp4").write_text("no film " * 100)
    (tmp_path / "empty.mp4").touch()
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / "one.png")
    encode(tmp_path / "sound.mp4", _flat(COLOURS[0]), sound=0.2)
    for name in ("cut.mp4", "text.mp4", "empty.mp4", "one.png"):
        with pytest.raises(PictureError, match=name):
            open_clip(tmp_path / name, Reading())
    with pytest.raises(UsageError, match="there is no file"):
        open_clip(tmp_path / "none.mp4", Reading())
    with pytest.raises(PictureError, match="more than the 0 million"):
        open_clip(whole, Reading(max_pixels=1000))


def test_a_film_cut_short_is_let_in_only_if_it_may_be(tmp_path: Path):
    frames = [np.random.default_rng(n).random((48, 64, 3), np.float32) for n in range(8)]
    whole = encode(tmp_path / "in.mkv", frames, codec="ffv1", pixels="yuv444p10le", threads="1")
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    clip = open_clip(cut, Reading())  # Matroska does not say how many there were
    assert 2 <= len(clip.times) < 8


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused_for_what_it_is(tmp_path: Path, transfer: int, name: str):
    path = encode(tmp_path / "in.mp4", _flat(*COLOURS), transfer=transfer)
    with pytest.raises(PictureError, match=rf"is an HDR film \({name}\)"):
        open_clip(path, Reading())


def test_frames_are_picked_by_time():
    from impasto.film.clip import Clip

    clip = Clip(
        path=Path("x.mp4"),
        files=(),
        read=lambda: iter(()),
        times=tuple(Fraction(number, 10) for number in range(10)),
        tick=Fraction(1, 10),
        size=(48, 64),
    )

    def picked(**more: object):
        return [(one.number, float(one.seconds)) for one in Timing(**more).picks(clip)]

    assert picked(start=0.2, end=0.5) == [(2, 0), (3, pytest.approx(0.1)), (4, pytest.approx(0.2))]
    assert [number for number, _ in picked(every=3)] == [0, 3, 6, 9]
    assert [number for number, _ in picked(fps=5)] == [0, 2, 4, 6, 8]
    assert [number for number, _ in picked(fps=20, end=0.2)] == [0, 0, 1, 1]
    with pytest.raises(UsageError, match="is not after the start"):
        picked(start=0.5, end=0.5)
    with pytest.raises(UsageError, match=r"no frame from 3 s on: its last is at 0\.9 s"):
        picked(start=3.0)
