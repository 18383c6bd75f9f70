"""Weights that people bring, in every naming and convention, whole and broken."""

import importlib.util
import json
import logging
import os
import pickle
import re
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from impasto.cli import main
from impasto.engine.prepare import prepare
from impasto.errors import UsageError, WeightsError
from impasto.network import weights, weights_file
from impasto.network.architecture import kernel_shapes, keys
from impasto.network.input_convention import CAFFE, CAFFE_RGB, TORCHVISION, infer
from impasto.network.normalisation import filter_means
from impasto.network.trained import layers_of, weights_digest
from impasto.network.vgg import build
from impasto.network.weights import Filters
from impasto.network.weights_file import look
from impasto.settings.layers import ARCHITECTURES, layer_names
from impasto.settings.settings import Settings

ROOT = Path(__file__).parents[2]
PHOTO, STYLE = ROOT / "examples/chelsea.jpg", ROOT / "examples/swirl.jpg"
DEEP = "relu2_1"
CONVOLUTIONS = ["conv1_1", "conv1_2", "conv2_1"]
ORIGINAL = weights.load(CONVOLUTIONS)

State = dict[str, Any]


def _filters(architecture: str = "VGG-19") -> dict[str, Filters]:
    """The original down to relu2_1, and below it one number for all, which saves small."""
    deeper = {
        name: Filters(torch.full((1,), 0.01).expand(shape), torch.zeros(shape[0]))
        for name, shape in kernel_shapes(layer_names(architecture)).items()
    }
    return deeper | ORIGINAL


def _torchvision(first: Filters) -> Filters:
    """The same filters for RGB 0..1 less another mean, over the deviation: exact algebra."""
    deviation, mean, caffe = (
        torch.tensor(values, dtype=torch.float64).view(3, 1, 1)
        for values in ([0.229, 0.224, 0.225], [0.485, 0.456, 0.406], [123.68, 116.779, 103.939])
    )
    rgb = first.kernels.flip(1)
    biases = first.biases + (rgb * (255 * mean - caffe)).sum(dim=(1, 2, 3))
    return Filters(rgb * 255 * deviation, biases)


def _state(filters: dict[str, Filters], naming: str, architecture: str = "VGG-19") -> State:
    state: State = {}
    for name, key in keys(naming, layer_names(architecture)).items():
        state |= {f"{key}.weight": filters[name].kernels, f"{key}.bias": filters[name].biases}
    return state


def _caffe(architecture: str = "VGG-19", naming: str = "Caffe") -> State:
    return _state(_filters(architecture), naming, architecture)


def _settings(path: Path | str, **more: Any) -> Settings:
    shallow = {"content_layers": DEEP, "style_layers": f"relu1_1,{DEEP}", "network": "original"}
    return Settings(weights=str(path), **shallow | more)


@cache
def _built_in(network: str = "original") -> dict[str, torch.Tensor]:
    return _features("auto", network=network)


def _features(path: Path | str, **more: Any) -> dict[str, torch.Tensor]:
    image = torch.rand(1, 3, 20, 28, generator=torch.Generator().manual_seed(0)).double()
    network = build(_settings(path, **more), [DEEP], dtype=torch.float64)
    return network.features(image, ["relu1_1", "relu1_2", DEEP])


def _assert_agrees(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name, features in expected.items():
        # The border sees the mean colour, which differs a little between conventions.
        inner = (..., slice(4, -4), slice(4, -4))
        torch.testing.assert_close(found[name][inner], features[inner], rtol=1e-6, atol=1e-6)


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good file, for tests that only read it."""
    path = tmp_path_factory.mktemp("weights") / "vgg.pth"
    torch.save(_caffe(), path)
    return path


@pytest.mark.parametrize(
    ("naming", "architecture"), [("torchvision", "VGG-19"), ("Caffe", "VGG-16")]
)
@pytest.mark.parametrize("convention", ["torchvision", "Caffe", "Caffe, as RGB", "normalised"])
def test_features_are_the_built_in_ones_in_any_naming_and_convention(
    tmp_path: Path, naming: str, architecture: str, convention: str
):
    filters = _filters(architecture)
    first = filters["conv1_1"]
    scales = torch.ones(64).double()
    if convention == "torchvision":
        filters["conv1_1"] = _torchvision(first)
    elif convention == "Caffe, as RGB":
        filters["conv1_1"] = first._replace(kernels=first.kernels.flip(1))
    elif convention == "normalised":
        scales = filter_means()["conv1_1"].double()
        filters["conv1_1"] = Filters(
            first.kernels / scales.view(-1, 1, 1, 1), first.biases / scales
        )
        second = filters["conv1_2"]
        filters["conv1_2"] = second._replace(kernels=second.kernels * scales.view(1, -1, 1, 1))
    path = tmp_path / "vgg.pth"
    torch.save(_state(filters, naming, architecture), path)
    found = _features(path)
    if convention == "Caffe, as RGB":
        # Its mean is given to five digits, so that features agree to a few.
        for name, features in _built_in().items():
            assert (found[name] - features).abs().max() < 0.02 * features.abs().max()
        return
    found["relu1_1"] = found["relu1_1"] * scales.view(1, -1, 1, 1)
    _assert_agrees(found, _built_in())
    assert look(path).architecture == architecture


def _with_classifier(state: State) -> State:
    return state | {"classifier.0.weight": torch.zeros(2, 2), "fc6.bias": torch.zeros(2)}


WRAPPINGS: dict[str, Callable[[State], Any]] = {
    "plain": lambda state: state,
    "module": lambda state: {f"module.{key}": value for key, value in state.items()},
    "state_dict": lambda state: {"epoch": 3, "state_dict": state},
    "classifier": _with_classifier,
    "features alone": lambda state: {k.removeprefix("features."): v for k, v in state.items()},
    "half": lambda state: {key: value.half() for key, value in state.items()},
    "parameters": lambda state: {k: torch.nn.Parameter(v) for k, v in state.items()},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_what_surrounds_a_state_dict_is_taken_off(tmp_path: Path, wrapping: str):
    path = tmp_path / "vgg.pth"
    torch.save(WRAPPINGS[wrapping](_caffe(naming="torchvision")), path)
    found = _features(path)["relu1_1"]
    expected = _built_in()["relu1_1"]
    assert (found - expected).abs().max() < 2e-3 * expected.max()


def test_safetensors_hold_the_same_network(tmp_path: Path):
    path = tmp_path / "vgg.safetensors"
    save_file({key: value.half().contiguous() for key, value in _caffe("VGG-16").items()}, path)
    assert look(path).architecture == "VGG-16"
    torch.save({key: value.half() for key, value in _caffe("VGG-16").items()}, tmp_path / "a.pth")
    _assert_agrees(_features(path), _features(tmp_path / "a.pth"))


# Biases of the first layer of torchvision's VGG-16, as torch prints them.
PUBLISHED = """
0.4034 0.3778 0.4644 -0.3228 0.3940 -0.3953 0.3951 -0.5496 0.2693 -0.7602 -0.3508 0.2334 -1.3239
-0.1694 0.3938 -0.1026 0.0460 -0.6995 0.1549 0.5628 0.3011 0.3425 0.1073 0.4651 0.1295 0.0788
-0.0492 -0.5638 0.1465 -0.3890 -0.0715 0.0649 0.2768 0.3279 0.5682 -1.2640 -0.8368 -0.9485 0.1358
0.2727 0.1841 -0.5325 0.3507 -0.0827 -1.0248 -0.6912 -0.7711 0.2612 0.4033 -0.4802 -0.3066 0.5807
-1.3325 0.4844 -0.8160 0.2386 0.2300 0.4979 0.5553 0.5230 -0.2182 0.0117 -0.5516 0.2108
"""


def _stranger(biases: torch.Tensor) -> Filters:
    kernels = torch.randn(64, 3, 3, 3, generator=torch.Generator().manual_seed(0)) * 0.2
    return Filters(kernels.double(), biases.double())


def test_numbers_tell_the_convention_before_names():
    retrained = _stranger(torch.tensor([float(word) for word in PUBLISHED.split()]))
    assert infer(retrained, CAFFE)[0] is TORCHVISION
    first = ORIGINAL["conv1_1"]
    for by_name in (CAFFE, TORCHVISION):
        assert infer(first, by_name)[0] is CAFFE
        assert infer(first._replace(kernels=first.kernels.flip(1)), by_name)[0] is CAFFE_RGB
        assert infer(_torchvision(first), by_name)[0] is TORCHVISION


def test_a_retrained_relative_is_known_and_a_stranger_has_only_its_names():
    first = ORIGINAL["conv1_1"]
    noise = _stranger(torch.zeros(64)).kernels
    lengths = first.kernels.flatten(1).norm(dim=1) / noise.flatten(1).norm(dim=1)
    trained_on = first._replace(kernels=first.kernels + 0.3 * lengths.view(-1, 1, 1, 1) * noise)
    assert infer(trained_on, TORCHVISION)[0] is CAFFE
    for by_name in (CAFFE, TORCHVISION):
        assert infer(_stranger(torch.zeros(64)), by_name) == (by_name, "by its names")


def test_what_is_inferred_is_noted(vgg: Path, caplog: pytest.LogCaptureFixture):
    logging.getLogger("impasto").propagate = True
    with caplog.at_level(logging.INFO, "impasto"):
        prepare(PHOTO, STYLE, _settings(vgg, size=64))
    assert (
        "vgg.pth holds VGG-19 in Caffe's names; its input is taken as BGR 0..255 less the mean"
        in caplog.text
    )


def test_a_layer_that_vgg16_lacks_is_a_usage_error(tmp_path: Path):
    path = tmp_path / "vgg.pth"
    torch.save(_caffe("VGG-16"), path)
    settings = _settings(path, content_layers="relu3_4")
    with pytest.raises(UsageError, match=r"unknown layer 'relu3_4' for VGG-16; .* did you mean"):
        prepare(PHOTO, STYLE, settings)
    table = layers_of(settings)
    assert "relu3_4" not in table
    # By hand: a convolution adds its stride, a pool half of its own.
    assert [table[f"relu{block}_1"].reach for block in (3, 4, 5)] == [10, 26, 58]


FAULTS: dict[str, tuple[Callable[[State], Any], str]] = {
    "missing key": (
        lambda state: {k: v for k, v in state.items() if k != "conv3_4.bias"},
        r"beside VGG-19 in Caffe's names, the nearest, they lack conv3_4\.bias",
    ),
    "shallow": (
        lambda state: {k: v for k, v in state.items() if k < "conv3"},
        r"they lack conv3_1\.bias, conv3_1\.weight, .*\(\d+ keys\)",
    ),
    "another network": (
        lambda _: {"layer1.0.conv1.weight": torch.zeros(2), "bn1.bias": torch.zeros(2)},
        r"no whole VGG-19 or VGG-16; .* and have bn1\.bias, layer1\.0\.conv1\.weight besides",
    ),
    "too deep": (
        lambda state: state | {"conv5_5.weight": torch.zeros(2)},
        r"they have conv5_5\.weight besides",
    ),
    "empty": (lambda _: {}, "no whole VGG-19"),
    "a list": (list, "hold a list, not a state dict"),
    "shape": (
        lambda state: state | {"conv1_2.weight": torch.zeros(64, 32, 3, 3)},
        r"conv1_2\.weight has shape \(64, 32, 3, 3\), not \(64, 64, 3, 3\)",
    ),
    "whole numbers": (
        lambda state: state | {"conv1_1.bias": torch.zeros(64, dtype=torch.int64)},
        r"conv1_1\.bias is no tensor of floating-point numbers",
    ),
    "no tensor": (lambda state: state | {"conv1_1.bias": 3.0}, r"conv1_1\.bias is no tensor"),
    "not finite": (
        lambda state: state | {"conv1_1.bias": torch.full((64,), torch.nan)},
        r"conv1_1\.bias has numbers that are not finite",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_unfit_state_dict_is_refused_with_its_keys(tmp_path: Path, fault: str):
    spoil, message = FAULTS[fault]
    path = tmp_path / "vgg.pth"
    torch.save(spoil(_caffe()), path)
    with pytest.raises(WeightsError, match=message):
        look(path)


class _Malicious:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._marker,)


@pytest.mark.parametrize(
    "save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))]
)
def test_a_pickle_runs_no_code(tmp_path: Path, save: Callable[[Any, Path], Any]):
    marker, path = tmp_path / "marker", tmp_path / "vgg.pth"
    save({"conv1_1.weight": _Malicious(marker)}, path)
    with pytest.raises(WeightsError, match="could run code") as caught:
        look(path)
    assert "weights_only" not in str(caught.value)
    assert not marker.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_file_is_refused(tmp_path: Path, suffix: str):
    path = tmp_path / f"vgg{suffix}"
    small = {"conv1_1.weight": torch.zeros(8, 3, 3, 3), "conv1_1.bias": torch.zeros(8)}
    if suffix == ".pth":
        torch.save(small, path)
    else:
        save_file(small, path)
    whole = path.read_bytes()
    spoilt = [whole[:length] for length in (0, 1, 7, 60, len(whole) // 2, len(whole) - 1)]
    for place in range(0, len(whole), 1 + len(whole) // 60):
        spoilt.append(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
    for content in [*spoilt, b"<html>not found</html>"]:
        path.write_bytes(content)
        with pytest.raises(WeightsError):
            look(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_whole_file_that_is_cut_or_spoilt_at_its_head_is_refused(tmp_path: Path, suffix: str):
    path = tmp_path / f"vgg{suffix}"
    state = {key: tensor.float().contiguous() for key, tensor in _caffe().items()}
    (torch.save if suffix == ".pth" else save_file)(state, path)
    look(path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], b"\xff" * 8 + whole[8:]):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=path.name):
            look(path)


def test_paths_that_are_no_weights_are_usage_errors(tmp_path: Path):
    (tmp_path / "folder.pth").mkdir()
    for name, message in (
        ("absent.pth", "does not exist"),
        ("folder.pth", "is not a regular file"),
        ("vgg.caffemodel", r"give a file that ends in \.safetensors, \.pth, \.pt"),
        ("original", "give a file that ends in"),
    ):
        with pytest.raises(UsageError, match=message):
            prepare(PHOTO, STYLE, _settings(tmp_path / name))


def test_the_command_line_tells_2_from_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"nothing")
    words = ["paint", str(PHOTO), str(STYLE), "-o", str(tmp_path / "out.png"), "--weights"]
    assert main([*words, str(tmp_path / "absent.pth")]) == 2
    assert main([*words, str(broken)]) == 4
    assert capsys.readouterr().err.count("\n") == 2
    state = _caffe()
    del state["conv3_1.bias"]
    torch.save(state, tmp_path / "lacking.pth")
    assert main([*words, str(tmp_path / "lacking.pth")]) == 4
    assert "conv3_1.bias" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_the_digest_is_the_files(vgg: Path):
    assert weights_digest(Settings()) == weights.SHA256
    assert re.fullmatch(r"[0-9a-f]{64}", weights_digest(_settings(vgg)))


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("m", ROOT / "scripts/measure_filter_means.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write_means(path: Path) -> Path:
    """The shipped means as if measured for a file, with the script's own writer."""
    beside = path.with_name(f"{path.name}.means.json")
    means = {
        name: filter_means()[name.replace("relu", "conv")] for name in layers_of(_settings(path))
    }
    beside.write_text(_script().page(means, 3, weights_digest(_settings(path))), "utf-8")
    return beside


def test_missing_means_name_the_command_that_measures_them(vgg: Path):
    command = re.escape(f"scripts/measure_filter_means.py FOLDER --weights {vgg}")
    with pytest.raises(WeightsError, match=f"{command}.* or use --network original"):
        prepare(PHOTO, STYLE, _settings(vgg, network="normalised"))


def test_measured_means_normalise_the_network(tmp_path: Path):
    path = tmp_path / "vgg.pth"
    torch.save(_caffe(), path)
    _write_means(path)
    _assert_agrees(_features(path, network="normalised"), _built_in("normalised"))


def _with_first(measured: dict[str, Any], means: list[Any]) -> dict[str, Any]:
    return measured | {"means": measured["means"] | {"conv1_1": means}}


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "other weights": (lambda c: c | {"sha256": "0" * 64}, "of other weights"),
    "no digest": (lambda c: {"means": c["means"]}, "damaged"),
    "a layer less": (lambda c: c | {"means": {"conv1_1": c["means"]["conv1_1"]}}, "other layers"),
    "a filter less": (lambda c: _with_first(c, [1.0]), "of other layers"),
    "zero": (lambda c: _with_first(c, [0.0] * 64), "damaged"),
    "a word": (lambda c: _with_first(c, ["x"] * 64), "damaged"),
    "a list": (lambda c: [c], "damaged"),
}


def test_means_that_do_not_fit_are_refused(tmp_path: Path):
    path = tmp_path / "vgg.pth"
    torch.save(_caffe(), path)
    beside = _write_means(path)
    good = json.loads(beside.read_text("utf-8"))
    for spoil, message in SPOILT.values():
        beside.write_text(json.dumps(spoil(good)), "utf-8")
        with pytest.raises(WeightsError, match=message):
            prepare(PHOTO, STYLE, _settings(path, network="normalised"))
    for text in (
        "{",
        " " * 1_000_001 + json.dumps(good),
        "[" * 200_000,
        '{"means": {"conv1_1": [' + "9" * 5000 + "]}}",
    ):
        beside.write_text(text, "utf-8")
        with pytest.raises(WeightsError, match="damaged"):
            prepare(PHOTO, STYLE, _settings(path, network="normalised"))
    beside.unlink()
    for make in (beside.mkdir, lambda: os.mkfifo(beside)):
        make()
        with pytest.raises(WeightsError, match="damaged"):  # and not waited for
            prepare(PHOTO, STYLE, _settings(path, network="normalised"))
        beside.rmdir() if beside.is_dir() else beside.unlink()


def test_the_script_measures_a_file(
    tmp_path: Path, vgg: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
):
    script = _script()
    output = tmp_path / "means.json"
    words = ["measure", str(photo.parent), "--weights", str(vgg), "--output", str(output)]
    monkeypatch.setattr("sys.argv", words)
    script.main()
    content = json.loads(output.read_text("utf-8"))
    assert content["sha256"] == weights_digest(_settings(vgg))
    assert list(content["means"])[:3] == CONVOLUTIONS
    features = _features(vgg)["relu1_1"]
    assert len(content["means"]["conv1_1"]) == features.shape[1]


def test_the_documented_encoder_paints(
    tmp_path: Path, photo: Path, painting: Path, monkeypatch: pytest.MonkeyPatch
):
    text = (ROOT / "docs/networks.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    example = example.replace('"photo.jpg"', f"{str(photo)!r}")
    example = example.replace('"painting.jpg"', f"{str(painting)!r}")
    example = example.replace("size=64", "size=64, levels=1, iterations=3")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["step"].iteration == 3
    assert (tmp_path / "out.png").is_file()


def test_a_vgg_is_added_by_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ARCHITECTURES, "VGG-13", (2,) * 5)
    path = tmp_path / "vgg13.pth"
    torch.save(_caffe("VGG-13"), path)
    assert look(path).architecture == "VGG-13"
    _assert_agrees(_features(path), _built_in())


def test_reading_weights_leaves_a_hosts_warnings_as_they_are(tmp_path: Path, monkeypatch):
    def load(*_: object, **__: object) -> None:
        assert warnings.filters is filters
        warnings.warn_explicit("odd", UserWarning, "x.py", 1, module="torch.serialization")
        warnings.warn("odd in the name of who calls", stacklevel=2)
        with pytest.raises(UserWarning, match="own"):
            warnings.warn_explicit("the host's own", UserWarning, "x.py", 1, module="host")
        raise EOFError

    path = tmp_path / "a.pth"
    path.write_bytes(b"x")
    filters = warnings.filters
    before = list(filters)
    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(WeightsError, match="EOFError"):
        weights_file.read(path)
    assert list(warnings.filters) == before


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    "fault", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_memory_that_runs_out_is_no_damage_of_weights(tmp_path: Path, suffix, fault, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise fault

    (tmp_path / f"a{suffix}").write_bytes(b"x")
    monkeypatch.setattr(torch, "load", fail)
    monkeypatch.setattr(weights_file, "load_file", fail)
    with pytest.raises(MemoryError):
        weights_file.read(tmp_path / f"a{suffix}")
