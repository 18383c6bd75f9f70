"""Films painted through the command line: what goes in and out, and whatever stops them."""

import json
import os
import signal
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import encode, pan, photograph
from forked import Forked
from PIL import Image

from impasto.cli import main
from impasto.engine import networks
from impasto.film import painting
from impasto.film.journal import Journal
from impasto.film.measuring import measure_film
from impasto.film.sources import open_clip
from impasto.jobs.stopping import Stopped
from impasto.objective import look
from impasto.pictures.limits import Reading

# The shallowest layers of the real network: a frame takes a moment.
QUICK = [
    *("--size", "64", "--levels", "1", "--iterations", "2", "--threads", "1"),
    *("--style-layers", "relu1_1", "--content-layers", "relu1_2", "--faces", "style"),
]
PHOTO = photograph("pagoda.jpg", 110)


@pytest.fixture
def style(tmp_path: Path) -> Path:
    path = tmp_path / "style.png"
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return encode(tmp_path / "in.mp4", pan(PHOTO, 6, 48, 64, 1.5), sound=0.5)


def _paint(film: Path, style: Path, out: Path, *more: str) -> int:
    return main(["film", str(film), str(style), "-o", str(out), "--quiet", *QUICK, *more])


def _shown(path: Path):
    """Return the times and pixels of a film."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return (
            [frame.pts * frame.time_base for frame in frames],
            [frame.to_ndarray(format="rgb24") for frame in frames],
        )


def test_a_film_keeps_its_times_its_sound_and_leaves_nothing_beside_it(
    tmp_path: Path, film: Path, style: Path
):
    out = tmp_path / "out.mp4"
    assert _paint(film, style, out) == 0
    times, frames = _shown(out)
    assert times == _shown(film)[0]
    assert frames[0].shape == (48, 64, 3)
    assert not (tmp_path / "out.mp4.frames").exists()
    with av.open(str(film)) as before, av.open(str(out)) as after:
        stream = after.streams.video[0].codec_context
        assert (stream.name, stream.pix_fmt) == ("h264", "yuv420p")
        heard = [[bytes(p) for p in one.demux(audio=0) if p.size] for one in (before, after)]
        assert heard[0] == heard[1]
        assert json.loads(after.metadata["comment"])["settings"]["size"] == 64


def test_times_of_a_variable_rate_are_written(tmp_path: Path, style: Path):
    film = encode(tmp_path / "in.mp4", pan(PHOTO, 4, 48, 64, 1.5), [0, 1, 5, 6])
    assert _paint(film, style, tmp_path / "out.mp4") == 0
    assert [float(at) for at in _shown(tmp_path / "out.mp4")[0]] == [0, 0.1, 0.5, 0.6]


def test_parts_of_a_film_are_painted_with_their_part_of_the_sound(
    tmp_path: Path, film: Path, style: Path
):
    out = tmp_path / "out.mkv"
    assert _paint(film, style, out, "--start", "0.2", "--end", "0.5") == 0
    assert [float(at) for at in _shown(out)[0]] == pytest.approx([0, 0.1, 0.2], abs=0.002)
    with av.open(str(out)) as container:
        heard = [float(p.pts * p.time_base) for p in container.demux(audio=0) if p.size]
    assert 0 <= heard[0] < 0.05
    assert 0.2 < heard[-1] < 0.32


def test_every_second_frame_is_shown_twice_as_long(tmp_path: Path, film: Path, style: Path):
    out = tmp_path / "out.mp4"
    assert _paint(film, style, out, "--every", "2") == 0
    assert [float(at) for at in _shown(out)[0]] == pytest.approx([0, 0.2, 0.4])


def test_prores_and_numbered_pictures_are_for_editors(tmp_path: Path, film: Path, style: Path):
    assert _paint(film, style, tmp_path / "out.mov", "--codec", "prores", "--end", "0.2") == 0
    with av.open(str(tmp_path / "out.mov")) as container:
        stream = container.streams.video[0].codec_context
        assert (stream.name, stream.pix_fmt) == ("prores", "yuv422p10le")
    pattern = tmp_path / "frames" / "%04d.png"
    assert _paint(film, style, pattern, "--end", "0.2") == 0
    names = sorted(path.name for path in pattern.parent.iterdir())
    assert names == ["0001.png", "0002.png"]
    again = tmp_path / "again.mp4"
    assert _paint(pattern, style, again, "--fps", "10") == 0
    assert len(_shown(again)[0]) == 2


def test_odd_sides_become_even_by_a_row_that_is_there_twice(tmp_path: Path, style: Path):
    frames = pan(PHOTO, 2, 47, 63, 1.5)
    film = encode(tmp_path / "in.mkv", frames, codec="ffv1", pixels="yuv444p", threads="1")
    assert _paint(film, style, tmp_path / "out.mp4", "--size", "63") == 0
    assert _shown(tmp_path / "out.mp4")[1][0].shape == (48, 64, 3)


def test_sound_that_a_container_does_not_hold_is_left_out_and_said(
    tmp_path: Path, style: Path, capsys: pytest.CaptureFixture[str]
):
    film = tmp_path / "in.avi"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        voice = container.add_stream("adpcm_ms", rate=44100, layout="mono")
        for frame in pan(PHOTO, 2, 48, 64, 1.5):
            shown = av.VideoFrame.from_ndarray(np.rint(frame * 255).astype(np.uint8))
            container.mux(stream.encode(shown))
        container.mux(stream.encode())
        wave = np.zeros((1, 8192), np.int16)
        heard = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        heard.rate = 44100
        container.mux(voice.encode(heard))
        container.mux(voice.encode())
    assert _paint(film, style, tmp_path / "out.mp4") == 0
    assert "the film is silent" in capsys.readouterr().err
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_frames_that_are_the_same_are_painted_once(tmp_path: Path, style: Path):
    film = tmp_path / "%02d.png"
    for number in range(3):
        image = Image.fromarray(np.rint(PHOTO[:48, :64] * 255).astype(np.uint8))
        image.save(tmp_path / f"{number:02}.png")
    out = tmp_path / "frames" / "%02d.png"
    assert _paint(film, style, out) == 0
    first, *more = [np.asarray(Image.open(path)) for path in sorted(out.parent.iterdir())]
    assert all(np.array_equal(first, one) for one in more)


def test_a_cut_begins_anew(tmp_path: Path, style: Path):
    other = pan(photograph("coffee.jpg", 110), 2, 48, 64, 1.5)
    cut = encode(tmp_path / "in.mp4", [*pan(PHOTO, 2, 48, 64, 1.5), *other])
    alone = encode(tmp_path / "alone.mp4", other)
    seen = []
    begin = Journal.begin_scene
    with pytest.MonkeyPatch.context() as patch:
        noting = lambda self, scene: seen.append(scene.first) or begin(self, scene)  # noqa: E731
        patch.setattr(Journal, "begin_scene", noting)
        assert _paint(cut, style, tmp_path / "out.mp4") == 0
    assert seen == [0, 2]
    assert _paint(alone, style, tmp_path / "out-alone.mp4") == 0
    both = [_shown(tmp_path / name)[1] for name in ("out.mp4", "out-alone.mp4")]
    apart = np.abs(both[0][2].astype(float) - both[1][0]).mean()
    assert apart < 4  # but for what the encoder changes


def test_maps_and_colours_are_followed_in_every_frame(tmp_path: Path, film: Path, style: Path):
    mask = np.zeros((48, 64, 3), np.uint8)
    mask[:, :20] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "frames" / "%02d.png"
    more = ("--protect", str(tmp_path / "mask.png"), "--colour", "luminance", "--end", "0.3")
    assert _paint(film, style, out, *more) == 0
    filmed = _shown(film)[1]
    for number in (1, 3):
        painted = np.asarray(Image.open(out.parent / f"{number:02}.png")).astype(float)
        apart = np.abs(painted - filmed[number - 1]).mean(2)
        assert apart[:, :18].mean() < 6 < apart[:, 24:].mean() + 6


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("none.mp4", "there is no file", 2),
        ("text.mp4", "text.mp4 is damaged", 3),
        ("empty.mp4", "is an empty file", 3),
        ("cut.mp4", "cut.mp4 is damaged", 3),
    ],
)
def test_what_is_no_film_is_said_in_a_line(
    tmp_path: Path, film: Path, style: Path, name: str, words: str, code: int, capsys
):
    (tmp_path / "text.mp4").write_text("no film " * 100)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "cut.mp4").write_bytes(film.read_bytes()[:3000])
    assert _paint(tmp_path / name, style, tmp_path / "out.mp4") == code
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.mp4").exists()
    assert not (tmp_path / "out.mp4.frames").exists()


@pytest.mark.parametrize(
    ("out", "more", "words"),
    [
        ("out.avi", (), "cannot write the film out.avi; choose from .mp4"),
        ("out.mp4", ("--codec", "prores"), ".mp4 does not hold prores"),
        ("out.png", (), "give OUT as frames/%04d.png"),
        ("%d.mp4", (), "previews are not"),
        ("in.mp4", ("--overwrite",), "is also an input"),
        ("there.mp4", (), "there.mp4 exists"),
        ("%02d.png", (), "07.png exists"),
        ("out.mp4", ("--fps", "0"), "fps cannot be 0"),
        ("out.mp4", ("--quality", "60"), "60"),
        ("out.mp4", ("--start", "9"), "has no frame from 9 s on"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, film: Path, style: Path, out: str, more: tuple[str, ...], words: str, capsys
):
    (tmp_path / "there.mp4").touch()
    (tmp_path / "07.png").touch()
    assert _paint(film, style, tmp_path / out, *more) == 2
    assert words in capsys.readouterr().err


def _stopping(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let Ctrl-C come in the middle of the frame after so many."""
    paint = painting.paint

    def stopped(run):
        for step in paint(run):
            stopped.count += step.final
            if stopped.count > after:
                raise Stopped(signal.SIGINT)
            yield step

    stopped.count = 0
    monkeypatch.setattr(painting, "paint", stopped)


def test_a_stopped_film_can_be_played_and_the_same_command_goes_on(
    tmp_path: Path, film: Path, style: Path, capsys
):
    out = tmp_path / "out.mp4"
    for after in (0, 3):
        with pytest.MonkeyPatch.context() as patch:
            _stopping(patch, after)
            assert _paint(film, style, out) == 130
        said = capsys.readouterr().err
        if after:
            assert "stopped by Ctrl-C after 3 of 6 frames; saved what was there as" in said
            assert "the same command goes on" in said
            assert len(_shown(out)[0]) == 3
        else:
            assert "before the first frame was painted" in said
            assert not out.exists()
            assert not (tmp_path / "out.mp4.frames").exists()
    assert main(["film", str(film), str(style), "-o", str(out), *QUICK]) == 0
    assert "3 of 6 frames are there from before" in capsys.readouterr().err
    assert len(_shown(out)[0]) == 6
    assert not (tmp_path / "out.mp4.frames").exists()


@pytest.mark.parametrize("after", [1, 4])
def test_a_film_goes_on_to_the_same_frames(tmp_path: Path, film: Path, style: Path, after: int):
    whole, out = tmp_path / "whole" / "%02d.png", tmp_path / "out" / "%02d.png"
    assert _paint(film, style, whole) == 0
    with pytest.MonkeyPatch.context() as patch:
        _stopping(patch, after)
        assert _paint(film, style, out) == 130
    assert _paint(film, style, out) == 0
    _check_same(whole, out)


def _check_same(whole: Path, out: Path) -> None:
    for number in range(1, 7):
        one, other = ((path.parent / f"{number:02}.png").read_bytes() for path in (whole, out))
        assert one == other


def test_another_film_does_not_go_on_with_these_frames(
    tmp_path: Path, film: Path, style: Path, capsys
):
    out = tmp_path / "out.mp4"
    with pytest.MonkeyPatch.context() as patch:
        _stopping(patch, 2)
        _paint(film, style, out)
    out.unlink()
    assert _paint(film, style, out, "--steady", "3") == 2
    assert "holds the frames of another film (other steady)" in capsys.readouterr().err
    assert _paint(film, style, out, "--steady", "3", "--overwrite") == 0


def test_a_result_that_others_changed_is_not_replaced(
    tmp_path: Path, film: Path, style: Path, capsys
):
    out = tmp_path / "out.mp4"
    with pytest.MonkeyPatch.context() as patch:
        _stopping(patch, 2)
        _paint(film, style, out)
    out.write_bytes(b"another's")
    assert _paint(film, style, out) == 2
    assert "exists" in capsys.readouterr().err
    assert out.read_bytes() == b"another's"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_film_loses_at_most_the_frame_under_way(tmp_path: Path, film: Path, style: Path):
    whole, out = tmp_path / "whole" / "%02d.png", tmp_path / "out" / "%02d.png"
    assert _paint(film, style, whole) == 0
    words = ["film", str(film), str(style), "-o", str(out), "--quiet", *QUICK]
    folder = out.parent / "%02d.png.frames"
    process = Forked([sys.executable, "-m", "impasto", *words], env=os.environ)
    while not (folder / "000001.png").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    there = sorted(folder.glob("*.png"))
    for path in there:
        Image.open(path).load()  # whole, whenever it was
    assert main(words) == 0
    _check_same(whole, out)


def test_progress_is_told_frame_by_frame(tmp_path: Path, film: Path, style: Path, capsys):
    words = ["film", str(film), str(style), "-o", str(tmp_path / "out.mp4"), "--json-progress"]
    assert main([*words, *QUICK, "--end", "0.3"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["frame", "frame", "frame", "done"]
    assert lines[1]["number"], lines[1]["count"] == (2, 3)
    assert lines[-1]["frames"] == 3
    assert Fraction(lines[0]["eta_seconds"]) >= 0


def test_a_preview_is_a_sheet_of_every_tenth_frame(tmp_path: Path, style: Path, capsys):
    film = encode(tmp_path / "in.mp4", pan(PHOTO, 21, 48, 64, 0.5))
    out = tmp_path / "look.png"
    assert _paint(film, style, out, "--preview") == 0
    with Image.open(out) as sheet:
        assert sheet.size == (3 * 64 + 8, 48)
    assert not (tmp_path / "look.png.frames").exists()
    assert _paint(film, style, tmp_path / "look.mp4", "--preview") == 2
    assert "a preview is a picture" in capsys.readouterr().err


def test_a_plan_says_how_long_a_film_takes(film: Path, style: Path, capsys):
    assert main(["plan", "film", str(film), str(style), *QUICK, "--every", "2"]) == 0
    said = capsys.readouterr().out
    assert "frames       3 of 6, 64 x 48 px" in said
    assert "MB beside the result" in said


def test_without_its_extra_films_are_refused_at_once(
    tmp_path: Path, film: Path, style: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.setitem(sys.modules, "av", None)
    assert _paint(film, style, tmp_path / "out.mp4") == 2
    assert "pip install 'impasto[film]'" in capsys.readouterr().err


def test_a_film_that_is_damaged_later_on_leaves_what_was_painted(
    tmp_path: Path, style: Path, capsys
):
    for number in range(1, 5):
        pixels = np.rint(pan(PHOTO, 5, 48, 64, 1.5)[number] * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02}.png")
    damaged = tmp_path / "03.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    out = tmp_path / "out.mp4"
    assert _paint(tmp_path / "%02d.png", style, out) == 3
    said = capsys.readouterr().err
    assert "03.png" in said
    assert f"saved what was there as {out}" in said
    assert len(_shown(out)[0]) == 2


def test_the_network_is_loaded_and_the_style_measured_once(
    tmp_path: Path, film: Path, style: Path, monkeypatch: pytest.MonkeyPatch
):
    calls = []
    for room, name in ((networks, "build"), (look, "_sums")):
        function = getattr(room, name)

        def counted(*args, _name=name, _function=function, **more):
            calls.append(_name)
            return _function(*args, **more)

        monkeypatch.setattr(room, name, counted)
    assert _paint(film, style, tmp_path / "out.mp4") == 0
    # For the style's own loss, and for the content's statistics.
    assert (calls.count("build"), calls.count("_sums")) == (1, 2)


def test_what_is_known_takes_few_evaluations_and_what_is_not_takes_more():
    known = np.ones((48, 64), np.float32)
    counts = [painting._limit(share * known) for share in (1.0, 0.95, 0.8, 0.2)]
    assert counts == [8, 11, 20, 30]


def test_a_film_that_is_held_more_flickers_less(tmp_path: Path, film: Path, style: Path):
    errors = []
    for steady in ("0", "40"):
        out = tmp_path / steady / "%02d.png"
        more = ("--steady", steady, "--iterations", "8", "--strength", "80")
        assert _paint(film, style, out, *more) == 0
        errors.append(measure_film(open_clip(out, Reading(), 10), open_clip(film, Reading())))
    loose, held = (one.result.error for one in errors)
    assert held < 0.8 * loose
