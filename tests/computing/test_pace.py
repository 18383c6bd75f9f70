"""Giving way: threads that other programs need are given up, said, and taken back."""

from __future__ import annotations

import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from conftest import paint_tiny, random_pixels

from impasto import Resources, Settings
from impasto.computing import pace
from impasto.computing.pace import Pace, _Spent
from impasto.engine.prepare import prepare
from impasto.engine.recipe import Recipe, differences
from impasto.network.pausing import pause
from impasto.testing import TINY, TinyEncoder

PHOTO, STYLE = random_pixels(64, 48, 1), random_pixels(48, 64, 2)
CPU = Resources(device="cpu")


class _Machine:
    """A machine of eight processors where others take `taken` of them."""

    def __init__(self) -> None:
        self.taken = 0.0
        self.clock = self.own = self.busy = 0.0

    def now(self) -> _Spent:
        return _Spent(self.clock, self.busy, self.own)

    def computes(self, threads: int, seconds: float) -> None:
        self.clock += seconds
        self.own += threads * seconds
        self.busy += (threads + self.taken) * seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> _Machine:
    made = _Machine()
    monkeypatch.setattr(pace, "_now", made.now)
    monkeypatch.setattr(pace.time, "monotonic", lambda: made.clock)
    monkeypatch.setattr(pace, "allowed_processors", lambda: set(range(8)))
    return made


def _pace(threads: int, may_yield: bool = True) -> Pace:
    run = prepare(PHOTO, STYLE, Settings(size=64, **TINY), Resources(threads=threads, device="cpu"))
    return Pace(replace(run.plan, kernel="tensor"), may_yield)


def _evaluate(kept: Pace, machine: _Machine, seconds: float = 1.0) -> int:
    with kept.computing():
        threads = torch.get_num_threads()
        machine.computes(threads, seconds)
    return threads


def test_threads_that_others_need_are_given_up_and_said_once(
    machine: _Machine, caplog: pytest.LogCaptureFixture
):
    kept = _pace(8)
    logging.getLogger("impasto").propagate = True
    with caplog.at_level(logging.INFO, "impasto"):
        assert _evaluate(kept, machine) == 8
        machine.taken = 0.9
        assert [_evaluate(kept, machine) for _ in range(4)] == [8, 8, 7, 7]
        machine.taken = 2.9
        assert [_evaluate(kept, machine) for _ in range(4)] == [7, 7, 5, 5]
    assert kept.fewest == 5
    assert caplog.text.count("another program computes: going on with 7 of 8 threads") == 1
    assert caplog.text.count("another program") == 1


def test_one_thread_is_always_left(machine: _Machine):
    kept = _pace(8)
    machine.taken = 20.0
    assert [_evaluate(kept, machine) for _ in range(3)] == [8, 8, 1]


def test_a_moments_work_of_others_is_no_reason(machine: _Machine):
    kept = _pace(8)
    for taken in (3.0, 0.0, 3.0, 0.0):
        machine.taken = taken
        assert _evaluate(kept, machine) == 8
    assert kept.fewest == 8


def test_threads_come_back_after_a_while_only(machine: _Machine):
    kept = _pace(8)
    machine.taken = 1.0
    _evaluate(kept, machine)
    _evaluate(kept, machine)
    machine.taken = 0.0
    assert [_evaluate(kept, machine) for _ in range(7)] == [7, 7, 7, 7, 7, 7, 8]
    assert kept.fewest == 7


def test_short_evaluations_are_looked_at_together(machine: _Machine):
    kept = _pace(8)
    machine.taken = 1.0
    assert [_evaluate(kept, machine, 0.1) for _ in range(6)] == [8, 8, 8, 8, 7, 7]


def test_free_processors_are_no_reason_to_give_up_any(machine: _Machine):
    kept = _pace(4)
    machine.taken = 4.0
    assert [_evaluate(kept, machine) for _ in range(3)] == [4, 4, 4]


def test_threads_that_were_asked_for_are_kept(machine: _Machine):
    kept = _pace(8, may_yield=False)
    machine.taken = 8.0
    assert [_evaluate(kept, machine) for _ in range(3)] == [8, 8, 8]


def test_only_a_number_that_was_chosen_may_change(monkeypatch: pytest.MonkeyPatch):
    settings = Settings(size=64, **TINY)
    free = prepare(PHOTO, STYLE, settings, CPU)
    assert free.may_yield
    assert not prepare(PHOTO, STYLE, settings, Resources(threads=2)).may_yield
    assert not prepare(PHOTO, STYLE, settings, plan=free.plan).may_yield


class _Computing(TinyEncoder):
    """Takes a second of a machine for every look at a picture."""

    def __init__(self, machine: _Machine) -> None:
        super().__init__()
        self._machine = machine

    def walk(self, image, names):
        self._machine.computes(torch.get_num_threads(), 1.0)
        return super().walk(image, names)


def test_the_recipe_says_what_was_used(machine: _Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("impasto.planning.machine.available_threads", lambda: 8)
    run = prepare(PHOTO, STYLE, Settings(size=64, levels=1, iterations=5, tolerance=0, **TINY), CPU)
    run = replace(run, plan=replace(run.plan, kernel="tensor"))
    steps = paint_tiny(run, _Computing(machine))
    first = next(steps)
    assert first.recipe.threads == first.plan.threads == 8
    assert not any("threads" in reason for reason in differences(first.recipe))
    machine.taken = 2.9
    for _ in range(3):
        last = next(steps)
    recipe = Recipe.from_json(last.recipe.as_json(), "this")
    assert (recipe.threads, recipe.plan.threads) == (5, 8)
    assert any("threads were given up to other programs" in why for why in differences(recipe))
    state = last.checkpoint().state
    assert (state.threads, state.may_yield) == (5, True)


def test_threads_are_given_up_in_the_middle_of_an_evaluation(machine: _Machine):
    kept = _pace(8)
    machine.taken = 1.0
    with kept.computing():
        for _ in range(5):
            machine.computes(torch.get_num_threads(), 0.15)
            pause()
        assert torch.get_num_threads() == 7
    assert kept.threads == 7


def test_a_run_that_gave_way_may_do_so_again_when_it_is_resumed(machine: _Machine):
    kept = _pace(8, may_yield=False)
    kept.resume(5, may_yield=True)
    machine.taken = 2.9
    assert [_evaluate(kept, machine) for _ in range(3)] == [8, 8, 5]
    assert kept.fewest == 5


def test_where_nobody_says_who_computes_threads_are_kept(monkeypatch: pytest.MonkeyPatch):
    def hidden() -> _Spent:
        raise PermissionError(13, "Permission denied", "/proc/stat")

    monkeypatch.setattr(pace, "_now", hidden)
    kept = _pace(8)
    for _ in range(2):
        with kept.computing():
            assert torch.get_num_threads() == 8
    assert not kept.may_yield


def test_processors_that_are_off_do_not_hide_the_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pace, "allowed_processors", lambda: {0, 7})
    times = [SimpleNamespace(user=1.0, system=0.5)] * 4
    monkeypatch.setattr(pace.psutil, "cpu_times", lambda percpu: times)
    assert pace._now().all_processors == 6.0


def test_the_real_machine_is_looked_at():
    before = pace._now()
    sum(range(3_000_000))
    spent = pace._now().since(before)
    assert spent.seconds > 0
    assert spent.own > 0
    assert spent.all_processors >= 0
