"""When a CPU takes bfloat16: by what it has and what a trial says, never by a guess."""

from __future__ import annotations

import pytest
import torch

from impasto import Resources
from impasto.planning import bfloat16, machine
from impasto.planning.bfloat16 import advantage, bfloat16_pays, has_instructions

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def fresh():
    bfloat16_pays.cache_clear()
    yield
    bfloat16_pays.cache_clear()


@pytest.mark.parametrize(("found", "precision"), [(3.3, "bfloat16"), (1.4, "float32")])
def test_the_trial_decides(found, precision, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bfloat16, "has_instructions", lambda: True)
    monkeypatch.setattr(bfloat16, "advantage", lambda *_: found)
    assert machine.pick_precision(Resources(device="cpu"), CPU) == precision
    asked = Resources(device="cpu", precision="float32")
    assert machine.pick_precision(asked, CPU) == "float32"


def test_a_processor_without_is_not_even_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bfloat16, "has_instructions", lambda: False)
    monkeypatch.setattr(bfloat16, "advantage", pytest.fail)
    assert machine.pick_precision(Resources(device="cpu"), CPU) == "float32"


def test_the_instructions_are_looked_up(monkeypatch: pytest.MonkeyPatch):
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_arm_bf16_supported", lambda: False, raising=False)
    assert not has_instructions()
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    assert has_instructions()
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported", "_is_arm_bf16_supported"):
        monkeypatch.delattr(torch.cpu, name)  # another torch
    assert not has_instructions()


@pytest.mark.skipif(not has_instructions(), reason="this processor has none for bfloat16")
def test_the_trial_is_of_real_layers():
    assert 0 < advantage(128, 64) < 100
