"""Figures: the same bytes for the same numbers, whatever matplotlib's user has configured."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv, to_rgb
from PIL import Image

from impasto import UsageError
from impasto.drawing import canvas, curves
from impasto.drawing.canvas import page, pixels, save
from impasto.drawing.curves import Line, draw_lines, draw_losses, save_losses
from impasto.files import Taken

LAYERS = [f"relu{number}_1" for number in range(1, 6)]
LEVELS = {1: "64 x 48 px", 21: "128 x 96 px"}


def _losses(regions: tuple[str, ...] = ("",), count: int = 40) -> dict[int, dict[str, float]]:
    names = ["content relu4_2"]
    names += [f"style {layer}{region}" for region in regions for layer in LAYERS]
    names += [f"smoothness{region}" for region in regions]
    return {
        number: {name: (1 + place) / number for place, name in enumerate(names)}
        for number in range(1, count + 1)
    }


def test_a_page_has_exactly_so_many_pixels():
    for width in (1, 57, 58, 115, 333, 1999):
        with page(width, 115) as figure:
            drawn = pixels(figure)
        assert drawn.shape == (115, width, 3)
        assert drawn.dtype == np.uint8
        assert (drawn == 255).all()


@pytest.mark.parametrize("suffix", [".svg", ".PNG"])
def test_the_same_numbers_make_the_same_bytes_whatever_is_configured(
    tmp_path: Path, suffix: str, monkeypatch
):
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    save_losses(_losses(), LEVELS, one)
    changed = {"font.size": 30, "svg.fonttype": "none", "axes.grid": True, "savefig.dpi": 30}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    with matplotlib.rc_context(changed):
        save_losses(_losses(), LEVELS, two)
        assert matplotlib.rcParams["font.size"] == 30
    assert one.read_bytes() == two.read_bytes()


def test_a_figure_names_every_term_and_level(tmp_path: Path):
    save_losses(_losses(), LEVELS, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text("utf-8")
    root = ElementTree.fromstring(text)
    assert root.attrib["viewBox"] == "0 0 633.6 345.6"  # 880 x 480 px in points
    for name in ("sum", *_losses()[1], *LEVELS.values(), "evaluations", "weighted loss"):
        assert f"<!-- {name} -->" in text  # beside the letters' outlines
    save_losses(_losses(), LEVELS, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (880, 480)


def test_kinds_of_terms_have_hues_and_layers_their_depth():
    with page(800, 400) as figure:
        draw_losses(figure, _losses(), LEVELS)
        total, content, *styles, smoothness = [
            to_rgb(line.get_color()) for line in figure.axes[0].lines if len(line.get_xdata()) > 2
        ]
    assert total == (0, 0, 0)
    hues = [rgb_to_hsv(colour)[0] for colour in (content, *styles, smoothness)]
    assert hues[0] == pytest.approx(0.57, abs=0.05)
    assert all((hue + 0.1) % 1 < 0.25 for hue in hues[1:-1])
    assert hues[-1] == pytest.approx(0.39, abs=0.05)
    depths = [sum(colour) for colour in styles]
    assert all(deeper < before - 0.1 for before, deeper in pairwise(depths))


def test_regions_have_dashes_and_names_beyond_a_column_a_wider_page(tmp_path: Path):
    losses = _losses((" #000000", " #ff0000", " #ffffff"))
    with page(800, 400) as figure:
        draw_losses(figure, losses, LEVELS)
        lines = dict(zip(["sum", *losses[1]], figure.axes[0].lines, strict=False))
    looks = {name: (line.get_color(), line.get_linestyle()) for name, line in lines.items()}
    assert len(set(looks.values())) == len(looks)
    save_losses(
        _losses((" #000000", " #ff0000", " #ffffff", " #00ff00")), LEVELS, tmp_path / "a.png"
    )
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1030, 480)


def test_labels_of_short_levels_do_not_overlap():
    levels = {1: "64 x 48 px", 80: "128 x 96 px", 83: "256 x 192 px", 84: "512 x 384 px"}
    with page(800, 400) as figure:
        draw_losses(figure, _losses(count=85), levels)
        pixels(figure)
        axes = figure.axes[0]
        boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    for box in boxes:
        assert axes.bbox.x0 - 1 < box.x0
        assert box.x1 < axes.bbox.x1 + 1
        assert axes.bbox.y1 < box.y0
        assert box.y1 < 400
        assert sum(box.overlaps(other) for other in boxes) == 1  # itself


def test_a_curve_of_one_evaluation_or_without_positive_numbers_is_drawn(tmp_path: Path):
    save_losses(_losses(count=1), {1: "64 x 48 px"}, tmp_path / "one.png")
    nothing = {1: {"content a": 0.0, "style b": float("nan")}, 2: {"content a": -1.0}}
    save_losses(nothing, {1: "64 x 48 px"}, tmp_path / "nothing.png")
    assert {path.name for path in tmp_path.iterdir()} == {"one.png", "nothing.png"}


def test_any_letters_are_drawn_as_they_are_and_warned_of_by_nobody(tmp_path: Path):
    odd = r"style $\foo{$ 星 _^\ <!-- -->"
    save_losses({1: {odd: 1.0}, 2: {odd: 0.5}}, {1: "$$ 1 $"}, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text("utf-8")
    ElementTree.fromstring(text)
    assert r"style $\foo{$ 星 _^\ " in text
    with page(300, 200) as figure:
        figure.text(0.1, 0.5, "星")
        assert pixels(figure).min() < 100


@pytest.mark.parametrize("logarithmic", ["", "x", "y", "xy"])
def test_any_series_can_be_drawn(logarithmic: str):
    lines = [Line("one", [1, 10, 100], [1, 2, 3]), Line("two", [1, 100], [3, 0.1], "red", "--")]
    with page(400, 300) as figure:
        axes = draw_lines(
            figure, lines, x_label="seconds", y_label="px", title="Two", logarithmic=logarithmic
        )
        assert axes.get_xscale() == ("log" if "x" in logarithmic else "linear")
        assert axes.get_yscale() == ("log" if "y" in logarithmic else "linear")
        assert [text.get_text() for text in figure.legends[0].texts] == ["one", "two"]
        assert pixels(figure).shape == (300, 400, 3)


def test_a_fresh_file_replaces_none(tmp_path: Path):
    path = tmp_path / "a.svg"
    path.write_text("mine")
    with page(50, 50) as figure, pytest.raises(Taken):
        save(figure, path, fresh=True)
    assert path.read_text() == "mine"


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'impasto\[figures\]'"):
        canvas.check_installed()


def test_matplotlib_is_loaded_to_draw_without_its_windows(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from impasto.drawing.curves import save_losses\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"save_losses({{1: {{'a': 1.0}}}}, {{1: 'b'}}, Path({str(tmp_path / 'a.png')!r}))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert (tmp_path / "a.png").exists()


def test_a_backend_that_cannot_be_is_said():
    code = "from impasto.drawing.canvas import check_installed; check_installed()"
    words, environment = [sys.executable, "-c", code], {**os.environ, "MPLBACKEND": "paper"}
    found = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert "UsageError: matplotlib, which draws, does not start: " in found.stderr


def test_dashes_come_round_where_regions_are_many():
    terms = [f"style relu1_1 #{number}" for number in range(30)]
    assert len(curves._looks(terms)) == 30
