import itertools
from pathlib import Path

import pytest
import torch

from impasto import Settings
from impasto.memory import storage
from impasto.memory.storage import Storage
from impasto.optimizers import make_stepper
from impasto.optimizers.adam import Adam
from impasto.optimizers.lbfgs import (
    EARLY_AT_MOST,
    FIRST_AT_MOST,
    FIRST_STEP,
    LBFGS,
    LONGEST_OF_PIXEL,
    LONGEST_STEP,
)
from impasto.optimizers.pixels import BOUNDED, PIXELS


def _bowl(target: torch.Tensor, scale: float = 1.0):
    """An ill-conditioned quadratic with its minimum at `target`."""
    curvature = torch.logspace(0, 2, target.numel(), dtype=target.dtype).view_as(target)

    def objective(image: torch.Tensor) -> dict[str, torch.Tensor]:
        image.grad = None
        loss = scale * (curvature * (image - target).square()).sum()
        loss.backward()
        return {"bowl": loss.detach()}

    return objective


def _pictures(dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    start, target = torch.rand(2, 1, 3, 6, 5, generator=generator, dtype=torch.float64)
    return start.to(dtype), (0.1 + 0.8 * target).to(dtype)


def _run(stepper, objective, steps: int) -> tuple[torch.Tensor, list[float]]:
    losses = []
    for _ in range(steps):
        image, terms = stepper.step(objective)
        losses.append(terms["bowl"].item())
    return image, losses


def test_lbfgs_finds_the_minimum():
    start, target = _pictures()
    image, _ = _run(LBFGS(start, 20), _bowl(target), 150)
    torch.testing.assert_close(image, target, rtol=0, atol=1e-5)


def test_lbfgs_direction_equals_the_two_loop_recursion():
    """Against Nocedal and Wright 2006, algorithm 7.4, on the same pairs."""
    start, target = _pictures()
    stepper, objective = LBFGS(start, 6), _bowl(target)
    _run(stepper, objective, 11)
    order = [(stepper._newest + 1 + k) % 6 for k in range(6)]
    pairs = [(stepper._pairs[2 * k], stepper._pairs[2 * k + 1]) for k in order if stepper._valid[k]]
    gradient = torch.randn(start.numel(), dtype=torch.float64)
    work, shares = gradient.clone(), []
    for step, change in reversed(pairs):
        shares.append(step @ work / (step @ change))
        work -= shares[-1] * change
    work *= pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1])
    for (step, change), share in zip(pairs, reversed(shares), strict=True):
        work += step * (share - change @ work / (step @ change))
    weights, scale = stepper._direction((stepper._pairs @ gradient).view(6, 2).T)
    torch.testing.assert_close(scale * gradient + weights @ stepper._pairs, work)


@pytest.mark.parametrize("kind", ["lbfgs", "adam"])
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_scale_of_the_loss_changes_nothing(kind: str, scale: float):
    start, target = _pictures()
    settings = Settings(optimizer=kind)
    one, _ = _run(make_stepper(start, settings), _bowl(target), 30)
    other, _ = _run(make_stepper(start, settings), _bowl(target, scale), 30)
    torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_adam_approaches_the_minimum():
    start, target = _pictures()
    _, losses = _run(Adam(start, 0.02), _bowl(target), 200)
    assert losses[-1] < 1e-3 * losses[0]


@pytest.mark.parametrize(("bad", "kept"), [(float("nan"), False), (1e9, False), (1.5, True)])
def test_a_step_that_worsens_the_loss_is_taken_back_and_halved(bad: float, kept: bool):
    start, target = _pictures()
    stepper, objective = LBFGS(start, 5), _bowl(target)
    _run(stepper, objective, 8)
    point, step = stepper._point.clone(), stepper._step.clone()

    def broken(image: torch.Tensor) -> dict[str, torch.Tensor]:
        objective(image)
        return {"bowl": stepper._loss * bad}

    stepper.step(broken)
    assert torch.equal(stepper._point, point)
    assert torch.equal(stepper._step, step / 2)
    assert stepper._valid.any() == kept
    image, losses = _run(stepper, objective, 150)
    assert losses[-1] < 1e-6
    torch.testing.assert_close(image, target, rtol=0, atol=1e-3)


@pytest.mark.parametrize(("name", "most"), [("bounded", LONGEST_OF_PIXEL), ("free", LONGEST_STEP)])
def test_no_step_is_longer_than_is_sensible(name: str, most: float):
    """To a far minimum, which one step of the memory's would reach at once."""
    start, target = (torch.full((1, 3, 6, 5), grey, dtype=torch.float64) for grey in (0.1, 0.9))
    pixels = PIXELS[name]

    def objective(image: torch.Tensor) -> dict[str, torch.Tensor]:
        image.grad = None
        loss = (pixels.to_variable(image) - pixels.to_variable(target)).square().mean()
        loss.backward()
        return {"far": loss.detach()}

    stepper, places = LBFGS(start, 20, pixels=pixels), []
    for _ in range(20):
        places.append(pixels.to_variable(stepper.step(objective)[0]))
    steps = [(b - a).square().mean().sqrt().item() for a, b in itertools.pairwise(places)]
    assert max(steps) == pytest.approx(most)
    torch.testing.assert_close(places[-1], pixels.to_variable(target), rtol=0, atol=1e-6)


def test_no_bounded_pixel_goes_far_at_first():
    """Where a few pixels have nearly all of the gradient."""
    start, slopes = torch.full((1, 3, 20, 20), 0.5), torch.full((1, 3, 20, 20), 1e-3)
    slopes[0, 0, 0, :2] = 1.0

    def objective(image: torch.Tensor) -> dict[str, torch.Tensor]:
        image.grad = slopes.clone()
        return {"steep": (slopes * image.detach()).sum()}

    moved = {}
    for name, pixels in PIXELS.items():
        stepper = LBFGS(start, 5, pixels=pixels)
        stepper.step(objective)
        places = [pixels.to_variable(one) for one in (start, stepper.step(objective)[0])]
        moved[name] = (places[1] - places[0]).abs()
    assert moved["bounded"].max().item() == pytest.approx(FIRST_AT_MOST * FIRST_STEP, rel=1e-4)
    assert moved["free"].max() > 10 * FIRST_STEP


@pytest.mark.parametrize("far", [0.2, 1.0])
def test_no_bounded_pixel_goes_much_further_than_the_others(far: float):
    for name, pixels in PIXELS.items():
        stepper = LBFGS(torch.full((1, 3, 20, 20), 0.5), 5, pixels=pixels)
        stepper._step[:] = 1e-3
        stepper._step[:4] = far
        square = stepper._step.square().sum()
        stepper._shorten(square)
        most = min(EARLY_AT_MOST * (square / 1200).sqrt().item(), LONGEST_OF_PIXEL)
        assert stepper._step[:4].max().item() == pytest.approx(far if name == "free" else most)
        assert stepper._step[4:].max().item() == pytest.approx(1e-3)


def test_a_picture_once_returned_is_never_changed():
    start, target = _pictures()
    for stepper in (LBFGS(start, 5), Adam(start, 0.02)):
        objective = _bowl(target)
        images = [stepper.step(objective)[0] for _ in range(6)]
        copies = [image.clone() for image in images]
        _run(stepper, objective, 6)
        assert all(torch.equal(a, b) for a, b in zip(images, copies, strict=True))


def test_losses_belong_to_the_picture_returned():
    start, target = _pictures()
    stepper, objective = LBFGS(start, 5), _bowl(target)
    for _ in range(6):
        image, losses = stepper.step(objective)
        assert objective(image.clone().requires_grad_())["bowl"] == losses["bowl"]


def test_a_start_at_the_minimum_stays_there():
    start, _ = _pictures()
    at_rest = BOUNDED.to_picture(BOUNDED.to_variable(start))
    image, _ = _run(LBFGS(start, 5), _bowl(at_rest), 5)
    assert torch.isfinite(image).all()
    torch.testing.assert_close(image, start, rtol=0, atol=1e-3)


@pytest.mark.parametrize("pixels", PIXELS.values(), ids=PIXELS)
def test_pixels_survive_the_variable(pixels):
    picture = torch.linspace(0, 1, 256, dtype=torch.float64)
    back = pixels.to_picture(pixels.to_variable(picture))
    assert (back - picture).abs().max() < 1 / 1024
    assert 0 <= back.min() <= back.max() <= 1


@pytest.mark.parametrize("pixels", PIXELS.values(), ids=PIXELS)
def test_slope_is_the_derivative(pixels):
    variable = torch.linspace(-2, 2, 50, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(pixels.to_picture(variable).sum(), variable)
    slope = pixels.slope(variable.detach()).expand_as(gradient)
    torch.testing.assert_close(slope, gradient)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_only_free_pixels_leave_their_range(optimizer: str):
    start, target = _pictures()
    outside = target * 3 - 1  # reaches -0.7 and 1.7
    bounded, free = (
        _run(make_stepper(start, Settings(pixels=pixels, optimizer=optimizer)), _bowl(outside), 150)
        for pixels in ("bounded", "free")
    )
    assert 0 <= bounded[0].min() <= bounded[0].max() <= 1
    assert free[0].min() < -0.3
    assert free[0].max() > 1.3
    assert free[1][-1] < bounded[1][-1] / 10


@pytest.mark.parametrize("scratch", [False, True])
def test_where_and_in_what_blocks_vectors_live_changes_nothing(
    scratch: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    start, target = _pictures()
    plain, _ = _run(LBFGS(start, 6), _bowl(target), 30)
    monkeypatch.setattr(storage, "BLOCK", 7)
    kept = Storage(folder=tmp_path if scratch else None)
    other, _ = _run(LBFGS(start, 6, kept), _bowl(target), 30)
    torch.testing.assert_close(plain, other, rtol=0, atol=1e-9)
