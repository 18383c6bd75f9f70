"""Machine code against torch's float64, and against itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from impasto.native import operations as native
from impasto.native.library import Library, library
from impasto.native.team import team_of
from impasto.network import winograd

pytestmark = pytest.mark.skipif(
    not isinstance(library(), Library), reason=f"no native library: {library()}"
)
# Of the largest number: what float32 loses in the transforms, and in sums.
TRANSFORMED, SUMMED = 5e-5, 3e-6
SIDES = st.integers(1, 40)
CHANNELS = st.sampled_from([32, 64, 128, 288])
MANY = settings(max_examples=40, deadline=None)


def _random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(*shape, generator=generator, dtype=torch.float32)
    return numbers.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else numbers


def _assert_near(found: Tensor, exact: Tensor, tolerance: float) -> None:
    error = (found.double() - exact).abs().max()
    assert error <= tolerance * exact.abs().max().clamp(min=1e-3)


@given(height=SIDES, width=SIDES, channels=CHANNELS, filters=CHANNELS, threads=st.integers(1, 5))
@MANY
def test_convolution_and_gradient(height, width, channels, filters, threads):
    kernels = _random(filters, channels, 3, 3).contiguous()
    biases, features = _random(filters), _random(1, channels, height, width, seed=1)
    gradient = _random(1, filters, height, width, seed=2)
    exact = functional.conv2d(features.double(), kernels.double(), biases.double(), padding=1)
    turned = kernels.flip(2, 3).transpose(0, 1)
    with team_of(threads):
        found, gate = native.convolve(features, _panels(kernels), biases)
        back = native.convolve_gradient(gradient, gate, _panels(turned), (height, width))
    _assert_near(found, exact.relu(), TRANSFORMED)
    # Whether a response as good as 0 passes may be either: what was found counts.
    passed = gradient.double() * (found > 0)
    exact = functional.conv_transpose2d(passed, kernels.double(), padding=1)
    _assert_near(back, exact, TRANSFORMED)


@pytest.mark.parametrize("kind", ["average", "max"])
@given(height=SIDES, width=SIDES)
@MANY
def test_pooling_within_a_layer_is_the_same_as_after_it(kind, height, width):
    features, biases = _random(1, 32, height, width), _random(64)
    kernels = _random(64, 32, 3, 3).contiguous()
    turned = _panels(kernels.flip(2, 3).transpose(0, 1))
    plain, gate = native.convolve(features, _panels(kernels), biases)
    pooled = native.pool(plain, kind)
    within, gate_within = native.convolve(features, _panels(kernels), biases, kind)
    assert torch.equal(within, pooled)
    gradient = _random(*pooled.shape, seed=2)
    unpooled = native.pool_gradient(gradient, plain, kind)
    size = (height, width)
    apart = native.convolve_gradient(unpooled, gate, turned, size)
    together = native.convolve_gradient(gradient, gate_within, turned, size, kind)
    torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-4)


def _panels(kernels: Tensor) -> Tensor:
    return winograd.at_points(native.in_panels(kernels.permute(2, 3, 1, 0)))


@given(height=SIDES, width=SIDES, filters=CHANNELS, threads=st.integers(1, 3))
@MANY
def test_first_layer_and_gradient(height, width, filters, threads):
    kernels, biases = _random(filters, 3, 3, 3).contiguous(), _random(filters)
    picture, gradient = _random(1, 3, height, width), _random(1, filters, height, width, seed=2)
    exact = functional.conv2d(picture.double(), kernels.double(), biases.double(), padding=1)
    with team_of(threads):
        found, gate = native.first(picture, native.first_panels(kernels), biases)
        back = native.first_gradient(gradient, gate, native.first_gradient_panels(kernels))
    _assert_near(found, exact.relu(), SUMMED)
    passed = gradient.double() * (found > 0)
    exact = functional.conv_transpose2d(passed, kernels.double(), padding=1)
    _assert_near(back, exact, SUMMED)


@pytest.mark.parametrize("kind", ["average", "max"])
@given(height=SIDES, width=SIDES, channels=CHANNELS, equal=st.booleans())
@MANY
def test_pooling_and_gradient(kind, height, width, channels, equal):
    features = _random(1, channels, height, width)
    if equal:  # of equals, torch's gradient goes to the first
        features = features.round()
    plain = features.clone().requires_grad_()
    if kind == "max":
        pooled = functional.max_pool2d(plain, 2, ceil_mode=True)
    else:
        pooled = functional.avg_pool2d(plain, 2, ceil_mode=True, count_include_pad=False)
    gradient = _random(*pooled.shape, seed=2)
    pooled.backward(gradient)
    torch.testing.assert_close(native.pool(features, kind), pooled.detach())
    torch.testing.assert_close(native.pool_gradient(gradient, features, kind), plain.grad)


@given(height=SIDES, width=SIDES, channels=CHANNELS, weighed=st.booleans(), cut=st.booleans())
@MANY
def test_sums_and_gradient(height, width, channels, weighed, cut):
    features = _random(1, channels, height + 3, width + 4)
    features = features[:, :, 1 : height + 1, 3 : width + 3] if cut else features
    weight = _random(1, 1, *features.shape[2:], seed=1).abs() if weighed else None
    cells = features.double().flatten(2)[0]
    counts = torch.ones(cells.shape[1], dtype=torch.float64)
    counts = counts if weight is None else weight.double().flatten()
    of_total, of_outer = _random(channels, seed=3), _random(channels, channels, seed=4)
    with team_of(2):
        total, outer = native.sums(features, weight)
        found = native.sums_gradient(features, weight, of_total, of_outer)
    _assert_near(total, (cells * counts).sum(1), 1e-4)  # of numbers that cancel out
    _assert_near(outer, (cells * counts) @ cells.T, SUMMED)
    slope = (of_outer + of_outer.T).double()
    exact = (of_total.double()[:, None] + slope @ cells) * counts
    _assert_near(found.flatten(2)[0], exact, SUMMED)


def _everything(seed: int = 0) -> Iterator[Tensor]:
    """Yield a result of every function, of sizes that are cut unevenly."""
    for channels, height, width in ((64, 61, 83), (512, 9, 14), (256, 1, 1)):
        features = _random(1, channels, height, width, seed=seed)
        panels = _panels(_random(channels, channels, 3, 3, seed=1).contiguous())
        for kind in ("", "average", "max"):
            found, gate = native.convolve(features, panels, _random(channels, seed=2), kind)
            yield found
            yield native.convolve_gradient(found, gate, panels, (height, width), kind)
        yield from native.sums(features)
        outer = _random(channels, channels, seed=4)
        yield native.sums_gradient(features, None, _random(channels), outer)
        for kind in ("average", "max"):
            pooled = native.pool(features, kind)
            yield pooled
            yield native.pool_gradient(pooled, features, kind)
        kernels = _random(channels, 3, 3, 3).contiguous()
        picture = _random(1, 3, height, width, seed=5)
        found, gate = native.first(picture, native.first_panels(kernels), _random(channels))
        yield found
        yield native.first_gradient(features, gate, native.first_gradient_panels(kernels))


def _digest() -> str:
    found = hashlib.sha256()
    for result in _everything():
        found.update(result.permute(*range(result.dim())).contiguous().numpy().tobytes())
    return found.hexdigest()


def test_any_number_of_threads_gives_the_same_bytes():
    digests = set()
    for threads in (1, 2, 3, 7):
        with team_of(threads):
            digests |= {_digest() for _ in range(5)}
    assert len(digests) == 1


def test_any_width_of_vectors_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch):
    """What AVX2 and AVX-512 compute is the same, as both fuse products and sums."""
    digests = set()
    for name in ("x86_64_v3", "x86_64_v4"):
        monkeypatch.setenv("IMPASTO_NATIVE", name)
        found = library.__wrapped__()
        if not isinstance(found, Library) or not _can_run(name):
            pytest.skip(f"this machine has no {name}")
        monkeypatch.setattr(native, "library", lambda found=found: found)
        digests.add(_digest())
    assert len(digests) == 1


def _can_run(name: str) -> bool:
    wanted = {"x86_64_v4": ("AVX512",), "x86_64_v3": ("AVX2", "AVX512")}
    return torch.backends.cpu.get_cpu_capability() in wanted[name]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_pass_as_in_torch(number: float):
    kernels, biases = _random(64, 64, 3, 3).contiguous(), _random(64)
    features = _random(1, 64, 12, 12)
    features[0, 5, 6, 6] = number
    found, gate = native.convolve(features, _panels(kernels), biases)
    exact = functional.conv2d(features, kernels, biases, padding=1).relu()
    assert not found[:, :, 5:8, 5:8].isfinite().all()
    # Transforms carry it through its patch, no further.
    torch.testing.assert_close(found[:, :, :4, :4], exact[:, :, :4, :4], rtol=1e-3, atol=1e-3)
    # Through a gate passes what torch lets through: not where a response is 0 or less.
    ones = torch.ones_like(found)
    back = native.convolve_gradient(ones, gate, _panels(kernels.transpose(0, 1)), (12, 12))
    open_ = (~(found <= 0)).float()
    exact = functional.conv2d(open_, kernels.transpose(0, 1), padding=1)
    torch.testing.assert_close(back, exact, rtol=1e-3, atol=1e-3)
    for kind in ("average", "max"):
        pooled = native.pool(features, kind)
        plain = features.clone().requires_grad_()
        pool = functional.max_pool2d if kind == "max" else functional.avg_pool2d
        pool(plain, 2).sum().backward()
        torch.testing.assert_close(pooled, pool(features, 2), equal_nan=True)
        gradient = native.pool_gradient(torch.ones_like(pooled), features, kind)
        torch.testing.assert_close(gradient, plain.grad, equal_nan=True)
    total, outer = native.sums(features)
    assert not total[5].isfinite()
    assert not outer[5, 5].isfinite()
    assert outer[6, 6].isfinite()


def test_other_maps_are_left_to_torch():
    assert native.takes(_random(1, 64, 3, 3))
    assert not native.takes(_random(1, 65, 3, 3))
    assert not native.takes(_random(2, 64, 3, 3))
    assert not native.takes(_random(1, 64, 3, 3).double())
    assert not native.takes(_random(1, 64, 3, 3).bfloat16())
    with team_of(0):
        assert not native.takes(_random(1, 64, 3, 3))
    assert native.takes_kernels(_random(64, 3, 3, 3))
    assert not native.takes_kernels(_random(64, 5, 3, 3))
