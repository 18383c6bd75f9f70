"""The command line: through main(argv), and as real processes where that matters."""

import contextlib
import io
import json
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from forked import Forked
from PIL import Image

from impasto.cli import main, paint
from impasto.cli.telling import Told, duration, escaped, quoted, telling
from impasto.losses.covariance import CovarianceLoss
from impasto.reading.carrying import read_recipe_text
from impasto.settings.option import options
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

pytestmark = pytest.mark.usefixtures("kept_network")

EXAMPLES = Path(__file__).parents[2] / "examples"
# One thread each: tests run side by side.
SMALL = ["--size", "64", "--levels", "1", "--iterations", "2", "--threads", "1"]
# Scripts rely on them.
FIXED_NAMES = (
    *("size", "content-weight", "style-weight", "content-layers", "style-layers", "pooling"),
    *("network", "padding", "optimizer", "init", "levels", "iterations", "tolerance"),
    *("style-blend", "seed", "device", "threads", "quiet", "json-progress", "overwrite"),
    *("memory", "tile", "scratch", "precision", "history"),
)
IMPASTO = [sys.executable, "-m", "impasto"]


def _paint(*words: object) -> int:
    return main(["paint", *map(str, words)])


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        image.load()
        return image.size


def test_paints_a_file(photo: Path, painting: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    out = tmp_path / "out.jpg"
    assert _paint(photo, painting, "-o", out, *SMALL) == 0
    assert _size(out) == (64, 48)
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert f"painted {out} (64 x 48 px) in" in stderr


def test_quiet_says_nothing(photo: Path, painting: Path, tmp_path: Path, capfd):
    assert _paint(photo, painting, "-o", tmp_path / "out.png", "--quiet", *SMALL) == 0
    assert capfd.readouterr() == ("", "")


def test_json_lines_tell_every_level(photo: Path, painting: Path, tmp_path: Path, capsys):
    out = tmp_path / "out.png"
    words = [
        "--size",
        "96",
        "--levels",
        "2",
        "--iterations",
        "10,3",
        "--tolerance",
        "0",
        "--threads",
        "1",
    ]
    assert _paint(photo, painting, "-o", out, "--json-progress", *words) == 0
    stdout, stderr = capsys.readouterr()
    events = [json.loads(line) for line in stdout.splitlines()]
    assert [(e["event"], e.get("level"), e.get("iteration")) for e in events] == [
        ("step", 1, 10),
        ("step", 2, 3),
        ("done", None, None),
    ]
    assert events[1]["fraction"] == 1
    assert set(events[0]["losses"]) == {
        "smoothness",
        "content relu3_1",
        "content relu4_2",
        *(f"style relu{block}_1" for block in range(1, 6)),
    }
    assert events[-1]["output"] == str(out)
    assert "{" not in stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["none.jpg", "{painting}", "-o", "{out}"], 2, "there is no file none.jpg"),
        (["{photo}", "{folder}", "-o", "{out}"], 2, "is a folder"),
        (["{text}", "{painting}", "-o", "{out}"], 3, "not a picture"),
        (["{tiny}", "{painting}", "-o", "{out}"], 3, "at least 32 px"),
        (["{photo}", "{painting}", "-o", "{photo}"], 2, "also an input"),
        (["{photo}", "{painting}", "-o", "{old}"], 2, "--overwrite"),
        (["{photo}", "{painting}", "-o", "{folder}/no/out.png"], 5, "does not exist"),
        pytest.param(
            ["{photo}", "{painting}", "-o", "/proc/out.png"],
            5,
            "cannot write",
            marks=pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc"),
        ),
        (["{photo}", "{painting}", "-o", "out.xyz"], 2, "unknown extension"),
        (["{photo}", "{painting}", "-o", "out"], 2, "unknown extension"),
        (["{photo}", "{painting}"], 2, "Missing option '-o'"),
        (["{photo}", "-o", "{out}"], 2, "Missing argument 'STYLE...'"),
        (["{photo}", "{painting}", "-o", "{out}", "--stlye-weight", "1"], 2, "--style-weight"),
        (
            ["{photo}", "{painting}", "-o", "{out}", "--style-layers", "relu4_5"],
            2,
            "did you mean 'relu4_4'",
        ),
        (
            ["{photo}", "{painting}", "-o", "{out}", "--checkpoint-every", "0s"],
            2,
            "checkpoint every cannot be '0s' (not a number); give 0 seconds or more",
        ),
        (["{photo}", "{painting}", "-o", "{out}", "--checkpoint", "{out}"], 2, "out.png; choose"),
        (
            ["{photo}", "{painting}", "-o", "{out}", "--style-regions", "#12"],
            2,
            "--style-regions cannot be '#12'; give a map, #RRGGBB or all",
        ),
        (["{photo}", "{painting}", "-o", "{out}", "--frame", "-1"], 2, "give 0 or more"),
        (["{photo}", "{painting}", "-o", "{out}", "--size", "20"], 2, "32 to 100000 px"),
        (["{photo}", "{painting}", "-o", "{out}", "--device", "mps"], 6, "this machine has"),
        (["{photo}", "{painting}", "-o", "{out}", "--style-blend", "1,2"], 2, "2 shares for 1"),
        (["{photo}", "{painting}", "-o", "{out}", "--init", "nose"], 2, "did you mean 'noise'"),
        (["{photo}", "{painting}", "-o", "{out}", "--levels", "9"], 2, "at most"),
    ],
)
def test_wrong_use_gets_one_line_and_writes_nothing(
    words: list[str], code: int, message: str, photo: Path, painting: Path, tmp_path: Path, capsys
):
    names = {"photo": photo, "painting": painting, "out": tmp_path / "out.png", "folder": tmp_path}
    names |= {name: tmp_path / f"{name}.png" for name in ("text", "tiny", "old")}
    names["text"].write_text("hello")
    names["old"].write_text("mine")
    Image.new("RGB", (31, 40)).save(names["tiny"])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert _paint(*(word.format(**names) for word in words)) == code
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert len(stderr.splitlines()) == 1
    assert stderr.startswith("impasto: ")
    assert message in stderr
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_overwrite_replaces(photo: Path, painting: Path, tmp_path: Path):
    out = tmp_path / "out.png"
    out.write_text("old")
    assert _paint(photo, painting, "-o", out, "--overwrite", *SMALL) == 0
    assert _size(out) == (64, 48)


def test_help_shows_every_option_in_groups(capsys: pytest.CaptureFixture):
    assert main(["paint", "--help"]) == 0
    text = capsys.readouterr().out
    for cls in (Settings, Resources):
        for name, (option, _) in options(cls).items():
            assert f"--{name.replace('_', '-')}" in text
            assert f"\n{option.group}:" in text
    assert text.count("impasto paint ") >= 3


def test_every_fixed_name_is_there(capsys: pytest.CaptureFixture):
    main(["paint", "--help"])
    text = capsys.readouterr().out
    for name in FIXED_NAMES:
        assert f"--{name}" in text


def test_version(capsys: pytest.CaptureFixture):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("impasto 0.")


def test_no_words_show_the_help(capsys: pytest.CaptureFixture):
    assert main([]) == 2
    assert "Usage: impasto" in capsys.readouterr().err


def test_a_bug_is_one_line_without_debug(monkeypatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr(paint, "given", lambda values: 1 / 0)
    assert _paint("a", "b", "-o", "c.png") == 1
    assert capsys.readouterr().err.count("\n") == 1
    main(["--debug", "paint", "a", "b", "-o", "c.png"])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of addresses")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ImportError("libx.so: failed to map segment from shared object"), 6),
        (ImportError("libx.so: cannot allocate memory in static TLS block"), 6),
        (SystemError("initialization of _x raised unreported exception"), 6),
        (ImportError("cannot import name 'x' from 'y'"), 1),
        (ModuleNotFoundError("No module named 'x'"), 1),
    ],
)
def test_only_a_library_that_finds_no_room_says_that_memory_ran_out(
    fault: Exception, code: int, monkeypatch, capsys
):
    import resource

    def failing(values: dict) -> None:
        raise fault

    monkeypatch.setattr(resource, "getrlimit", lambda limit: (1 << 30, 1 << 30))
    monkeypatch.setattr(paint, "given", failing)
    assert _paint("a", "b", "-o", "c.png") == code
    assert ("memory ran out" in capsys.readouterr().err) == (code == 6)


def test_a_broken_run_saves_the_last_finite_picture(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    original = CovarianceLoss.score
    monkeypatch.setattr(CovarianceLoss, "score", lambda *a: original(*a) * float("nan"))
    out = tmp_path / "out.png"
    assert _paint(photo, painting, "-o", out, *SMALL) == 7
    assert _size(out) == (64, 48)
    assert "style relu1_1 loss became nan" in capsys.readouterr().err
    recipe = json.loads(read_recipe_text(out))
    assert (recipe["evaluations"], recipe["interrupted"]) == ([1], True)


def _environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100"}


def test_the_readmes_command_at_a_small_size(tmp_path: Path):
    out = tmp_path / "out.png"
    words = ["paint", EXAMPLES / "coffee.jpg", EXAMPLES / "swirl.jpg", "-o", out, "--size", "96"]
    done = subprocess.run(
        [*IMPASTO, *map(str, words), "--iterations", "4", "--threads", "1"],
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
    )
    assert done.returncode == 0, done.stderr
    assert _size(out) == (96, 64)
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_exit_codes_of_a_real_process(tmp_path: Path):
    done = subprocess.run(
        [*IMPASTO, "paint", "none.jpg", "none.png", "-o", "out.png"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=_environment(),
    )
    assert done.returncode == 2
    assert done.stderr == "impasto: there is no file none.jpg\n"


def test_a_closed_pipe_stops_the_lines_but_not_the_picture(
    photo: Path, painting: Path, tmp_path: Path
):
    out = tmp_path / "out.png"
    words = ["paint", photo, painting, "-o", out, "--json-progress", "--iterations", "15"]
    words += ["--size", "64", "--tolerance", "0", "--threads", "1"]
    process = Forked([*IMPASTO, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    stderr = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 0, stderr
    assert "Error" not in stderr
    assert _size(out) == (64, 48)


def test_control_c_saves_what_is_there(photo: Path, painting: Path, tmp_path: Path):
    out = tmp_path / "out.png"
    words = ["paint", photo, painting, "-o", out, "--json-progress", "--iterations", "100000"]
    words += ["--size", "64", "--tolerance", "0", "--threads", "1"]
    process = Forked([*IMPASTO, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, stderr = process.communicate(timeout=60)
    assert time.monotonic() - began < 20
    assert process.returncode == 130
    assert b"saved what was there" in stderr
    assert _size(out) == (64, 48)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_bar_and_names_as_they_are(photo: Path, painting: Path, tmp_path: Path):
    import pty

    leader, follower = pty.openpty()
    folder = tmp_path / "[final] x["
    folder.mkdir()
    out = folder / "b]\x1b]0;t\nitle.png"
    words = ["paint", photo, painting, "-o", out, *SMALL]
    process = Forked([*IMPASTO, *map(str, words)], stderr=follower, env=_environment())
    os.close(follower)
    text = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # the program has closed its end
            break
        if not part:
            break
        text += part
    os.close(leader)
    assert process.wait() == 0
    assert "━".encode() in text
    assert b"level 1/1" in text
    assert f"painted {folder}/b]\\u001b]0;t\\nitle.png (64 x 48 px)".encode() in text
    assert b"\x1b]0;" not in text
    assert _size(out) == (64, 48)


def test_what_a_terminal_would_obey_is_shown_instead():
    assert escaped("a\x1b[2J\r\x9b\u202eb\x7f") == "a\\u001b[2J\\r\\u009b\\u202eb\\u007f"
    assert escaped("\udcff\n", keep="\n") == "\\udcff\n"
    for text in ("ünïcödé 絵 \u00a0", "👩\u200d🎨", "\u0645\u06cc\u200c\u062e", "[b]x[/b]"):
        assert escaped(text) == text


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_path_in_a_hint_is_one_for_the_shell():
    names = [
        "plain.png",
        "it's a $(x) `y`.png",
        "-dash",
        "new\nline\\'\x1b4",
        os.fsdecode(b"\xff\xe94"),
    ]
    shown = " ".join(quoted(Path(name)) for name in names)
    assert escaped(shown) == shown
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {shown}"], capture_output=True, check=True
    )
    back = [os.fsdecode(name) for name in done.stdout.split(b"\0")[:-1]]
    assert [Path(name) for name in back] == [Path(name) for name in names]
    assert back[2] == "./-dash"


def test_a_terminal_obeys_nothing_whoever_says_it():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for text, shown in (("a\x1b[2J\n", "a\\u001b[2J\n"), ("\tb", "\tb")):
        stream = Terminal()
        Told(stream).write(text)
        assert stream.getvalue() == shown


def test_characters_that_a_stream_lacks_are_shown_by_their_numbers():
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", write_through=True)
    Told(stream).write("絵\udcff")
    assert stream.buffer.getvalue() == b"\\u7d75\\udcff"


def _deaf_streams() -> list:
    closed = io.StringIO()
    closed.close()
    streams = [None, closed]
    if os.path.exists("/dev/full"):
        streams.append(open("/dev/full", "w", buffering=1))  # noqa: SIM115
    reader, writer = os.pipe()
    os.close(reader)
    return [*streams, os.fdopen(writer, "w")]


@pytest.mark.parametrize("number", range(4))
def test_no_stream_stops_the_work(
    number: int, photo: Path, painting: Path, tmp_path: Path, monkeypatch
):
    streams = _deaf_streams()
    stream = streams[min(number, len(streams) - 1)]
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    words = ["--size", "48", "--levels", "1", "--iterations", "10", "--threads", "1"]
    for more in ([], ["--json-progress", "--overwrite"]):
        assert _paint(photo, painting, "-o", tmp_path / "out.png", *words, *more) == 0
        assert _size(tmp_path / "out.png") == (48, 36)
    assert sys.stderr is stream
    # Of a pipe that nobody reads from any more that was enough.
    assert main(["paint", "--help"]) == (0 if stream is streams[-1] else 5)
    assert _paint("none.png", painting, "-o", tmp_path / "x.png") == 2
    for one in streams:
        with contextlib.suppress(OSError, AttributeError):
            one.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_process_paints_whatever_its_streams_are(photo: Path, painting: Path, tmp_path: Path):
    words = [*IMPASTO, "paint", str(photo), str(painting), *SMALL, "--json-progress", "-o"]
    out = tmp_path / "closed.png"
    command = f"{shlex.join([*words, str(out)])} <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", command], check=False).returncode == 0
    assert _size(out) == (64, 48)
    reader, unread = os.pipe()
    os.close(reader)
    for number, stream in enumerate((os.open("/dev/full", os.O_WRONLY), unread)):
        out = tmp_path / f"{number}.png"
        with Forked([*words, str(out)], stdout=stream, stderr=stream) as process:
            os.close(stream)
        assert process.returncode == 0
        assert _size(out) == (64, 48)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_an_answer_that_cannot_be_written_is_an_error(monkeypatch, capsys):
    with contextlib.suppress(OSError), open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["presets", "show", "quick"]) == 5
        assert capsys.readouterr().err == (
            "impasto: cannot write to stdout: No space left on device\n"
        )
        full.detach()


def test_an_answer_to_a_closed_stream_is_an_error(monkeypatch, capsys):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stdout", stream)
        for words in (["show", "quick"], ["list"]):
            assert main(["presets", *words]) == 5
            assert capsys.readouterr().err.startswith("impasto: cannot write to stdout: ")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_an_answer_of_a_process_without_stdout_is_an_error():
    command = f"{shlex.join([*IMPASTO, 'presets', 'show', 'quick'])} >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        5,
        b"impasto: cannot write to stdout: it is closed\n",
    )


class _OnlyWrites:
    """The least that a host may give for a stream."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


class _Breaks(io.StringIO):
    def write(self, text: str) -> int:
        raise RuntimeError("the window is gone")


class _OfNoEncoding(io.StringIO):
    encoding = "nonsense"


def test_a_hosts_stream_need_only_write(monkeypatch):
    for stream in (_OnlyWrites(), _OfNoEncoding()):
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        assert main(["presets", "show", "quick"]) == 0
        assert main(["presets", "show", "none"]) == 2
        said = stream.text if isinstance(stream, _OnlyWrites) else stream.getvalue()
        assert "description" in said
        assert "impasto: there is no preset 'none'" in said


@pytest.mark.parametrize("stream", [_Breaks(), io.BytesIO(), object()], ids=["breaks", "b", "o"])
def test_a_hosts_stream_that_fails_in_any_way_stops_no_work(
    stream: object, photo: Path, painting: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    assert main(["presets", "show", "quick"]) == 5
    assert _paint(photo, painting, "-o", tmp_path / "out.png", *SMALL, "--json-progress") == 0
    assert _size(tmp_path / "out.png") == (64, 48)


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes that do not block")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_a_full_pipe_does_not_take_is_an_error(unbuffered: str):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for size in (1 << 16, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(size))
    done = subprocess.run(
        [*IMPASTO, "presets", "show", "quick"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert done.returncode == 5
    assert done.stderr.startswith(b"impasto: cannot write to stdout: ")
    assert done.stderr.count(b"\n") == 1
    os.close(reader)
    os.close(writer)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["paint", "-h"]])
def test_help_that_cannot_be_written_is_an_error(words: list[str], monkeypatch, capsys):
    with contextlib.suppress(OSError), open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(words) == 5
        assert "cannot write to stdout: No space left" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="keeps the folder it is in")
def test_a_current_folder_that_is_gone_is_said(photo: Path, painting: Path, tmp_path: Path, capsys):
    here, gone = Path.cwd(), tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    try:
        gone.rmdir()
        assert _paint(photo, painting, "-o", tmp_path / "out.png", *SMALL) == 2
        said = capsys.readouterr().err
        assert main(["presets", "list"]) == 0
        assert main(["--help"]) == 0
    finally:
        os.chdir(here)
    assert said == "impasto: the current folder is gone; cd to one that is there\n"


def test_an_hour_left_is_an_hour():
    assert [duration(s) for s in (0.4, 59.7, 4500)] == ["0:00:00", "0:01:00", "1:15:00"]


def test_notes_are_shown_only_while_the_command_line_runs():
    log = logging.getLogger("impasto")
    before = (log.level, log.propagate, list(log.handlers))
    assert main(["presets", "list"]) == 0
    assert (log.level, log.propagate, list(log.handlers)) == before


def test_two_command_lines_at_once_leave_everything_as_it_was():
    log = logging.getLogger("impasto")

    def state() -> tuple:
        return sys.stdout, sys.stderr, log.level, log.propagate, list(log.handlers)

    before, first, second = state(), telling(), telling()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert isinstance(sys.stdout, Told)
    assert log.getEffectiveLevel() == logging.INFO
    assert len(log.handlers) == len(before[-1]) + 1
    second.__exit__(None, None, None)
    assert state() == before


def test_a_plan_shows_levels_memory_and_time(photo: Path, painting: Path, capsys):
    assert main(["plan", str(photo), str(painting), "--size", "2048", "--memory", "4GB"]) == 0
    stdout = capsys.readouterr().out
    headings, *rows = stdout.splitlines()
    assert headings.split("  ")[0] == "level"
    assert [row.split()[0] for row in rows[:6]] == ["1/5", "2/5", "3/5", "4/5", "5/5", "all"]
    assert re.search(r"5/5 +2048 x 1536 px +\d+ of \d+ px +30 +[\d.]+ (G|M)B", stdout)
    assert re.search(r"the least --memory for this size is \d+(\.\d)? (G|M)B", stdout)


def test_a_plan_is_shown_even_where_paint_would_refuse(photo: Path, painting: Path, capsys):
    assert main(["plan", str(photo), str(painting), "--size", "8192", "--memory", "1GB"]) == 0
    stdout = capsys.readouterr().out
    assert re.search(r"7/7 +8192 x 6144 px +\d+ of \d+ px", stdout)
    assert "paint would refuse: 8192 x 6144 px needs" in stdout


def test_too_little_memory_is_refused_before_painting(
    photo: Path, painting: Path, tmp_path, capsys
):
    out = tmp_path / "out.png"
    assert _paint(photo, painting, "-o", out, "--size", "8192", "--memory", "1GB") == 6
    assert "or more, or give a smaller --size" in capsys.readouterr().err
    assert not out.exists()


def test_a_budget_gives_the_same_picture(photo: Path, painting: Path, tmp_path):
    whole, tiled = tmp_path / "whole.png", tmp_path / "tiled.png"
    words = ["--size", "160", "--levels", "1", "--iterations", "4", "--threads", "1"]
    assert _paint(photo, painting, "-o", whole, *words) == 0
    assert _paint(photo, painting, "-o", tiled, *words, "--tile", "64") == 0
    difference = np.asarray(Image.open(whole)).astype(int) - np.asarray(Image.open(tiled))
    assert np.abs(difference).max() <= 1
