"""Runs that survive: recipes, checkpoints, signals, and files that cannot be written."""

import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import paint_tiny, random_pixels
from forked import Forked, run
from PIL import Image

from impasto import NonFiniteError, Resources, Settings, UsageError
from impasto.cli import main
from impasto.engine.checkpoint import State, read_checkpoint, write_checkpoint
from impasto.engine.prepare import prepare
from impasto.engine.recipe import Recipe
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load
from impasto.testing import TINY, TinyEncoder

pytestmark = pytest.mark.usefixtures("kept_network")

IMPASTO = [sys.executable, "-m", "impasto"]
SMALL = ["--size", "64", "--iterations", "4", "--threads", "1", "--quiet"]
LONG = ["--size", "88", "--levels", "2", "--iterations", "12", "--tolerance", "0"]
CONTENT, STYLE = random_pixels(72, 96, 1), random_pixels(64, 64, 2)
# Which is given up to nobody: where bits are compared.
ONE = Resources(threads=1)


def _run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture
def kitchen(photo: Path, painting: Path, tmp_path: Path) -> Path:
    """A folder with a photograph, a painting and a picture painted of them."""
    assert _run("paint", photo, painting, "-o", tmp_path / "one.png", *SMALL) == 0
    return tmp_path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".avif"])
def test_a_recipe_repeats_the_bytes(photo: Path, painting: Path, tmp_path: Path, suffix: str):
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    assert _run("paint", photo, painting, "-o", one, *SMALL) == 0
    assert _run("rerun", one, "-o", two, "--quiet") == 0
    assert one.read_bytes() == two.read_bytes()


def test_a_recipe_says_all_and_nothing_private(kitchen: Path, capsys: pytest.CaptureFixture):
    assert _run("recipe", kitchen / "one.png") == 0
    text = capsys.readouterr().out
    recipe = json.loads(text)
    assert recipe["settings"]["size"] == 64
    assert recipe["evaluations"] == [4]
    assert recipe["interrupted"] is False
    assert recipe["ingredients"]["content"]["name"] == "photo.png"
    assert len(recipe["weights"]) == 64
    assert recipe["versions"]["torch"] == version("torch")
    assert set(recipe["losses"]) >= {"content relu4_2", "style relu1_1"}
    assert str(kitchen) not in text
    assert Recipe.from_json(text, "x").as_json() == text.strip()


def test_everything_that_went_in_is_found_by_its_contents(
    photo: Path, painting: Path, tmp_path: Path
):
    other = tmp_path / "other.png"
    Image.fromarray(random_pixels(64, 64, 5)).save(other)
    halves = np.zeros((48, 64, 3), np.uint8)
    halves[:, 32:] = (255, 0, 0)
    Image.fromarray(halves).save(tmp_path / "map.png")
    Image.fromarray(halves[..., 0]).save(tmp_path / "mask.png")
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    words = ["--regions", tmp_path / "map.png", "--style-regions", "all", "--style-regions"]
    words += ["#ff0000", "--protect", tmp_path / "mask.png", "--init", other]
    assert _run("paint", photo, painting, other, "-o", one, *words, *SMALL) == 0
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in tmp_path.glob("*.png"):
        path.rename(moved / path.name)
    assert _run("rerun", moved / "one.png", "-o", two, "--quiet") == 0
    assert (moved / "one.png").read_bytes() == two.read_bytes()
    (moved / "photo.png").rename(moved / "holiday.png")
    assert _run("rerun", moved / "one.png", "-o", two, "--quiet", "--overwrite") == 0
    assert np.array_equal(load(moved / "one.png").array, load(two).array)


def test_other_pictures_and_sizes_follow_the_recipe(kitchen: Path, painting: Path, photo: Path):
    words = ["--content", painting, "--style", photo, "--size", "48", "--quiet"]
    assert _run("rerun", kitchen / "one.png", "-o", kitchen / "two.png", *words) == 0
    recipe = json.loads(read_recipe_text(kitchen / "two.png"))
    assert recipe["ingredients"]["content"]["name"] == "painting.png"
    assert max(load(kitchen / "two.png").size) == 48


def test_what_a_recipe_lacks_is_named(kitchen: Path, photo: Path, capsys):
    Image.fromarray(random_pixels(48, 64, 9)).save(photo)
    assert _run("rerun", kitchen / "one.png", "-o", kitchen / "two.png") == 2
    assert "photo.png has other contents now" in capsys.readouterr().err
    photo.unlink()
    assert _run("rerun", kitchen / "one.png", "-o", kitchen / "two.png") == 2
    assert "needs photo.png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"impasto recipe": 99}, "has form 99"),
        ({"settings": {"brushes": 3}}, "no 'brushes' in settings"),
        ({"plan": {"device": "cpu"}}, "plan: Object missing"),
        ({"ingredients": {}}, "cannot be followed"),
    ],
)
def test_other_recipes_are_refused_with_the_reason(kitchen: Path, change: dict, message: str):
    values = json.loads(read_recipe_text(kitchen / "one.png"))
    with pytest.raises(UsageError, match=message):
        Recipe.from_json(json.dumps(values | change), "x.png")


@pytest.mark.parametrize("text", ["", "[]", "{}", '"x"', "{"])
def test_what_is_no_recipe_is_refused(text: str):
    with pytest.raises(UsageError, match="carries no recipe"):
        Recipe.from_json(text, "x.png")


def test_a_picture_without_a_recipe_is_refused(photo: Path, tmp_path: Path, capsys):
    assert _run("recipe", photo) == 2
    assert "carries no recipe" in capsys.readouterr().err
    assert _run("rerun", photo, "-o", tmp_path / "x.png") == 2


def test_scratch_folders_are_not_told(tmp_path: Path):
    run = prepare(CONTENT, STYLE, Settings(size=64, levels=1, iterations=1, **TINY))
    run = replace(run, plan=replace(run.plan, scratch=(str(tmp_path),)))
    recipe = next(iter(paint_tiny(run))).recipe
    assert str(tmp_path) not in recipe.as_json()
    again = Recipe.from_json(recipe.as_json(), "x")
    assert again.plan.scratch == ("auto",)


def test_other_versions_are_said(kitchen: Path, monkeypatch, capsys):
    from impasto.engine import recipe

    monkeypatch.setattr(recipe, "versions", lambda *_: {"impasto": "9.9"})
    assert _run("rerun", kitchen / "one.png", "-o", kitchen / "two.png", "--quiet") == 0
    said = capsys.readouterr().err
    assert "bits may differ" in said
    assert "impasto 9.9 instead of" in said


def _paint(resume: State | None = None, **values: object) -> list:
    settings = Settings(size=96, levels=2, **{"iterations": 13, "tolerance": 0, **values}, **TINY)
    return paint_tiny(prepare(CONTENT, STYLE, settings, ONE), resume=resume)


@pytest.mark.parametrize(
    "values",
    [{}, {"optimizer": "adam"}, {"pixels": "free", "padding": "zeros", "surface": "photograph"}],
    ids=["lbfgs", "adam", "free"],
)
@pytest.mark.parametrize("stop", [1, 9, 12, 13, 14, 25])
def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path: Path, values: dict, stop: int):
    whole = list(_paint(**values))
    for number, step in enumerate(_paint(**values), 1):
        if number == stop:
            write_checkpoint(tmp_path / "c", step.checkpoint({"a": 1}))
            break
    kept = read_checkpoint(tmp_path / "c")
    assert kept.notes == {"a": 1}
    rest = list(_paint(kept.state, **values))
    assert len(rest) == len(whole) - stop
    assert torch.equal(rest[-1].image, whole[-1].image)
    assert rest[-1].recipe.as_json() == whole[-1].recipe.as_json()
    assert rest[-1].checkpoint().state.watch == whole[-1].checkpoint().state.watch


def test_a_level_that_ends_early_ends_early_again(tmp_path: Path):
    values = {"iterations": 200, "tolerance": 0.05}
    whole = list(_paint(**values))
    assert len(whole) < 400
    for step in _paint(**values):
        if step.iteration == 5:
            write_checkpoint(tmp_path / "c", step.checkpoint())
    rest = list(_paint(read_checkpoint(tmp_path / "c").state, **values))
    assert torch.equal(rest[-1].image, whole[-1].image)
    assert rest[-1].evaluations == whole[-1].evaluations


def test_a_scratch_file_is_kept_in_a_checkpoint_too(tmp_path: Path, monkeypatch):
    from impasto.memory import storage

    monkeypatch.setattr(storage, "BLOCK", 1000)
    settings = Settings(size=64, levels=1, iterations=13, tolerance=0, **TINY)
    run = prepare(CONTENT, STYLE, settings, ONE)
    run = replace(run, plan=replace(run.plan, scratch=(str(tmp_path),)))
    whole = list(paint_tiny(run))
    step = next(step for step in paint_tiny(run) if step.iteration == 7)
    write_checkpoint(tmp_path / "c", step.checkpoint())
    rest = list(paint_tiny(run, resume=read_checkpoint(tmp_path / "c").state))
    assert torch.equal(rest[-1].image, whole[-1].image)


@pytest.mark.parametrize("damage", ["cut", "text", "other", "gone"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, damage: str, capsys):
    path = tmp_path / "c"
    step = next(iter(_paint()))
    write_checkpoint(path, step.checkpoint({"inputs": []}))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-5000])
    elif damage == "text":
        path.write_text("hello")
    elif damage == "other":
        from safetensors.torch import save_file

        save_file({"x": torch.zeros(3)}, path)
    else:
        path.unlink()
    assert _run("resume", path) == 2
    assert "checkpoint" in capsys.readouterr().err


def _until(there: Path, process: subprocess.Popen) -> None:
    began = time.monotonic()
    while not there.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() - began < 100
        time.sleep(0.01)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    Image.fromarray(random_pixels(48, 64, 1)).save(folder / "photo.png")
    Image.fromarray(random_pixels(64, 56, 2)).save(folder / "painting.png")
    words = [folder / "photo.png", folder / "painting.png", "-o", folder / "whole.png", *LONG]
    assert _run("paint", *words, "--threads", "1", "--quiet") == 0
    return (folder / "whole.png").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("number", range(10))
def test_killed_at_any_moment_it_resumes_to_the_same_bits(
    photo: Path, painting: Path, tmp_path: Path, whole: bytes, number: int
):
    out, kept = tmp_path / "out.png", tmp_path / "kept"
    words = ["paint", photo, painting, "-o", out, *LONG, "--threads", "1", "--quiet"]
    words += ["--checkpoint", kept, "--checkpoint-every", "0"]
    process = Forked([*IMPASTO, *map(str, words)], stderr=subprocess.PIPE)
    _until(kept, process)
    time.sleep(random.Random(number).uniform(0, 1.1))
    process.kill()
    process.communicate()
    if not out.exists():  # it may have got to the end
        assert _run("resume", kept, "--quiet") == 0
    assert out.read_bytes() == whole
    assert not kept.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.png",
        "painting.png",
        "photo.png",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGXCPU", 152)]
)
def test_a_signal_saves_what_is_there(
    photo: Path, painting: Path, tmp_path: Path, name: str, code: int
):
    out, kept = tmp_path / "out.png", tmp_path / "kept"
    words = ["paint", photo, painting, "-o", out, "--size", "64", "--iterations", "100000"]
    words += ["--tolerance", "0", "--threads", "1", "--checkpoint", kept]
    words += ["--checkpoint-every", "0", "--timelapse", tmp_path / "film.gif"]
    process = Forked([*IMPASTO, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _until(kept, process)
    process.send_signal(getattr(signal, name))
    began = time.monotonic()
    _, stderr = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    assert process.returncode == code
    assert b"saved what was there" in stderr
    assert b"impasto resume" in stderr
    assert stderr.count(b"impasto:") == 1
    recipe = json.loads(read_recipe_text(out))
    assert recipe["interrupted"] is True
    assert load(out).size == (48, 64)
    assert kept.exists()
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_the_second_signal_stops_at_once(photo: Path, painting: Path, tmp_path: Path):
    code = (
        "import os, signal, sys, time\n"
        "from impasto.cli.signals import stoppable\n"
        "from impasto.jobs.stopping import Stopped\n"
        "with stoppable():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT); time.sleep(5)\n"
        "    except Stopped:\n"
        "        os.kill(os.getpid(), signal.SIGINT); time.sleep(5)\n"
        "sys.exit(99)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 130


def test_an_interrupted_recipe_is_painted_to_the_end(photo: Path, painting: Path, tmp_path: Path):
    from impasto.engine.iterate import iterate

    settings = Settings(size=64, iterations=4)
    steps = list(iterate(photo, painting, settings, ONE))
    steps[1].picture.save(tmp_path / "half.png")
    steps[-1].picture.save(tmp_path / "whole.png")
    assert json.loads(steps[1].picture.recipe)["interrupted"] is True
    assert _run("rerun", tmp_path / "half.png", "-o", tmp_path / "again.png", "--quiet") == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def test_numbers_that_break_once_are_got_over(caplog: pytest.LogCaptureFixture):
    class Breaking(TinyEncoder):
        calls = 0

        def walk(self, image, names):
            self.calls += image.requires_grad
            for name, features in super().walk(image, names):
                yield name, features * (float("nan") if self.calls == 13 else 1)

    run = prepare(CONTENT, STYLE, Settings(size=64, levels=1, iterations=40, tolerance=0, **TINY))
    with caplog.at_level("INFO", "impasto"):
        steps = list(paint_tiny(run, Breaking()))
    assert "shorter steps" in caplog.text
    assert torch.isfinite(steps[-1].image).all()
    first, last = (sum(step.losses.values()).item() for step in (steps[0], steps[-1]))
    assert last < first / 2


def test_numbers_that_break_again_end_the_run(caplog: pytest.LogCaptureFixture):
    class Breaking(TinyEncoder):
        calls = 0

        def walk(self, image, names):
            self.calls += image.requires_grad
            for name, features in super().walk(image, names):
                yield name, features * (float("nan") if self.calls > 12 else 1)

    run = prepare(CONTENT, STYLE, Settings(size=64, levels=1, iterations=60, tolerance=0, **TINY))
    with caplog.at_level("INFO", "impasto"), pytest.raises(NonFiniteError) as caught:
        list(paint_tiny(run, Breaking()))
    assert caplog.text.count("shorter steps") == 1
    assert np.isfinite(caught.value.picture.array).all()


def _no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_checkpoint_that_cannot_be_written_does_not_stop_the_run(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    from impasto.engine import checkpoint

    monkeypatch.setattr(checkpoint, "_write", _no_room)
    out = tmp_path / "out.png"
    words = ["--checkpoint", tmp_path / "kept", "--checkpoint-every", "0"]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words) == 0
    assert capsys.readouterr().err.count("no checkpoint of this run") == 1
    assert out.exists()
    assert not (tmp_path / "kept").exists()


def test_a_result_that_cannot_be_written_goes_elsewhere(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    out, elsewhere = tmp_path / "out.png", tmp_path / "elsewhere"
    out.write_bytes(b"old")
    elsewhere.mkdir()
    from impasto import files

    replace_file = files.os.replace

    def full_here(source: str, target: Path) -> None:
        if Path(target) == out:
            _no_room()
        replace_file(source, target)

    monkeypatch.setattr(files.os, "replace", full_here)
    words = ["--overwrite", "--fallback-dir", elsewhere, "--depth", "16"]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words) == 5
    assert f"the result is in {elsewhere / 'out.png'}" in capsys.readouterr().err
    assert load(elsewhere / "out.png").origin.depth == 16
    assert read_recipe_text(elsewhere / "out.png")
    assert out.read_bytes() == b"old"
    assert load(elsewhere / "out.png").size == (48, 64)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        (RuntimeError("boom\nat line 1"), 1, "a bug in impasto: RuntimeError: boom at line 1;"),
        (OSError(5, "Input/output error"), 1, "a bug in impasto: OSError"),
        (MemoryError(), 6, "memory ran out"),
        (UsageError("not this one"), 2, "impasto: not this one"),
    ],
)
def test_whatever_ends_a_run_what_was_painted_is_saved(
    fault: Exception,
    code: int,
    message: str,
    photo: Path,
    painting: Path,
    tmp_path,
    monkeypatch,
    capsys,
):
    from impasto.losses.covariance import CovarianceLoss

    score, calls = CovarianceLoss.score, []

    def breaking(*values: object) -> object:
        calls.append(values)
        if len(calls) > 12:
            raise fault
        return score(*values)

    monkeypatch.setattr(CovarianceLoss, "score", breaking)
    out = tmp_path / "out.png"
    words = ["--checkpoint", tmp_path / "it's", "--checkpoint-every", "0"]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
    assert f"; saved what was there as {out}; to go on: impasto resume '{tmp_path}/it'" in said
    assert load(out).size == (48, 64)
    assert json.loads(read_recipe_text(out))["evaluations"] == [2]


def test_what_breaks_before_the_first_evaluation_leaves_nothing(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    from impasto.losses.covariance import CovarianceLoss

    monkeypatch.setattr(CovarianceLoss, "score", lambda *_: 1 / 0)
    assert _run("paint", photo, painting, "-o", tmp_path / "out.png", *SMALL) == 1
    assert "saved" not in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [painting, photo]


def _broken_encoder(*_: object) -> None:
    raise ValueError("EXIF data\nis too long")


def test_whatever_an_encoder_raises_the_result_is_somewhere(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    from impasto.pictures.writing import WRITABLE

    fallback = tmp_path / "elsewhere"
    fallback.mkdir()
    (fallback / "out.png").write_text("mine")
    monkeypatch.setitem(WRITABLE, ".jpg", replace(WRITABLE[".jpg"], write=_broken_encoder))
    words = ["paint", photo, painting, "-o", tmp_path / "out.jpg", *SMALL]
    assert _run(*words, "--fallback-dir", fallback) == 5
    said = capsys.readouterr().err
    assert "ValueError: EXIF data is too long; the result is in" in said
    assert load(fallback / "out-2.png").size == (48, 64)
    assert (fallback / "out.png").read_text() == "mine"
    assert len(list(fallback.iterdir())) == 2
    assert not (tmp_path / "out.jpg").exists()


def test_where_the_other_folder_fails_too_the_systems_is_tried(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    from impasto.jobs import outputs as results

    system, fallback = tmp_path / "system", tmp_path / "elsewhere"
    system.mkdir()
    fallback.mkdir()
    monkeypatch.setattr(results.tempfile, "gettempdir", lambda: str(system))
    claim = results.claim

    def full(folder: Path, name: str) -> Path:
        return _no_room() if folder == fallback else claim(folder, name)

    monkeypatch.setattr(results, "claim", full)
    monkeypatch.setattr("impasto.files.os.fsync", lambda _: None)
    from impasto import files

    replace_file = files.os.replace
    monkeypatch.setattr(files, "_put", lambda *_: _no_room())
    monkeypatch.setattr(
        files.os,
        "replace",
        lambda a, b: _no_room() if Path(b).parent == tmp_path else replace_file(a, b),
    )
    out = tmp_path / "out.png"
    words = ["paint", photo, painting, "-o", out, *SMALL, "--fallback-dir", fallback]
    assert _run(*words) == 5
    assert f"the result is in {system / 'out.png'}" in capsys.readouterr().err
    assert load(system / "out.png").size == (48, 64)
    monkeypatch.setattr(results, "claim", _no_room)
    assert _run(*words) == 5
    said = capsys.readouterr().err
    assert f"nor can it be written to {fallback} or {system}: the result is lost" in said


def test_what_breaks_beside_the_result_is_said_once_and_stops_nothing(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setattr("impasto.jobs.observers.save_film", _broken_encoder)
    monkeypatch.setattr("impasto.jobs.observers.write_checkpoint", _broken_encoder)
    out = tmp_path / "out.png"
    words = ["--timelapse", tmp_path / "film.gif", "--checkpoint", tmp_path / "c"]
    words += ["--checkpoint-every", "0"]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words) == 0
    said = capsys.readouterr().err
    assert said.count("no timelapse: ") == said.count("no checkpoint of this run: ") == 1
    assert said.count("\n") == 2
    assert load(out).size == (48, 64)


def test_the_picture_so_far_and_a_film(photo: Path, painting: Path, tmp_path: Path):
    words = ["--save-every", "2", "--timelapse"]
    for suffix in (".gif", ".webp"):
        film = tmp_path / f"film{suffix}"
        out = tmp_path / f"out{suffix[1:]}.png"
        assert _run("paint", photo, painting, "-o", out, *SMALL, *words, film) == 0
        with Image.open(film) as frames:
            assert frames.n_frames > 2
    assert load(tmp_path / "outgif.so-far.png").size == (48, 64)


def test_a_film_without_its_extra_is_refused_before_the_run(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "av", None)
    words = ["-o", tmp_path / "out.png", "--timelapse"]
    assert _run("paint", photo, painting, *words, tmp_path / "film.mp4") == 2
    assert "impasto[film]" in capsys.readouterr().err
    assert _run("paint", photo, painting, *words, tmp_path / "film.avi") == 2
    (tmp_path / "film.gif").write_bytes(b"mine")
    assert _run("paint", photo, painting, *words, tmp_path / "film.gif") == 2
    assert (tmp_path / "film.gif").read_bytes() == b"mine"


def test_checkpoints_take_a_small_share_of_the_time(tmp_path: Path, monkeypatch):
    from impasto.jobs import observers as keeping

    now = [0.0]
    monkeypatch.setattr(keeping.time, "monotonic", lambda: now[0])
    written = []

    def slow(path: Path, checkpoint: object, *, fresh: bool) -> None:
        written.append(now[0])
        now[0] += 2.0

    monkeypatch.setattr("impasto.jobs.observers.write_checkpoint", slow)

    class Step:
        final = False

        def checkpoint(self, notes: dict) -> None:
            return None

    keeper = keeping.Checkpoints(keeping.Place(tmp_path / "c"), {})
    for _ in range(1000):
        now[0] += 1.0
        keeper.see(Step(), SimpleNamespace(seconds_left=500))
    assert written[0] >= 5
    assert 2.0 * len(written) <= 0.04 * now[0]
    short = keeping.Checkpoints(keeping.Place(tmp_path / "d"), {})
    written.clear()
    for _ in range(60):
        now[0] += 1.0
        short.see(Step(), SimpleNamespace(seconds_left=50))
    assert not written  # a run of under two minutes


def test_a_frame_is_in_the_recipe(painting: Path, tmp_path: Path):
    frames = [Image.fromarray(random_pixels(48, 64, seed)) for seed in (1, 2, 3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert _run("paint", tmp_path / "a.tif", painting, "-o", one, *SMALL, "--frame", "2") == 0
    assert _run("rerun", one, "-o", two, "--quiet") == 0
    assert one.read_bytes() == two.read_bytes()


def _stop_the_first_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SIGTERM arrive while the result is saved for the first time."""
    from impasto.jobs import outputs as results
    from impasto.jobs.stopping import Stopped

    save, calls = results.Outputs.save, []

    def stopped_once(self, picture) -> None:
        calls.append(picture)
        if len(calls) == 1:
            raise Stopped(signal.SIGTERM)
        save(self, picture)

    monkeypatch.setattr(results.Outputs, "save", stopped_once)


def test_a_signal_while_saving_does_not_lose_the_picture(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    _stop_the_first_saving(monkeypatch)
    assert _run("paint", photo, painting, "-o", tmp_path / "out.png", *SMALL) == 143
    assert load(tmp_path / "out.png").size == (48, 64)
    assert "stopped by SIGTERM" in capsys.readouterr().err


def test_a_picture_comes_down_a_pipe(photo: Path, painting: Path, tmp_path: Path):
    words = ["paint", "-", painting, "-o", tmp_path / "out.png", *SMALL]
    with photo.open("rb") as stream:
        done = run([*IMPASTO, *map(str, words)], stdin=stream)
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "out.png").size == (48, 64)


def test_another_process_writes_the_same_bytes(photo: Path, painting: Path, tmp_path: Path):
    for suffix in (".jpg", ".tif"):
        one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
        assert _run("paint", photo, painting, "-o", one, *SMALL) == 0
        time.sleep(1.1)  # a date would show
        words = [*IMPASTO, "rerun", str(one), "-o", str(two), "--quiet"]
        subprocess.run(words, check=True)
        assert one.read_bytes() == two.read_bytes()


def test_a_rerun_has_the_depth_of_the_picture(photo: Path, painting: Path, tmp_path: Path):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert _run("paint", photo, painting, "-o", one, *SMALL, "--depth", "16") == 0
    assert _run("rerun", one, "-o", two, "--quiet") == 0
    assert one.read_bytes() == two.read_bytes()
    assert _run("rerun", one, "-o", tmp_path / "two.jpg", "--quiet") == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--init", "{out}", "--overwrite"),
        ("--checkpoint", "{out}", "--overwrite"),
        ("--checkpoint", "{taken}"),
        ("--checkpoint", "{photo}", "--overwrite"),
        ("--timelapse", "{taken}.gif", "--checkpoint", "{taken}.gif"),
        ("--save-every", "2", "--init", "{sofar}", "--overwrite"),
        ("--regions", "{out}", "--style-regions", "all", "--overwrite"),
    ],
)
def test_nothing_that_is_read_or_wanted_is_written_over(
    photo: Path, painting: Path, tmp_path: Path, words: tuple[str, ...]
):
    out, so_far, taken = (tmp_path / name for name in ("out.png", "out.so-far.png", "taken"))
    for path in (out, so_far):
        path.write_bytes(photo.read_bytes())
    taken.write_bytes(b"mine")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    names = {"out": out, "sofar": so_far, "taken": taken, "photo": photo}
    filled = [word.format(**names) for word in words]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *filled) == 2
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_rerun_never_replaces_what_it_is_made_of(kitchen: Path, painting: Path):
    before = painting.read_bytes()
    assert _run("rerun", kitchen / "one.png", "-o", painting, "--overwrite") == 2
    assert painting.read_bytes() == before


def test_a_run_that_breaks_keeps_what_was_painted(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch
):
    from impasto.errors import DeviceError
    from impasto.optimizers.lbfgs import LBFGS

    step, calls = LBFGS.step, []

    def out_of_memory(self, objective):
        calls.append(1)
        if len(calls) == 3:
            raise DeviceError("memory ran out")
        return step(self, objective)

    monkeypatch.setattr(LBFGS, "step", out_of_memory)
    out = tmp_path / "out.png"
    assert _run("paint", photo, painting, "-o", out, *SMALL, "--timelapse", tmp_path / "f.gif") == 6
    assert json.loads(read_recipe_text(out))["evaluations"] == [2]
    assert (tmp_path / "f.gif").exists()


def test_the_fallback_takes_a_free_name(photo: Path, painting: Path, tmp_path: Path, monkeypatch):
    from impasto.pictures import writing
    from impasto.pictures.picture import Picture

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "out.png").write_bytes(b"an older one")
    original = writing.replacing

    def full(path: Path, **more: bool):
        if path.parent == tmp_path:
            from impasto import OutputError

            raise OutputError("No space")
        return original(path, **more)

    monkeypatch.setattr(writing, "replacing", full)
    words = ["--fallback-dir", elsewhere]
    assert _run("paint", photo, painting, "-o", tmp_path / "out.png", *SMALL, *words) == 5
    assert (elsewhere / "out.png").read_bytes() == b"an older one"
    assert isinstance(load(elsewhere / "out-2.png"), Picture)
    assert _run("paint", photo, painting, "-o", tmp_path / "x.png", "--fallback-dir", "none") == 5


def test_a_checkpoint_from_python_is_gone_on_with_in_python(tmp_path: Path, capsys):
    write_checkpoint(tmp_path / "c", next(iter(_paint())).checkpoint())
    assert _run("resume", tmp_path / "c") == 2
    assert "in Python" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_signals_that_were_ignored_stay_ignored(photo: Path, painting: Path, tmp_path: Path):
    """As under nohup, and in a script's background."""
    kept = tmp_path / "kept"
    words = [photo, painting, "-o", tmp_path / "out.png", "--size", "64", "--iterations", "100000"]
    words += ["--tolerance", "0", "--threads", "1", "--checkpoint", kept, "--checkpoint-every", "0"]
    command = shlex.join([*IMPASTO, "paint", *map(str, words)])
    process = subprocess.Popen(
        ["sh", "-c", f"trap '' HUP INT; exec {command}"], stderr=subprocess.PIPE
    )
    _until(kept, process)
    for ignored in (signal.SIGHUP, signal.SIGINT):
        process.send_signal(ignored)
        kept.unlink()
        _until(kept, process)  # the next one: it paints on
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 143, stderr
    assert b"stopped by SIGTERM" in stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_signal_before_the_first_evaluation_has_its_own_code(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    from impasto.jobs.inputs import Inputs

    monkeypatch.setattr(Inputs, "prepare", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert _run("paint", photo, painting, "-o", tmp_path / "out.png", *SMALL) == 143
    assert capsys.readouterr().err == "impasto: stopped by SIGTERM\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_signal_while_a_broken_run_is_saved_does_not_lose_the_picture(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch
):
    from impasto.losses.covariance import CovarianceLoss

    score = CovarianceLoss.score
    monkeypatch.setattr(CovarianceLoss, "score", lambda *a: score(*a) * float("nan"))
    _stop_the_first_saving(monkeypatch)
    assert _run("paint", photo, painting, "-o", tmp_path / "out.png", *SMALL) == 7
    assert load(tmp_path / "out.png").size == (48, 64)


def test_a_run_goes_on_elsewhere_when_its_folder_is_gone(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    from impasto.losses.covariance import CovarianceLoss

    score, calls = CovarianceLoss.score, []

    def breaking(*values: object) -> object:
        calls.append(values)
        return 1 / 0 if len(calls) == 13 else score(*values)

    monkeypatch.setattr(CovarianceLoss, "score", breaking)
    folder, moved = tmp_path / "a folder", tmp_path / "moved"
    folder.mkdir()
    words = ["--checkpoint", folder / "-c", "--checkpoint-every", "0"]
    monkeypatch.chdir(folder)
    assert (
        _run("paint", photo, painting, "-o", "out.png", *SMALL, *words[:1], "./-c", *words[2:]) == 1
    )
    assert "to go on: impasto resume ./-c --overwrite" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    folder.rename(moved)
    assert _run("resume", moved / "-c", "--quiet") == 5
    said = capsys.readouterr().err
    assert f"the folder {folder}, where the result was to go, is not there" in said
    assert "say with -o where it goes" in said
    assert _run("resume", moved / "-c", "-o", moved / "out.png", "--overwrite", "--quiet") == 0
    assert json.loads(read_recipe_text(moved / "out.png"))["interrupted"] is False
    assert not (moved / "-c").exists()


@pytest.mark.usefixtures("as_on_windows")
def test_nothing_that_is_open_or_mapped_is_replaced_or_removed(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    out, kept, elsewhere = tmp_path / "out.png", tmp_path / "kept", tmp_path / "elsewhere"
    out.write_bytes(b"old")
    out.chmod(0o400)
    elsewhere.mkdir()
    words = ["--overwrite", "--fallback-dir", elsewhere, "--checkpoint", kept]
    words += ["--checkpoint-every", "0", "--save-every", "1", "--timelapse", tmp_path / "f.gif"]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words) == 0
    assert load(out).size == (48, 64)
    names = ["elsewhere", "f.gif", "out.png", "out.so-far.png", "painting.png", "photo.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("as_on_windows")
def test_a_resumed_run_replaces_its_checkpoint_though_it_was_read_from_it(tmp_path: Path):
    path = tmp_path / "c"
    write_checkpoint(path, next(iter(_paint())).checkpoint())
    state = read_checkpoint(path).state
    for step in _paint(state):
        write_checkpoint(path, step.checkpoint())
    assert torch.equal(read_checkpoint(path).state.tensors["image"], step.image)
    path.unlink()
    assert torch.isfinite(state.tensors["image"]).all()


def _when_evaluated(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], at: int) -> None:
    """Do something in the middle of a run."""
    from impasto.losses.covariance import CovarianceLoss

    score, calls = CovarianceLoss.score, []

    def acting(*values: object) -> object:
        calls.append(values)
        if len(calls) == at:
            act()
        return score(*values)

    monkeypatch.setattr(CovarianceLoss, "score", acting)


def test_what_appears_during_a_run_is_not_written_over(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    out, film = tmp_path / "out.png", tmp_path / "film.gif"
    beside = [out, film, tmp_path / "out.so-far.png", tmp_path / "kept"]

    def others() -> None:
        for path in beside:
            path.write_text("mine")

    _when_evaluated(monkeypatch, others, at=12)
    words = ["--timelapse", film, "--save-every", "1", "--checkpoint", tmp_path / "kept"]
    words += ["--checkpoint-every", "0"]
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words) == 5
    said = capsys.readouterr().err
    assert f"{out}, which is another file by now, is kept; the result is in" in said
    assert f"{tmp_path / 'out.so-far-2.png'} is written instead" in said
    assert all(path.read_text() == "mine" for path in beside)
    assert load(tmp_path / "out-2.png").size == load(tmp_path / "out.so-far-2.png").size == (48, 64)
    assert (tmp_path / "film-2.gif").exists()
    assert not list(tmp_path.glob("kept-*"))
    assert _run("paint", photo, painting, "-o", out, *SMALL, *words, "--overwrite") == 0
    assert load(out).size == (48, 64)
    assert not (tmp_path / "kept").exists()


def test_two_runs_to_one_place_both_keep_their_pictures(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    out = tmp_path / "out.png"
    words = ["paint", photo, painting, "-o", out, *SMALL]
    monkeypatch.setattr("impasto.jobs.observers._WORTH_SECONDS", -1)  # always a checkpoint
    words += ["--checkpoint-every", "0"]
    _when_evaluated(monkeypatch, lambda: _run(*words, "--seed", "7"), at=7)
    assert _run(*words) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out-2.png",
        "out.png",
        "painting.png",
        "photo.png",
    ]
    assert [
        json.loads(read_recipe_text(tmp_path / name))["settings"]["seed"]
        for name in ("out.png", "out-2.png")
    ] == [7, 0]


def test_a_picture_in_python_replaces_nothing_that_appeared(tmp_path: Path, monkeypatch):
    from impasto import OutputError
    from impasto.pictures import writing

    path, check = tmp_path / "out.png", writing.check_output

    def others(*words: object, **more: object) -> None:
        check(*words, **more)
        path.write_text("mine")

    monkeypatch.setattr(writing, "check_output", others)
    with pytest.raises(OutputError, match="another file by now"):
        next(iter(_paint())).picture.save(path)
    assert path.read_text() == "mine"
    path.unlink()
    next(iter(_paint())).picture.save(path, overwrite=True)
    assert load(path).size


def test_where_files_have_one_name_nothing_is_replaced_either(tmp_path: Path, monkeypatch):
    from impasto.files import Taken, replacing

    monkeypatch.setattr("impasto.files.os.link", lambda *_: _no_room())
    for name in ("one", "two"):
        with replacing(tmp_path / name, fresh=True) as stream:
            stream.write(b"new")
    with pytest.raises(Taken), replacing(tmp_path / "one", fresh=True) as stream:
        stream.write(b"newer")
    assert (tmp_path / "one").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_picture_so_far_of_another_run_is_not_written_over(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    so_far = tmp_path / "out.so-far.png"
    so_far.write_text("mine")
    words = ["paint", photo, painting, "-o", tmp_path / "out.png", *SMALL, "--save-every", "1"]
    assert _run(*words) == 2
    assert f"{so_far} exists; choose another name for the result" in capsys.readouterr().err
    assert so_far.read_text() == "mine"
    assert _run(*words, "--overwrite") == 0
    assert load(so_far).size == (48, 64)


def _killed(*words: object) -> None:
    """Run a command up to its sixth evaluation, and end it as a lost machine would."""
    code = (
        "import os, sys; from impasto.cli import main\n"
        "from impasto.jobs import observers as keeping\n"
        "see = keeping.Observers.see\n"
        "def once(observers, step, meter):\n"
        "    see(observers, step, meter)\n"
        "    step.iteration == 6 and os._exit(9)\n"
        "keeping.Observers.see = once; keeping._WORTH_SECONDS = -1; main(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], check=False)
    assert done.returncode == 9


def test_a_killed_run_goes_on_in_its_own_files_and_another_run_keeps_them(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    out, kept = tmp_path / "out.png", tmp_path / "out.png.checkpoint"
    words = ["paint", photo, painting, "-o", out, *SMALL, "--iterations", "8"]
    words += ["--checkpoint-every", "0", "--save-every", "1"]
    _killed(*words)
    state, so_far = kept.read_bytes(), (tmp_path / "out.so-far.png").read_bytes()
    monkeypatch.setattr("impasto.jobs.observers._WORTH_SECONDS", -1)
    assert _run(*words[:-2], "--iterations", "3") == 0
    assert "this run keeps it, and writes its own" in capsys.readouterr().err
    assert kept.read_bytes() == state
    assert not list(tmp_path.glob("*-2.checkpoint"))
    out.unlink()
    assert _run("resume", kept, "--quiet") == 0
    assert load(out).size == (48, 64)
    assert (tmp_path / "out.so-far.png").read_bytes() != so_far
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.png",
        "out.so-far.png",
        "painting.png",
        "photo.png",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGXCPU"])
def test_what_a_system_says_again_and_again_ends_no_saving(name: str):
    from impasto.cli.signals import stoppable
    from impasto.jobs.stopping import Stopped

    number = getattr(signal, name)
    asked = 0
    with stoppable():
        for _ in range(3):  # the second would end this process
            try:
                os.kill(os.getpid(), number)
                time.sleep(0.1)
            except Stopped:
                asked += 1
    assert asked == 1


def test_a_hint_names_a_checkpoint_that_may_go_on_and_the_place_asked_for(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    def broken() -> None:
        raise RuntimeError("boom")

    _when_evaluated(monkeypatch, broken, at=13)
    kept, other = tmp_path / "kept", tmp_path / "other.png"
    words = ["--checkpoint", kept, "--checkpoint-every", "0"]
    assert _run("paint", photo, painting, "-o", tmp_path / "out.png", *SMALL, *words) == 1
    _when_evaluated(monkeypatch, broken, at=1)
    assert _run("resume", kept, "-o", other, "--quiet") == 1
    said = capsys.readouterr().err
    assert said.endswith(f"to go on: impasto resume {kept} -o {other} --overwrite\n")
    found = read_checkpoint(kept)
    write_checkpoint(kept, replace(found, state=replace(found.state, level=9)))
    assert _run("resume", kept, "-o", other) == 2
    said = capsys.readouterr().err
    assert "the checkpoint is at 9 of the run's 1" in said
    assert "to go on" not in said
