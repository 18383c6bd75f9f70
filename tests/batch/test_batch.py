"""Batches through the command line: all that is there, once, and what is not, said."""

import itertools
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from conftest import random_pixels
from PIL import Image

from impasto import OutputError, Resources, Settings
from impasto.batch import here
from impasto.batch.item import Item
from impasto.batch.journal import NAME as JOURNAL
from impasto.batch.worker import Worker
from impasto.cli import main
from impasto.engine import networks
from impasto.jobs import observers
from impasto.jobs.inputs import Inputs
from impasto.jobs.job import Done
from impasto.jobs.outputs import Outputs
from impasto.jobs.stopping import Stopped
from impasto.objective import look
from impasto.objective.evaluator import Evaluator
from impasto.optimizers.lbfgs import LBFGS
from impasto.planning import machine
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load

SMALL = ["--size", "64", "--levels", "1", "--iterations", "2", "--threads", "1"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        Image.fromarray(random_pixels(48, 64, number)).save(folder / name)
    return folder


@pytest.fixture
def styles(tmp_path: Path) -> list[str]:
    words = []
    for number, name in enumerate(("one.png", "two.png")):
        Image.fromarray(random_pixels(64, 56, 10 + number)).save(tmp_path / name)
        words += ["--style", str(tmp_path / name)]
    return words


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paint nothing, in no time: results are copies of photographs; return their names."""
    names: list[str] = []

    def paint(self, item, outputs, observers=(), *, was_begun=False):
        picture = load(item.content, item.inputs.reading)
        outputs.save(picture)
        names.append(item.name)
        return Done(outputs.place.path, picture.size, 0.0, outputs.place.moved)

    monkeypatch.setattr(Worker, "paint", paint)
    return names


def _batch(*words: object) -> int:
    return main(["batch", *map(str, words)])


def _pictures(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix in (".png", ".jpg")}


def _events(folder: Path, kind: str) -> list[dict]:
    lines = map(json.loads, (folder / JOURNAL).read_text().splitlines())
    return [line for line in lines if line.get("event") == kind]


def test_every_photograph_is_painted_in_every_style(photos, styles, tmp_path, capsys, monkeypatch):
    built, measured = [], []
    build, sums = networks.of_filters, look._sums
    monkeypatch.setattr(networks, "of_filters", lambda *a, **k: built.append(a) or build(*a, **k))
    monkeypatch.setattr(look, "_sums", lambda *a: measured.append(a) or sums(*a))
    out = tmp_path / "out"
    assert _batch(photos, *styles, "-o", out, *SMALL) == 0
    names = itertools.product("abc", ("one", "two"))
    assert _pictures(out) == {f"{photo}-{style}.png" for photo, style in names}
    # The network was loaded once; of each style two kinds of sums were measured, once.
    assert len(built) == 1
    assert len(measured) == 2 * 2
    err = capsys.readouterr().err
    assert "6 of 6 pictures to paint" in err
    assert "6/6 c-two.png" in err
    assert "0:00:00 left" in err
    recipe = json.loads(read_recipe_text(out / "b-two.png"))
    assert recipe["ingredients"]["content"]["name"] == "b.png"
    # As `paint` has it, to the bit.
    alone = tmp_path / "alone.png"
    words = [str(photos / "b.png"), str(tmp_path / "two.png"), "-o", str(alone)]
    assert main(["paint", *words, *SMALL]) == 0
    assert alone.read_bytes() == (out / "b-two.png").read_bytes()


def test_what_is_finished_is_left(photos, styles, tmp_path, painted, capsys):
    words = [photos, *styles, "-o", tmp_path / "out"]
    assert _batch(*words) == 0
    assert len(painted) == 6
    assert _batch(*words, "--memory", "4GB") == 0  # paints the same
    assert len(painted) == 6
    assert "6 are there from before" in capsys.readouterr().err
    # Copied somewhere, times are others; the files are the same.
    os.utime(photos / "a.png", (1, 1))
    assert _batch(*words) == 0
    assert len(painted) == 6
    (tmp_path / "out/a-one.png").unlink()
    Image.fromarray(random_pixels(48, 64, 7)).save(photos / "d.png")
    assert _batch(*words) == 0
    assert sorted(painted[6:]) == ["a-one.png", "d-one.png", "d-two.png"]
    assert _batch(*words, "--overwrite") == 0
    assert len(painted) == 9 + 8


def test_other_options_or_files_replace_nothing_unasked(photos, styles, tmp_path, painted, capsys):
    out = tmp_path / "out"
    words = [photos, *styles, "-o", out]
    assert _batch(*words) == 0
    before = (out / "a-one.png").read_bytes()
    assert _batch(*words, "--strength", "70") == 2
    assert "a-one.png and 5 more was painted by other options" in capsys.readouterr().err
    Image.fromarray(random_pixels(48, 64, 9)).save(photos / "a.png")
    assert _batch(*words) == 2
    assert "a-one.png and 1 more" in capsys.readouterr().err
    assert (out / "a-one.png").read_bytes() == before
    assert _batch(*words, "--overwrite") == 0
    assert (out / "a-one.png").read_bytes() != before


def test_a_strangers_picture_is_not_replaced(photos, styles, tmp_path, painted, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "b-two.png").write_bytes(b"mine")
    assert _batch(photos, *styles, "-o", out) == 2
    assert "b-two.png exists and was not painted by this batch" in capsys.readouterr().err
    assert painted == []
    assert (out / "b-two.png").read_bytes() == b"mine"


def test_a_bad_file_is_listed_and_all_others_are_painted(photos, styles, tmp_path, painted, capsys):
    out = tmp_path / "out"
    (photos / "bad.jpg").write_text("no picture")
    whole = (photos / "a.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])  # its header is sound
    words = [photos, *styles, "-o", out]
    assert _batch(*words) == 8
    err = capsys.readouterr().err
    assert len(painted) == 6
    assert "failed: bad-one.jpg: " in err
    assert "failed: cut-two.png: " in err
    assert "4 of 10 pictures failed" in err.splitlines()[-1]
    assert {line["code"] for line in _events(out, "failed")} == {3}
    # Mended, it is painted by the same command.
    (photos / "bad.jpg").write_bytes(whole)
    (photos / "cut.png").write_bytes(whole)
    assert _batch(*words) == 0
    assert len(painted) == 10


def test_a_failure_makes_nobodys_picture_the_batchs(photos, styles, tmp_path, painted, capsys):
    out = tmp_path / "out"
    whole = (photos / "a.png").read_bytes()
    (photos / "a.png").write_text("no picture")
    assert _batch(photos / "a.png", *styles[:2], "-o", out) == 8
    (out / "a-one.png").write_bytes(b"mine")
    (photos / "a.png").write_bytes(whole)
    assert _batch(photos / "a.png", *styles[:2], "-o", out) == 2
    assert "was not painted by this batch" in capsys.readouterr().err
    assert (out / "a-one.png").read_bytes() == b"mine"


def test_where_all_are_bad_nothing_is_painted(tmp_path, styles, painted, capsys):
    assert _batch(tmp_path / "missing.jpg", *styles, "-o", tmp_path / "out") == 8
    assert "there is no file" in capsys.readouterr().err
    assert painted == []


def test_inputs_are_checked_before_the_first_picture_is_painted(
    photos, styles, tmp_path, painted, capsys
):
    (photos / "z.jpg").write_bytes(b"")
    Image.new("RGB", (20, 20)).save(photos / "tiny.png")
    assert _batch(photos, *styles, "-o", tmp_path / "out", "--json-progress") == 8
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [line["event"] for line in lines]
    assert kinds == ["batch"] + ["failed"] * 4 + ["picture"] * 6 + ["ended"]
    assert "empty file" in lines[1]["reason"] + lines[2]["reason"]
    assert lines[-1] == {**lines[-1], "painted": 6, "failed": 4, "kept": 0, "elsewhere": 0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--name", "{contents}.png"], "did you mean 'content'"),
        (["--name", "{content}.png"], "would both be"),
        (["--name", "{content}-{style}.xyz"], "unknown extension"),
        (["--name", "../{content}-{style}.png"], "would not be in"),
        (["--name", "{content"], "--name cannot be"),
        (["--shard", "5/4"], "give I/N"),
        (["--strength", "300"], "strength"),
        (["--style-blend", "1,2"], "style blend has 2 shares for 1 styles"),
        (["--content-layers", "relu9_1"], "relu9_1"),
        (["-"], "from stdin"),
    ],
)
def test_wrong_use_is_refused_before_painting(
    photos, styles, tmp_path, painted, capsys, words, message
):
    out = tmp_path / "out"
    assert _batch(photos, *styles, "-o", out, *words) == 2
    assert message in capsys.readouterr().err
    assert painted == []
    assert not out.exists()


def test_results_are_never_taken_for_photographs(photos, styles, tmp_path, painted, capsys):
    assert _batch(photos, *styles, "-o", photos) == 2
    assert _batch(photos / "a.png", *styles, "-o", photos) == 2
    assert "give another -o" in capsys.readouterr().err
    inside = photos / "painted"
    for _ in range(2):
        assert _batch(f"{photos}/**/*.png", *styles, "-o", inside) == 0
    assert len(painted) == 6


def test_a_pattern_keeps_folders_apart(photos, styles, tmp_path, painted, capsys):
    deeper = photos / "deeper"
    deeper.mkdir()
    (deeper / "a.png").write_bytes((photos / "b.png").read_bytes())
    words = [f"{photos}/**/*.png", *styles[:2], "-o", tmp_path / "out"]
    assert _batch(*words) == 2
    assert "{folder}" in capsys.readouterr().err
    assert _batch(*words, "--name", "{folder}/{number:02}-{content}.jpg") == 0
    assert (tmp_path / "out/deeper/04-a.jpg").exists()
    assert (tmp_path / "out/01-a.jpg").exists()


def test_a_manifest_gives_each_picture_its_own_options(photos, styles, tmp_path, painted, capsys):
    manifest, out = tmp_path / "list.csv", tmp_path / "out"
    manifest.write_text(
        "content,style,output,strength,style-blend\n"
        "photos/a.png,one.png,first.png,70,\n"
        'photos/b.png,one.png;two.png,,,"1,3"\n'
        "\n"
        "photos/missing.png,two.png,,,\n"
    )
    assert _batch("--manifest", manifest, "-o", out, "--strength", "40") == 8
    assert sorted(painted) == ["b-one+two.png", "first.png"]
    err = capsys.readouterr().err
    assert "there is no file" in err
    lines = tmp_path / "list.jsonl"
    rows = [
        {"content": "photos/a.png", "style": ["one.png", "two.png"], "seed": 3, "size": 64},
        {"content": "photos/c.png", "preset": "quick"},
    ]
    lines.write_text("\n".join(map(json.dumps, rows)))
    assert _batch("--manifest", lines, *styles, "-o", tmp_path / "more") == 0
    assert sorted(painted[2:]) == ["a-one+two.png", "c-one.png", "c-two.png"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("content,styel\na.png,b.png\n", "did you mean 'style'"),
        ("content,style,strength\na.png,b.png,900\n", "line 2: strength"),
        ("content,style\n,b.png\n", "line 2: no content"),
        ("content,style\na.png\n", "line 2: no style"),
        ("content,style\na.png,b.png,c\n", "line 2: 3 cells for 2 columns"),
        ("content,style,content-layers\na.png,b.png,relu9_9\n", "line 2: "),
        ('{"content": "a.png", "style": 3}\n', "line 1: style"),
        ('{"content": "a.png"\n', "line 1: it is no JSON"),
        ("content,style\n", "lists no pictures"),
        ("content,style,depth\na.png,b.png,12\n", "depth"),
    ],
)
def test_a_wrong_manifest_is_refused_by_its_line(tmp_path, painted, capsys, text, message):
    manifest = tmp_path / "list.txt"
    manifest.write_text(text)
    assert _batch("--manifest", manifest, "-o", tmp_path / "out") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_shards_paint_everything_once(photos, styles, tmp_path, painted, monkeypatch):
    words = [photos, *styles, "-o", tmp_path / "out"]
    for number in ("1/4", "3/4", "4/4"):
        assert _batch(*words, "--shard", number) == 0
    # The second task of a Slurm array, which knows so itself.
    array = {"ID": "3", "MIN": "1", "MAX": "7", "STEP": "2", "COUNT": "4"}
    for name, value in array.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    assert _batch(*words) == 0
    assert len(painted) == len(set(painted)) == 6


def test_a_dry_run_lists_and_writes_nothing(photos, styles, tmp_path, painted, capsys):
    out = tmp_path / "out"
    (photos / "bad.jpg").write_text("no picture")
    words = [photos, *styles, "-o", out, *SMALL]
    assert _batch(*words, "--dry-run") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("a-one.png  64 x 48 px  0:0")
    assert "6 pictures to paint, 0 are there, 2 cannot be painted" in told[-1]
    assert painted == []
    assert not out.exists()
    _batch(*words)
    assert _batch(*words, "--dry-run") == 0
    assert "0 pictures to paint, 6 are there" in capsys.readouterr().out


def test_a_signal_saves_and_the_same_command_goes_on(photos, styles, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(observers, "_WORTH_SECONDS", 0)
    out, whole = tmp_path / "out", tmp_path / "whole"
    words = [photos, *styles[:2], *SMALL, "--iterations", "6", "--checkpoint-every", "0"]
    step, calls = LBFGS.step, []

    def counting(*values: object) -> object:
        if isinstance(values[1], Evaluator):  # else it is asked what a checkpoint holds
            calls.append(values)
        if stops and len(calls) == 9:  # in the middle of the second
            raise Stopped(signal.SIGINT)
        return step(*values)

    monkeypatch.setattr(LBFGS, "step", counting)
    stops = True
    assert _batch(*words, "-o", out) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert "saved what was there" in last
    assert "1 of 3 pictures are there; the same command goes on" in last
    assert _pictures(out) == {"a-one.png", "b-one.png"}
    assert (out / "b-one.png.checkpoint").exists()
    stops = False
    assert _batch(*words, "-o", out) == 0
    assert len(calls) < 9 + 12  # the second went on where it was
    assert _batch(*words, "-o", whole) == 0
    for name in ("a-one.png", "b-one.png", "c-one.png"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert _pictures(out) == _pictures(whole)
    assert not list(out.glob("*.checkpoint"))


def test_two_at_once_are_painted_as_each_is_alone(photos, styles, tmp_path, capsys, monkeypatch):
    built, measured = [], []
    build, sums = networks.of_filters, look._sums
    monkeypatch.setattr(networks, "of_filters", lambda *a, **k: built.append(a) or build(*a, **k))
    monkeypatch.setattr(look, "_sums", lambda *a: measured.append(a) or sums(*a))
    two, alone = tmp_path / "two", tmp_path / "alone"
    words = [photos, *styles, *SMALL, "--json-progress"]
    assert _batch(*words, "-o", two, "--at-once", "2") == 0
    assert len(built) == 1
    assert len(measured) == 2 * 2
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    pictures = [event for event in events if event["event"] == "picture"]
    assert [event["number"] for event in pictures] == [1, 2, 3, 4, 5, 6]
    assert {event["output"] for event in pictures} == _pictures(two)
    assert events[-1]["painted"] == 6
    assert len(_events(two, "begun")) == len(_events(two, "done")) == 6
    assert _batch(*words, "-o", alone, "--at-once", "1") == 0
    for name in _pictures(alone):
        assert (two / name).read_bytes() == (alone / name).read_bytes()


def test_a_signal_saves_all_that_are_painted_at_once(photos, styles, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(observers, "_WORTH_SECONDS", 0)
    out, whole = tmp_path / "out", tmp_path / "whole"
    words = [photos, *styles[:2], *SMALL, "--iterations", "6", "--checkpoint-every", "0"]
    step, both, calls = LBFGS.step, threading.Barrier(2), itertools.count(1)

    def counting(*values: object) -> object:
        if is_first and isinstance(values[1], Evaluator):
            both.wait(60)  # so that both are in their midst
            if next(calls) == 6:
                os.kill(os.getpid(), signal.SIGTERM)
        return step(*values)

    monkeypatch.setattr(LBFGS, "step", counting)
    is_first = True
    assert _batch(*words, "-o", out, "--at-once", "2") == 143
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.count("saved what was there") == 2
    assert "0 of 3 pictures are there; the same command goes on" in last
    assert _pictures(out) == {"a-one.png", "b-one.png"}
    is_first = False
    assert _batch(*words, "-o", out, "--at-once", "2") == 0
    assert _batch(*words, "-o", whole) == 0
    for name in ("a-one.png", "b-one.png", "c-one.png"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert not list(out.glob("*.checkpoint"))


def test_where_one_of_two_cannot_be_written_the_other_is_saved(
    photos, styles, tmp_path, capsys, monkeypatch
):
    out, save = tmp_path / "out", Outputs.save

    def full(outputs: Outputs, picture: object) -> None:
        if outputs.output.name == "a-one.png":
            raise OutputError("cannot write a-one.png: No space left on device")
        save(outputs, picture)

    monkeypatch.setattr(Outputs, "save", full)
    words = [photos, *styles[:2], *SMALL, "-o", out, "--at-once", "2"]
    assert _batch(*words) == 5
    assert "cannot write a-one.png: No space left" in capsys.readouterr().err
    assert len(_events(out, "done")) <= 1
    monkeypatch.undo()
    assert _batch(*words) == 0
    assert len(_events(out, "done")) == 3


@pytest.mark.parametrize(
    ("settings", "resources", "free", "at_once"),
    [
        ({}, {}, 8e9, 2),
        ({}, {}, 2e9, 1),
        ({"size": 1024}, {}, 8e9, 1),
        ({"size": "original"}, {}, 8e9, 1),
        ({}, {"memory": 10**9}, 8e9, 1),
        ({}, {"threads": 1}, 8e9, 1),
        ({}, {"precision": "bfloat16"}, 8e9, 1),  # torch's threads
    ],
)
def test_small_pictures_are_painted_two_at_once(settings, resources, free, at_once, monkeypatch):
    monkeypatch.setattr(here, "free_bytes", lambda device: free)
    monkeypatch.setattr(machine, "is_native", lambda: True)
    item = Item(
        name="a.png",
        output=Path("a.png"),
        inputs=Inputs(content=Path("a.jpg"), styles=()),
        settings=Settings(**settings),
        resources=Resources(**{"device": "cpu", "threads": 2, "precision": "float32", **resources}),
    )
    assert here.pick_at_once([item, item]) == at_once
    assert here.pick_at_once([item]) == 1


def test_killed_before_the_journal_knew_it_is_not_painted_again(photos, styles, tmp_path):
    out = tmp_path / "out"
    words = [photos / "a.png", *styles[:2], "-o", out, *SMALL]
    assert _batch(*words) == 0
    journal = out / JOURNAL
    lines = journal.read_text().splitlines(keepends=True)
    assert '"done"' in lines[-1]
    journal.write_text("".join(lines[:-1]))
    os.utime(out / "a-one.png", (1, 1))
    assert _batch(*words) == 0
    assert (out / "a-one.png").stat().st_mtime == 1
    assert len(_events(out, "done")) == 1


def test_a_full_disk_ends_the_batch_and_it_goes_on_later(
    photos, styles, tmp_path, painted, capsys, monkeypatch
):
    out = tmp_path / "out"
    words = [photos, *styles[:2], "-o", out, "--at-once", "1"]
    replace, count = os.replace, itertools.count()

    def full(*names: object) -> None:
        if next(count) == 1:
            raise OSError(28, "No space left on device")
        replace(*names)

    monkeypatch.setattr("impasto.files._put", full)
    assert _batch(*words, "--fallback-dir", tmp_path) == 5
    err = capsys.readouterr().err
    assert "No space left on device; the result is in" in err
    assert "1 of 3 pictures are there; the same command goes on" in err
    monkeypatch.undo()


def test_a_network_is_not_asked_for_by_wrong_words(photos, tmp_path, capsys):
    assert _batch("-o", tmp_path / "out", "--style", "x.png") == 2
    assert "give photographs" in capsys.readouterr().err
    assert _batch(photos, "-o", tmp_path / "out") == 2
    assert "no style is given" in capsys.readouterr().err
    assert main(["paint", str(photos), "x.png", "-o", str(tmp_path / "x.png")]) == 2
    assert "impasto batch" in capsys.readouterr().err
