"""The curve of a run's losses: drawn beside the result, whatever ends the run."""

import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from impasto.cli import main
from impasto.jobs.curve import LossCurve
from impasto.jobs.meter import Meter
from impasto.jobs.places import Place
from impasto.jobs.stopping import Stopped
from impasto.reading.load import load

pytestmark = pytest.mark.usefixtures("kept_network")

SMALL = ["--size", "64", "--iterations", "3", "--threads", "1", "--quiet"]
TWO_LEVELS = [*SMALL, "--size", "96", "--levels", "2"]
TERMS = ["content relu4_2", *(f"style relu{number}_1" for number in range(1, 6)), "smoothness"]


def _run(*words: object) -> int:
    return main([str(word) for word in words])


def _labels(path: Path) -> list[str]:
    """Return the texts of an .svg, which it has beside the letters' outlines."""
    lines = path.read_text("utf-8").splitlines()
    return [line.strip()[5:-4] for line in lines if line.strip().startswith("<!-- ")]


def _when_evaluated(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], at: int) -> None:
    """Do something in the middle of a run."""
    from impasto.optimizers.lbfgs import LBFGS

    step, calls = LBFGS.step, []

    def acting(*values: object) -> object:
        calls.append(values)
        if len(calls) == at:
            act()
        return step(*values)

    monkeypatch.setattr(LBFGS, "step", acting)


def _stop() -> None:
    raise Stopped(signal.SIGINT)


@pytest.mark.parametrize(
    ("words", "sizes"), [(SMALL, ["64 x 48 px"]), (TWO_LEVELS, ["48 x 36 px", "96 x 72 px"])]
)
def test_a_run_draws_its_losses_and_a_rerun_the_same_bytes(
    photo: Path, painting: Path, tmp_path: Path, words: list[str], sizes: list[str]
):
    out, again, one, two = (tmp_path / name for name in ("o.png", "a.png", "one.svg", "two.svg"))
    assert _run("paint", photo, painting, "-o", out, *words, "--plot", one) == 0
    assert _run("rerun", out, "-o", again, "--quiet", "--plot", two) == 0
    assert one.read_bytes() == two.read_bytes()
    assert out.read_bytes() == again.read_bytes()
    assert [label for label in _labels(one) if label.endswith(" px")] == sizes
    assert {"sum", *TERMS} <= set(_labels(one))


def test_a_plot_of_pixels_has_its_size(photo: Path, painting: Path, tmp_path: Path):
    plot = tmp_path / "p.PNG"
    assert _run("paint", photo, painting, "-o", tmp_path / "o.png", *SMALL, "--plot", plot) == 0
    with Image.open(plot) as image:
        assert image.size == (880, 480)


def test_a_texture_draws_its_losses(painting: Path, tmp_path: Path):
    words = ["--size", "64x32", "--iterations", "2", "--quiet", "--plot", tmp_path / "p.svg"]
    assert _run("texture", painting, "-o", tmp_path / "out.png", *words) == 0
    assert {"style relu1_1", "64 x 32 px"} <= set(_labels(tmp_path / "p.svg"))
    assert "content relu4_2" not in _labels(tmp_path / "p.svg")


@pytest.mark.parametrize(
    ("plot", "code", "message"),
    [
        ("p.pdf", 2, "cannot write the plot p.pdf; choose from .svg, .png"),
        ("there.svg", 2, "there.svg exists; choose another name or allow it with --overwrite"),
        ("out.png", 2, "two files would be written as"),
        ("missing/p.svg", 5, "does not exist; make it first"),
        ("photo.png", 2, "photo.png"),
    ],
)
def test_a_plot_that_cannot_be_is_refused_before_the_run(
    photo: Path, painting: Path, tmp_path: Path, capsys, plot: str, code: int, message: str
):
    (tmp_path / "there.svg").write_text("mine")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    words = ["-o", tmp_path / "out.png", *SMALL, "--plot", tmp_path / plot]
    assert _run("paint", photo, painting, *words) == code
    assert message in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_plot_without_its_extra_is_refused_before_the_run(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    out = tmp_path / "out.png"
    assert _run("paint", photo, painting, "-o", out, *SMALL, "--plot", tmp_path / "p.svg") == 2
    assert "drawing needs its extra: pip install 'impasto[figures]'" in capsys.readouterr().err
    assert not out.exists()


def test_a_run_that_is_stopped_draws_what_there_is_and_the_rest_elsewhere(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch
):
    plot, kept = tmp_path / "p.svg", tmp_path / "kept"
    words = ["-o", tmp_path / "out.png", *TWO_LEVELS, "--plot", plot]
    words += ["--checkpoint", kept, "--checkpoint-every", "0"]
    with monkeypatch.context() as patch:
        _when_evaluated(patch, _stop, at=4)
        assert _run("paint", photo, painting, *words) == 130
    assert "48 x 36 px" in _labels(plot)
    assert "96 x 72 px" not in _labels(plot)
    first = plot.read_bytes()
    assert _run("resume", kept, "--quiet", "--overwrite") == 0
    assert plot.read_bytes() == first
    assert {*TERMS, "96 x 72 px"} <= set(_labels(tmp_path / "p-resumed.svg"))


def test_a_plot_that_cannot_be_drawn_is_said_and_stops_nothing(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.setattr("impasto.jobs.curve.save_losses", lambda *_, **__: 1 / 0)
    words = ["-o", tmp_path / "out.png", *SMALL, "--plot", tmp_path / "p.svg"]
    assert _run("paint", photo, painting, *words) == 0
    assert capsys.readouterr().err == "note: no plot: division by zero\n"
    assert load(tmp_path / "out.png").size == (48, 64)


def test_a_plot_of_another_that_appears_meanwhile_is_kept(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    plot = tmp_path / "p.svg"
    _when_evaluated(monkeypatch, lambda: plot.write_text("mine"), at=3)
    assert _run("paint", photo, painting, "-o", tmp_path / "o.png", *SMALL, "--plot", plot) == 0
    assert f"{tmp_path / 'p-2.svg'} is written instead" in capsys.readouterr().err
    assert plot.read_text() == "mine"
    assert "sum" in _labels(tmp_path / "p-2.svg")


def _drawn(monkeypatch: pytest.MonkeyPatch, count: int) -> Mapping[int, Mapping[str, float]]:
    """Return the rows that are drawn of a run of so many evaluations."""
    drawn: list[Mapping[int, Mapping[str, float]]] = []
    monkeypatch.setattr(
        "impasto.jobs.curve.save_losses", lambda losses, *_, **__: drawn.append(losses)
    )
    curve = LossCurve(Place(Path("nowhere.svg")))
    level = SimpleNamespace(height=3, width=4)
    for number in range(1, count + 1):
        losses = {"content a": torch.tensor(float(number))}
        step = SimpleNamespace(losses=losses, evaluations=(number,), level=1, levels=(level,))
        curve.see(step, Meter())  # type: ignore[arg-type]
        assert len(curve._rows) <= LossCurve.ROWS
    curve.end()
    return drawn[0]


@pytest.mark.parametrize("count", [1, 2000, 2001, 2002, 9999, 10_000])
def test_a_long_run_is_drawn_in_some_of_its_evaluations_the_first_and_the_last(
    monkeypatch: pytest.MonkeyPatch, count: int
):
    drawn = _drawn(monkeypatch, count)
    assert next(iter(drawn)) == 1
    assert list(drawn)[-1] == count
    assert min(count, LossCurve.ROWS / 2) <= len(drawn) <= LossCurve.ROWS
    assert list(drawn) == sorted(drawn)
    assert all(row == {"content a": number} for number, row in drawn.items())


def test_a_run_without_an_evaluation_draws_nothing(tmp_path: Path):
    LossCurve(Place(tmp_path / "p.svg")).end()
    assert not list(tmp_path.iterdir())
