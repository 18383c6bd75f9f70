"""Contact sheets: painted, continued, refused, and one cell of them again."""

import io
import json
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import impasto
from impasto import OutputError, UsageError, files
from impasto.cli import main
from impasto.cli.sheet_progress import Silent
from impasto.jobs.stopping import Stopped
from impasto.optimizers.lbfgs import LBFGS
from impasto.reading.carrying import read_recipe_text
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.settings.sweeping import read_axis, variants
from impasto.sheets import work
from impasto.sheets.sweep import sweep_sheet

pytestmark = pytest.mark.usefixtures("kept_network")

SMALL = ["--size", "64", "--levels", "1", "--iterations", "2", "--threads", "1"]
OVER = ["--over", "style-weight=10,1000", "--over", "content-layers=relu4_2;relu2_1,relu3_1"]


def _sweep(photo: Path, painting: Path, out: Path, *words: str) -> int:
    words = words or tuple(OVER)
    return main(["sweep", str(photo), str(painting), "-o", str(out), *SMALL, *words])


def _record(out: Path) -> dict:
    return json.loads(out.with_suffix(".json").read_text())


def test_a_sheet_has_its_cells_its_labels_and_its_record(photo, painting, tmp_path, capsys):
    out = tmp_path / "sheet.png"
    assert _sweep(photo, painting, out) == 0
    with Image.open(out) as sheet:
        width, height = sheet.size
    assert width > 2 * 64
    assert height > 2 * 48
    record = _record(out)
    assert record["rows"] == ["10", "1000"]
    assert record["columns"] == ["relu4_2", "relu2_1,relu3_1"]
    assert [(cell["row"], cell["column"]) for cell in record["cells"]] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
    last = record["cells"][-1]
    assert last["values"] == {"style_weight": "1000", "content_layers": "relu2_1,relu3_1"}
    assert last["recipe"]["settings"]["style_weight"] == 1000
    assert set(last["figures"]) == {"content", "style"}
    assert capsys.readouterr().err.count("\n") == 5


def test_a_cell_of_a_sheet_is_painted_again_and_large(photo, painting, tmp_path, capsys):
    out, again = tmp_path / "sheet.png", tmp_path / "again.png"
    assert _sweep(photo, painting, out) == 0
    rerun = ["rerun", str(out.with_suffix(".json")), "-o", str(again)]
    assert main([*rerun, "--cell", "2,1"]) == 0
    assert again.read_bytes() == (tmp_path / "sheet-panels/r2c1.png").read_bytes()
    assert main([*rerun, "--cell", "2,1", "--size", "96", "--overwrite"]) == 0
    with Image.open(again) as picture:
        assert picture.size == (96, 72)
    capsys.readouterr()
    for cell, message in (("3,1", "no painted cell 3,1"), ("0,1", "give ROW,COLUMN")):
        assert main([*rerun, "--cell", cell, "--overwrite"]) == 2
        assert message in capsys.readouterr().err
    assert main(["rerun", str(photo), "-o", str(tmp_path / "no.png"), "--cell", "1,1"]) == 2
    assert "is no record of a sheet" in capsys.readouterr().err


def test_a_cell_painted_again_has_its_photographs_depth(painting, tmp_path):
    deep, out, again = (tmp_path / name for name in ("deep.png", "sheet.png", "again.png"))
    as_picture(np.linspace(0, 1, 48 * 64 * 3, dtype=np.float32).reshape(48, 64, 3)).save(
        deep, depth=16
    )
    assert _sweep(deep, painting, out, "--over", "seed=1") == 0
    rerun = ["rerun", str(out.with_suffix(".json")), "--cell", "1,1", "-o", str(again)]
    assert main(rerun) == 0
    assert load(again).origin.depth == 16
    assert again.read_bytes() == (tmp_path / "sheet-panels/r1c1.png").read_bytes()


def test_an_interrupted_sheet_goes_on_and_is_the_same(photo, painting, tmp_path, monkeypatch):
    whole, out = tmp_path / "whole.png", tmp_path / "sheet.png"
    assert _sweep(photo, painting, whole) == 0
    paint, painted = work._paint, []

    def stopping(cell, path, observer):
        if len(painted) == 2:
            raise KeyboardInterrupt
        painted.append(cell.name)
        paint(cell, path, observer)

    monkeypatch.setattr(work, "_paint", stopping)
    assert _sweep(photo, painting, out) == 130
    assert not out.exists()
    # What is there can be painted again by the record already.
    there = [cell["column"] for cell in _record(out)["cells"] if cell.get("recipe")]
    assert there == [1, 2]
    monkeypatch.setattr(
        work,
        "_paint",
        lambda cell, path, observer: (painted.append(cell.name), paint(cell, path, observer)),
    )
    assert _sweep(photo, painting, out) == 0
    assert painted == ["r1c1", "r1c2", "r2c1", "r2c2"]
    assert out.read_bytes() == whole.read_bytes()
    # Once more: there is nothing left to paint.
    assert _sweep(photo, painting, out) == 0
    assert len(painted) == 4


def test_a_cell_that_was_stopped_half_way_is_painted_to_its_end(
    photo, painting, tmp_path, monkeypatch, capsys
):
    whole, out = tmp_path / "whole.png", tmp_path / "sheet.png"
    words = ["--over", "seed=1,2", "--iterations", "5"]
    assert _sweep(photo, painting, whole, *words) == 0
    step, calls = LBFGS.step, []

    def stopping(*values: object) -> object:
        calls.append(values)
        if len(calls) == 3:
            raise Stopped(signal.SIGINT)
        return step(*values)

    with monkeypatch.context() as patch:
        patch.setattr(LBFGS, "step", stopping)
        assert _sweep(photo, painting, out, *words) == 130
    assert "the same command goes on with this picture" in capsys.readouterr().err
    panel = tmp_path / "sheet-panels/r1c1.png"
    assert [path.name for path in panel.parent.iterdir()] == [panel.name]
    assert '"interrupted": true' in (read_recipe_text(panel) or "")
    assert _sweep(photo, painting, out, *words) == 0
    assert out.read_bytes() == whole.read_bytes()
    assert panel.read_bytes() == (tmp_path / "whole-panels/r1c1.png").read_bytes()


def test_nothing_of_others_is_replaced(photo, painting, tmp_path, capsys):
    out, folder = tmp_path / "sheet.png", tmp_path / "sheet-panels"
    out.write_text("mine")
    assert _sweep(photo, painting, out) == 2
    assert "is no part of this sheet" in capsys.readouterr().err
    assert out.read_text() == "mine"
    out.unlink()
    folder.mkdir()
    Image.new("RGB", (64, 48)).save(folder / "r1c1.png")
    before = (folder / "r1c1.png").read_bytes()
    assert _sweep(photo, painting, out) == 2
    assert "r1c1.png is another picture" in capsys.readouterr().err
    assert (folder / "r1c1.png").read_bytes() == before
    assert _sweep(photo, painting, out, *OVER, "--overwrite") == 0
    # Other values under the same name are another sheet.
    assert _sweep(photo, painting, out, "--over", "style-weight=1,2") == 2


def test_another_sheet_is_not_replaced_though_no_cell_of_it_is_there(
    photo, painting, tmp_path, capsys
):
    out, other = tmp_path / "sheet.png", tmp_path / "sheet.jpg"
    assert _sweep(photo, painting, out, "--over", "seed=1,2") == 0
    (tmp_path / "sheet-panels").rename(tmp_path / "moved")
    before = out.read_bytes()
    for values in ("seed=1,3", "strength=1,2"):
        assert _sweep(photo, painting, out, "--over", values) == 2
        assert "sheet.png exists and is no part of this sheet" in capsys.readouterr().err
    assert out.read_bytes() == before
    # Nor is what has the sheet's name and another ending.
    other.write_text("mine")
    assert _sweep(photo, painting, other, "--over", "seed=1,2") == 2
    assert "sheet.jpg exists and is no part of this sheet" in capsys.readouterr().err
    assert other.read_text() == "mine"


def test_an_input_among_the_cells_is_never_replaced(photo, painting, tmp_path, capsys):
    start = tmp_path / "sheet-panels" / "r1c2.png"
    start.parent.mkdir()
    start.write_bytes(painting.read_bytes())
    words = ["--over", f"init=content,{start}", "--overwrite"]
    assert _sweep(photo, painting, tmp_path / "sheet.png", *words) == 2
    assert "r1c2.png is also an input" in capsys.readouterr().err
    assert start.read_bytes() == painting.read_bytes()


def test_a_place_where_a_cell_cannot_be_is_said_before_the_first(photo, painting, tmp_path, capsys):
    out, folder = tmp_path / "sheet.png", tmp_path / "sheet-panels"
    (folder / "r1c2.png").mkdir(parents=True)
    assert _sweep(photo, painting, out, "--over", "seed=1,2", "--overwrite") == 2
    assert "r1c2.png is a folder" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["r1c2.png"]


def test_a_folder_for_the_cells_that_cannot_be_written_is_said_before_the_first(
    photo, painting, tmp_path, capsys, monkeypatch
):
    make, out = files.check_folder, tmp_path / "sheet.png"

    def refusing(folder: Path, name: str = "") -> None:
        if folder.name == "sheet-panels":
            raise OutputError(f"cannot write to {folder}: Permission denied")
        make(folder, name)

    monkeypatch.setattr(files, "check_folder", refusing)
    assert _sweep(photo, painting, out, "--over", "seed=1,2") == 5
    assert capsys.readouterr().err.count("\n") == 1
    assert not list((tmp_path / "sheet-panels").iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--over", "style-weight=10,-1"], "style weight cannot be -1"),
        (["--over", "style-wieght=10"], "did you mean 'style_weight'"),
        (["--over", "style-weight"], "give OPTION=VALUE"),
        (["--over", "style-weight="], "swept over no values"),
        (["--over", "seed=1,2", "--over", "seed=3"], "given twice"),
        (["--over", "seed=1", "--over", "strength=3", "--over", "detail=1"], "one or two options"),
        (["--over", "size=64,128"], "size is given twice"),
        (["--over", "preset=quick,slow"], "there is no preset 'slow'"),
        (["--over", "style-layers=relu1_1,relu9_1"], "unknown layer 'relu9_1'"),
        (["--over", "style-loss=gram,histogramm"], "did you mean 'histogram'"),
        (["--over", "init=content,nosie"], "did you mean 'noise'"),
        (["--over", f"seed={','.join(map(str, range(401)))}"], "401 cells is too large"),
    ],
)
def test_a_wrong_value_is_refused_before_the_first_cell(
    words, message, photo, painting, tmp_path, capsys
):
    out = tmp_path / "sheet.png"
    assert _sweep(photo, painting, out, *words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["painting.png", "photo.png"]


def test_a_sweep_in_python_is_the_same_pictures(photo, painting):
    options = {"size": 64, "levels": 1, "iterations": 2, "threads": 1}
    found = impasto.sweep(photo, painting, {"style_weight": [10, 1000], "seed": [0, 1]}, **options)
    assert [panel.values for panel in found][1] == {"style_weight": 10, "seed": 1}
    alone = impasto.stylize(photo, painting, style_weight=1000, seed=1, **options)
    assert np.array_equal(found.panels[3].picture.array, alone.array)
    assert set(found.panels[0].losses) == {"content", "style"}
    assert found.sheet(thumbnail=40).size < found.sheet().size
    with pytest.raises(UsageError, match="give a list"):
        impasto.sweep(photo, painting, {"seed": "12"})


def test_one_option_is_wrapped_and_presets_can_be_swept(photo, painting, tmp_path):
    out = tmp_path / "sheet.jpg"
    words = ["--over", "seed=0,1,2,3,4", "--thumbnail", "32"]
    assert _sweep(photo, painting, out, *words) == 0
    assert [len(_record(out)[name]) for name in ("rows", "columns")] == [2, 3]
    presets = tmp_path / "presets.png"
    assert _sweep(photo, painting, presets, "--over", "preset=quick,paper") == 0
    losses = [cell["recipe"]["settings"]["style_loss"] for cell in _record(presets)["cells"]]
    assert losses == ["covariance", "gram"]


def test_progress_as_json_lines_and_quiet(photo, painting, tmp_path, capfd):
    out = tmp_path / "sheet.png"
    assert _sweep(photo, painting, out, "--over", "seed=0,1", "--json-progress") == 0
    stdout, stderr = capfd.readouterr()
    events = [json.loads(line) for line in stdout.splitlines()]
    assert [(event["event"], event.get("column")) for event in events] == [
        ("cell", 1),
        ("cell", 2),
        ("drawn", None),
    ]
    assert events[-1]["output"] == str(out)
    assert "{" not in stderr
    assert _sweep(photo, painting, out, "--over", "seed=0,1", "--quiet") == 0
    assert capfd.readouterr() == ("", "")


def test_a_bar_shows_which_cell_is_painted(photo, painting, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert _sweep(photo, painting, tmp_path / "sheet.png", "--over", "seed=0,1") == 0
    assert "2/2 seed 1" in terminal.getvalue()
    assert "drew" in terminal.getvalue()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"impasto sheet": 2}', '{"impasto sheet": 1, "cells": 3}', "[" * 9999]
)
def test_a_damaged_record_is_refused_in_one_line(text, tmp_path, capsys):
    path = tmp_path / "sheet.json"
    path.write_text(text)
    assert main(["rerun", str(path), "--cell", "1,1", "-o", str(tmp_path / "out.png")]) == 2
    said = capsys.readouterr().err
    assert "is no record of a sheet" in said
    assert said.count("\n") == 1


def test_what_is_the_same_on_two_sheets_is_painted_once(photo, painting, tmp_path, monkeypatch):
    painted = []
    paint = work._paint
    monkeypatch.setattr(
        work, "_paint", lambda *given: (painted.append(given[0].name), paint(*given))
    )
    known: work.Known = {}
    for name, over in (("one", "seed=0,1"), ("two", "seed=1,2")):
        axes = [read_axis(over)]
        options = {"size": 64, "levels": 1, "iterations": 2, "threads": 1}
        cells = variants(axes, options)
        make = partial(impasto.prepare, photo, painting)
        sheet = sweep_sheet(axes, cells, make)
        files = work.SheetFiles(tmp_path / f"{name}.png")
        work.paint_sheet(work.check_sheet(sheet, files), Silent(), known=known)
    assert painted == ["r1c1", "r1c2", "r1c2"]
    copied, first = tmp_path / "two-panels/r1c1.png", tmp_path / "one-panels/r1c2.png"
    assert copied.read_bytes() == first.read_bytes()
