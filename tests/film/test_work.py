"""Films painted through the command line: what goes in and out, and whatever stops them."""

import json
import os
import signal
import subprocess
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
from impasto.film.measuring import measure_film
from impasto.film.scenes import beginnings
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
    assert beginnings(open_clip(cut, Reading()).read(0)) == [0, 2]
    assert _paint(cut, style, tmp_path / "out.mp4") == 0
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


def test_each_frame_has_its_own_maps(tmp_path: Path, film: Path, style: Path, capsys):
    other = tmp_path / "other.png"
    Image.new("RGB", (64, 64), (250, 20, 20)).save(other)
    for folder in ("masks", "maps"):
        (tmp_path / folder).mkdir()
    for number in range(6):
        mask, map_ = np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)
        mask[:24, 8 * number : 8 * number + 16] = 255
        map_[30:, : 10 * number, 1] = 255  # its second colour is not yet in the first frame
        Image.fromarray(mask).save(tmp_path / "masks" / f"{number}.png")
        Image.fromarray(map_).save(tmp_path / "maps" / f"{number}.png")
    out = tmp_path / "frames" / "%02d.png"
    more = ("--protect", str(tmp_path / "masks" / "%d.png"), "--start", "0.1")
    assert _paint(film, style, out, *more, "--end", "0.5") == 0
    filmed = _shown(film)[1]
    for number in (1, 2, 3, 4):
        painted = np.asarray(Image.open(out.parent / f"{number:02}.png")).astype(float)
        apart = np.abs(painted - filmed[number]).mean(2)[:24]
        inside = slice(8 * number + 1, 8 * number + 15)
        assert apart[:, inside].mean() < 1 < np.delete(apart, inside, 1).mean()
    # What is protected no more is painted as all else is.
    assert apart[:, 12:28].mean() > 0.5 * apart[:, 52:].mean()
    words = ["film", str(film), str(style), str(other), "--quiet", *QUICK, "-o", "-"]
    maps = ["--regions", str(tmp_path / "maps" / "%d.png"), "--start", "0.1"]
    colours = ["--style-regions", "#000000", "--style-regions", "#00ff00"]
    words[-1] = str(tmp_path / "regions" / "%02d.png")
    assert main([*words, *maps, *colours]) == 0
    first, *_, last = (np.asarray(Image.open(p)) for p in sorted((tmp_path / "regions").glob("*")))
    reds = [float(one[34:, :40, 0].mean() - one[34:, :40, 1].mean()) for one in (first, last)]
    assert reds[1] > reds[0]
    (tmp_path / "masks" / "5.png").unlink()
    assert _paint(film, style, tmp_path / "out.mp4", *more) == 2
    assert "--protect has 5 maps" in capsys.readouterr().err


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
    assert "Errno" not in said
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


class Killed(BaseException):
    """What nobody catches."""


def _killing(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the process die after so many changes of files: new ones, and removed ones."""
    calls = iter(range(after))
    for owner, name in ((os, "replace"), (Path, "unlink")):
        action = getattr(owner, name)

        def counted(*args, _action=action, **more):
            if next(calls, None) is None:
                raise Killed
            return _action(*args, **more)

        monkeypatch.setattr(owner, name, counted)


@pytest.mark.parametrize(
    "more", [("--passes", "3", "--loop"), ("--passes", "2", "--keyframes", "3")]
)
def test_films_in_passes_killed_anywhere_go_on_to_the_same_frames(
    tmp_path: Path, film: Path, style: Path, more: tuple[str, ...]
):
    more = (*more, "--end", "0.4")
    whole = tmp_path / "whole" / "%02d.png"
    assert _paint(film, style, whole, *more) == 0
    for after in (9, 21):
        out = tmp_path / f"{after}" / "%02d.png"
        with pytest.MonkeyPatch.context() as patch:
            _killing(patch, after)
            with pytest.raises(Killed):
                _paint(film, style, out, *more)
        assert _paint(film, style, out, *more) == 0
        _check_same(whole, out, 4)
        assert not (out.parent / "%02d.png.frames").exists()


def test_a_film_stopped_in_its_second_pass_can_be_played_to_its_end(
    tmp_path: Path, film: Path, style: Path
):
    out = tmp_path / "out.mp4"
    with pytest.MonkeyPatch.context() as patch:
        _stopping(patch, 8)
        assert _paint(film, style, out, "--passes", "2") == 130
    assert len(_shown(out)[0]) == 6


def test_between_keyframes_nothing_is_evaluated(tmp_path: Path, film: Path, style: Path, capsys):
    words = ["film", str(film), str(style), "-o", str(tmp_path / "out.mp4"), "--json-progress"]
    assert main([*words, *QUICK, "--keyframes", "3"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counts = [line["evaluations"] for line in lines if line["event"] == "frame"]
    assert len(counts) == 6
    assert sorted(counts)[:3] == [0, 0, 0] != sorted(counts)[3:]
    assert main(["plan", "film", str(film), str(style), *QUICK, "--keyframes", "3"]) == 0
    assert "keyframes    3; the others are blended" in capsys.readouterr().out


def _check_same(whole: Path, out: Path, count: int = 6) -> None:
    for number in range(1, count + 1):
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


HOLDING = """
import sys
from pathlib import Path
from impasto.film.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.take([range(int(sys.argv[2]), 9)], "")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """A film of two frames of each of three scenes."""
    names = ("pagoda.jpg", "coffee.jpg", "dahlia.jpg")
    shown = [pan(photograph(name, 110), 2, 48, 64, 1.5) for name in names]
    return encode(tmp_path / "in.mp4", [frame for scene in shown for frame in scene])


def test_what_another_process_paints_is_left_to_it(
    tmp_path: Path, film: Path, scenes: Path, style: Path, capsys
):
    out = tmp_path / "out.mp4"
    words = [sys.executable, "-c", HOLDING, f"{out}.frames", "2"]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "held\n"
        assert _paint(film, style, out) == 2
        assert "another process is painting" in capsys.readouterr().err
        other.kill()
        other.wait()
    assert _paint(film, style, out, "--end", "0.1") == 0


def test_shards_paint_their_scenes_and_the_last_writes_the_film(
    tmp_path: Path, scenes: Path, style: Path, capsys
):
    whole, out = tmp_path / "whole" / "%02d.png", tmp_path / "out" / "%02d.png"
    assert _paint(scenes, style, whole) == 0
    assert _paint(scenes, style, out, "--shard", "2/2") == 0
    assert not (out.parent / "01.png").exists()
    folder = out.parent / "%02d.png.frames"
    assert sorted(path.name for path in folder.glob("*.png")) == ["000002.png", "000003.png"]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder), "2"], stdin=-1, stdout=-1, text=True
    ) as other:  # whoever still paints the second scene keeps nobody from the others
        assert other.stdout.readline() == "held\n"
        assert _paint(scenes, style, out, "--shard", "2/2") == 2
        assert "its part of" in capsys.readouterr().err
        assert _paint(scenes, style, out, "--shard", "1/2") == 0
        other.kill()
    _check_same(whole, out)
    assert not folder.exists()


def test_a_film_that_shards_began_is_ended_without(
    tmp_path: Path, scenes: Path, style: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    out = tmp_path / "out.mp4"
    for name, value in {"ID": 2, "MIN": 0, "MAX": 2, "COUNT": 3, "STEP": 1}.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", str(value))
    assert _paint(scenes, style, out) == 0
    assert not out.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_ARRAY_TASK_ID", "1")
        _stopping(patch, 1)
        assert _paint(scenes, style, out) == 130
    assert "after 3 of 6 frames; the frames are in" in capsys.readouterr().err
    assert not out.exists()
    assert _paint(scenes, style, out, "--loop") == 2
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID")
    assert _paint(scenes, style, out) == 0
    assert len(_shown(out)[0]) == 6


def test_what_cannot_begin_leaves_nothing(tmp_path: Path, film: Path, style: Path):
    assert _paint(film, style, tmp_path / "out.mp4", "--style-layers", "relu9_9") == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("impasto.film.work.beginnings", lambda _: 1 / 0)
        assert _paint(film, style, tmp_path / "out.mp4") == 1
    assert not (tmp_path / "out.mp4.frames").exists()


def test_a_folder_of_something_else_is_not_a_films(tmp_path: Path, film: Path, style: Path, capsys):
    folder = tmp_path / "out.mp4.frames"
    folder.mkdir()
    (folder / "mine.txt").touch()
    assert _paint(film, style, tmp_path / "out.mp4", "--end", "0.1") == 2
    assert "holds something else" in capsys.readouterr().err
    assert (folder / "mine.txt").exists()


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
    for room, name in ((networks, "of_filters"), (look, "_sums")):
        function = getattr(room, name)

        def counted(*args, _name=name, _function=function, **more):
            calls.append(_name)
            return _function(*args, **more)

        monkeypatch.setattr(room, name, counted)
    assert _paint(film, style, tmp_path / "out.mp4") == 0
    # For the style's own loss, and for the content's statistics.
    assert (calls.count("of_filters"), calls.count("_sums")) == (1, 2)


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
