"""Networks that stay in memory from run to run, and what is kept of them while nothing runs."""

from __future__ import annotations

import gc
from dataclasses import replace
from weakref import ref

import pytest
import torch
from conftest import random_pixels

from impasto import prepare
from impasto.engine.networks import Network, Networks, _key
from impasto.memory.free import give_back, held_bytes
from impasto.network import weights

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run():
    pixels = random_pixels(64, 64, 1)
    return prepare(pixels, [pixels], size=64, faces="style", device="cpu", precision="float32")


def _found(networks: Networks, run) -> Network:
    return networks.find(run.settings, run.plan, None)


def test_a_network_that_rests_is_filters_and_nothing_else(run):
    before, networks = _held(), Networks()
    gone = ref(_found(networks, run))
    computing = _held() - before
    networks.rest()
    assert gone() is None
    filters = sum(kernels.nbytes for kernels, _ in networks._resting.popitem()[1].filters.values())
    assert 40e6 < filters < 60e6
    # The form that it computes in is larger, whichever that is.
    assert _held() - before < min(filters + 40e6, computing)


def test_it_is_back_without_its_file_and_the_same(run, monkeypatch, tmp_path):
    networks, image = Networks(), torch.rand(1, 3, 48, 64, generator=torch.Generator())
    layers = run.settings.layers
    before = _found(networks, run).encoder.features(image, layers)
    networks.rest()
    monkeypatch.setattr(weights, "FILE", tmp_path / "gone.safetensors")
    after = _found(networks, run).encoder.features(image, layers)
    assert all(torch.equal(before[layer], after[layer]) for layer in layers)


def test_a_network_elsewhere_than_on_the_cpu_does_not_rest(run):
    networks = Networks()
    elsewhere = replace(run, plan=replace(run.plan, device="mps"))
    kept = Network(None, None, "")  # type: ignore[arg-type]
    networks._loaded[_key(run.settings, elsewhere.plan)] = kept, run.settings
    networks.rest()
    assert _found(networks, elsewhere) is kept


def _held() -> int:
    gc.collect()
    give_back()
    return held_bytes(CPU)
