"""The paper's figures, each painted very small: what it claims, as far as that holds there."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.cli import main
from impasto.settings.figures import FIGURES
from impasto.sheets import figures

pytestmark = pytest.mark.usefixtures("kept_network")

SMALL = ["--size", "64", "--iterations", "30", "--threads", "1", "--quiet"]


def _painted(figure: str, folder: Path, *words: str) -> list[dict]:
    """Paint a figure of the example pictures; return the painted cells of its record."""
    assert main(["paper", figure, "-o", str(folder), *SMALL, *words]) == 0
    with Image.open(folder / f"{figure}.png") as sheet:
        sheet.load()
    record = json.loads((folder / f"{figure}.json").read_text())
    cells = [cell for cell in record["cells"] if cell["file"]]
    for cell in cells:
        assert (folder / cell["file"]).is_file()
    return cells


def _told(cells: list[dict], figure: str) -> list[float]:
    return [cell["figures"][figure] for cell in cells]


def test_every_figure_has_a_name_on_the_command_line():
    assert tuple(figures.FIGURES) == FIGURES


def test_help_lists_the_figures_one_a_line(capsys):
    assert main(["paper", "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in FIGURES:
        assert any(line.startswith(f"  {name}  ") for line in lines)
    assert not any("\\b" in line for line in lines)


def test_deeper_content_loses_pixels_and_keeps_what_is_deep(tmp_path: Path):
    cells = _painted("content-layers", tmp_path, "--iterations", "22")
    assert len(cells) == 10
    for row in (cells[:5], cells[5:]):
        assert _told(row, "psnr_db") == sorted(_told(row, "psnr_db"), reverse=True)
        assert row[0]["figures"]["psnr_db"] > row[4]["figures"]["psnr_db"] + 15
        assert max(_told(row, "relu5_2")) < 0.3
        assert min(_told(row, "layout")) > 0.1
    assert {cell["recipe"]["settings"]["network"] for cell in cells} == {"original"}


def test_style_is_met_and_nothing_holds_the_layout(tmp_path: Path):
    cells = _painted("style-layers", tmp_path, "--iterations", "22")
    counts = [len(cell["recipe"]["settings"]["style_layers"]) for cell in cells]
    assert counts == [1, 2, 3, 4, 5] * 2
    networks = [cell["recipe"]["settings"]["network"] for cell in cells]
    assert networks == ["original"] * 5 + ["normalised"] * 5
    assert max(_told(cells, "gram_error")) < 0.2
    assert max(map(abs, _told(cells, "layout"))) < 0.6


def test_one_photograph_in_each_style(tmp_path: Path):
    cells = _painted("transfer", tmp_path, "--iterations", "4")
    names = [cell["recipe"]["ingredients"]["styles"][0]["picture"]["name"] for cell in cells]
    assert names == ["swirl.jpg", "woodblock.jpg", "ink.jpg"]
    assert {cell["recipe"]["settings"]["style_weight"] for cell in cells} == {1000}


def test_a_panel_of_the_examples_is_painted_again_from_anywhere(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _painted("content-layer", tmp_path, "--iterations", "1")
    words = ["rerun", "content-layer.json", "--cell", "2,1", "-o", "again.png", "--quiet"]
    assert main(words) == 0
    panel = tmp_path / "content-layer-panels/relu2_2.png"
    assert (tmp_path / "again.png").read_bytes() == panel.read_bytes()


def test_the_frame_that_is_asked_for_is_the_photographs(
    photo: Path, painting: Path, tmp_path: Path
):
    film, frames = tmp_path / "film.gif", [Image.open(path) for path in (photo, painting)]
    frames[0].save(film, save_all=True, append_images=[frames[1].resize((64, 48))])
    words = ["--content", str(film), "--style", str(painting), "--frame", "1"]
    cells = _painted("content-layer", tmp_path, "--iterations", "1", *words)
    parts = cells[0]["recipe"]["ingredients"]
    assert (parts["content"]["frame"], parts["styles"][0]["picture"]["frame"]) == (1, 0)


def test_other_styles_make_another_sheet_and_long_names_are_cut(
    photo: Path, painting: Path, tmp_path: Path, capsys
):
    long = tmp_path / f"{'é' * 124}.png"
    long.write_bytes(photo.read_bytes())
    words = ["paper", "transfer", "-o", str(tmp_path), *SMALL, "--iterations", "1"]
    assert main([*words, "--content", str(photo), "--style", str(long)]) == 0
    before = (tmp_path / "transfer.png").read_bytes()
    assert main([*words, "--content", str(photo), "--style", str(painting)]) == 2
    assert "transfer.png exists and is no part of this sheet" in capsys.readouterr().err
    assert (tmp_path / "transfer.png").read_bytes() == before
    record = json.loads((tmp_path / "transfer.json").read_text())
    assert (tmp_path / record["cells"][-1]["file"]).is_file()


def test_the_ratio_moves_from_style_to_content(tmp_path: Path):
    cells = _painted("grid", tmp_path, "--size", "48", "--iterations", "18")
    rows = [cells[start : start + 4] for start in range(0, 20, 4)]
    assert [len(row[0]["recipe"]["settings"]["style_layers"]) for row in rows] == [1, 2, 3, 4, 5]
    for row in rows:
        weights = [cell["recipe"]["settings"]["style_weight"] for cell in row]
        assert weights == pytest.approx([1e5, 1e4, 1e3, 1e2])
    least, most = (sum(row[place]["figures"]["content"] for row in rows) for place in (0, 3))
    assert most < 0.95 * least


def test_content_is_traded_for_style(tmp_path: Path):
    cells = _painted("trade-off", tmp_path, "--size", "48", "--iterations", "50")
    content, style = _told(cells, "content"), _told(cells, "style")
    assert content[3] < 0.75 * content[0]
    assert style[3] > 1.1 * style[0]
    assert (tmp_path / "trade-off-curve.png").is_file()


def test_the_printed_sums_keep_the_photograph_at_the_same_ratios(tmp_path: Path):
    short = ["--iterations", "20"]
    sums = _painted("trade-off", tmp_path / "sums", *short, "--objective", "literal")
    means = _painted("trade-off", tmp_path / "means", *short)
    for one, other in zip(sums[1:], means[1:], strict=True):
        # A quarter of the mean, as printed.
        assert 4 * one["figures"]["style"] > 5 * other["figures"]["style"]


def test_a_shallow_content_layer_stays_nearer_the_photograph(tmp_path: Path):
    shallow, deep = _painted("content-layer", tmp_path)
    assert shallow["figures"]["psnr_db"] > deep["figures"]["psnr_db"]


def test_every_start_ends_in_another_picture(tmp_path: Path):
    cells = _painted("init", tmp_path, "--iterations", "8")
    pictures = [np.asarray(Image.open(tmp_path / cell["file"]), np.float32) for cell in cells]
    for number, one in enumerate(pictures):
        for other in pictures[:number]:
            assert np.abs(one - other).mean() > 10
    layouts = _told(cells, "layout")
    assert layouts[0] > max(layouts[1:]) + 0.2


def test_a_photograph_without_the_papers_noise(tmp_path: Path):
    before, after = _painted("photo", tmp_path, "--iterations", "8")
    assert after["figures"]["noise"] < before["figures"]["noise"]
    assert before["recipe"]["settings"]["init"] == "content"
