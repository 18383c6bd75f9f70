"""The simulation of docs/scale.md: its table, and what the page says of it."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCALE = runpy.run_path(str(ROOT / "benchmarks/scale.py"), run_name="scale")
MACHINE, evaluation = SCALE["Machine"](), SCALE["evaluation"]


def _times(megapixels: float, processes: int) -> float:
    one, several = (evaluation(megapixels, count, MACHINE) for count in (1, processes))
    return one.seconds / several.seconds


def test_the_page_shows_what_the_simulation_says(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["scale.py"])
    SCALE["main"]()
    assert capsys.readouterr().out in (ROOT / "docs/scale.md").read_text("utf-8")


def test_sums_are_as_large_as_the_page_says():
    assert SCALE["sum_bytes"](SCALE["Settings"]()) == pytest.approx(2.4e6, rel=0.05)


def test_more_processes_are_faster_and_take_less_memory_each_up_to_a_limit():
    assert 6 < _times(100, 8) < 8
    assert 8 < _times(100, 64) < 32
    memory = [evaluation(100, count, MACHINE).memory for count in (1, 8, 64)]
    assert memory[0] > memory[1] > memory[2] > 100e6 * 84


def test_the_largest_pictures_are_where_the_page_says():
    for megapixels, processes in ((450, 1), (950, 64)):
        found = evaluation(megapixels, processes, MACHINE)
        assert 0.9 * MACHINE.memory < found.memory <= MACHINE.memory


def test_without_gradient_and_picture_on_the_links_it_would_go_on():
    one, many = (evaluation(100, count, MACHINE) for count in (1, 64))
    without = many.seconds - many.gradient - many.gathering
    assert one.seconds / without > 55
