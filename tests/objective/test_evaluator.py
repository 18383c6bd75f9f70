"""Evaluations in smaller tiles where memory runs out, and by faster ways where they pay."""

import logging
from importlib import import_module

import pytest
import torch
from conftest import paint_tiny, random_pixels

from impasto import DeviceError, Resources, Settings
from impasto.engine.prepare import prepare
from impasto.objective import evaluator
from impasto.objective.evaluator import Evaluator
from impasto.objective.objective import Objective
from impasto.testing import TINY

PHOTO, STYLE = random_pixels(96, 128, 1), random_pixels(80, 90, 2)


class _Failing(Objective):
    """Runs out of memory where more than one tile's worth of pixels is seen."""

    def __call__(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        if len(self._view.tiles(image)) < 2:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        return super().__call__(image)


def test_where_memory_runs_out_tiles_are_halved_and_the_picture_is_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    settings = Settings(size=128, levels=1, iterations=4, **TINY)
    *_, whole = paint_tiny(prepare(PHOTO, STYLE, settings))
    monkeypatch.setattr(import_module("impasto.objective.objective"), "Objective", _Failing)
    logging.getLogger("impasto").propagate = True
    with caplog.at_level(logging.INFO, "impasto"):
        *_, last = paint_tiny(prepare(PHOTO, STYLE, settings))
    assert "going on in tiles of 64 px" in caplog.text
    assert last.plan.tiles == (64,)
    torch.testing.assert_close(last.image, whole.image, rtol=0, atol=1e-3)


def test_an_explicit_tile_is_never_overridden(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_module("impasto.objective.objective"), "Objective", _Failing)
    settings = Settings(size=128, levels=1, **TINY)
    steps = paint_tiny(prepare(PHOTO, STYLE, settings, Resources(tile=128)))
    with pytest.raises(DeviceError, match="memory ran out at 128 x 96 px in tiles of 128 px"):
        next(steps)


def test_other_errors_are_not_taken_for_memory():
    def broken(tile_px: int | None) -> Objective:
        raise RuntimeError("shapes differ")

    objective = Evaluator(broken, None, (64, 64), may_shrink=True)
    with pytest.raises(RuntimeError, match="shapes differ"):
        objective(torch.zeros(1, 3, 64, 64))


def test_a_faster_way_evaluates_where_it_pays(monkeypatch: pytest.MonkeyPatch):
    tried = []

    def twice(objective: Objective, image: torch.Tensor):
        tried.append(image.shape)
        small = image.shape[-1] < 100
        return (
            (lambda one: {name: 2 * loss for name, loss in objective(one).items()})
            if small
            else None
        )

    monkeypatch.setattr(evaluator, "_WAYS", (twice,))
    settings = Settings(size=128, levels=2, iterations=2, tolerance=0, **TINY)
    fast = [step.losses for step in paint_tiny(prepare(PHOTO, STYLE, settings))]
    monkeypatch.undo()
    usual = [step.losses for step in paint_tiny(prepare(PHOTO, STYLE, settings))]
    assert [shape[-1] for shape in tried] == [64, 128]
    assert fast[0]["content relu2_1"] == 2 * usual[0]["content relu2_1"]
    assert fast[2].keys() == usual[2].keys()
