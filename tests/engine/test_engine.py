"""The engine with the tiny encoder, and a little with the real network."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TOLERANCE, paint_tiny, random_pixels

import impasto
from impasto import DeviceError, NonFiniteError, Picture, Resources, Settings, UsageError
from impasto.engine.iterate import paint
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.engine.watch import Watch
from impasto.memory import groups
from impasto.network.vgg import build
from impasto.objective.objective import Objective
from impasto.objective.terms import make_terms
from impasto.pictures.resample import resize
from impasto.planning import machine as hardware
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.scene.init import GRAIN, Init, first_image, grained, next_image
from impasto.scene.scene import plain_scene
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.padding import margin_of
from impasto.tiles.tiling import Tiling
from impasto.tiles.view import make_view

CONTENT, STYLE, OTHER = (random_pixels(72, 64, seed) for seed in (1, 2, 3))


def _paint(encoder=None, styles=(STYLE,), start=None, **values) -> list[impasto.Step]:
    settings = Settings(**{"size": 72, "iterations": 8, **TINY, **values})
    run = prepare(CONTENT, list(styles), settings, Resources(threads=1), init=start)
    return list(paint_tiny(run, encoder))


def _total(step: impasto.Step) -> float:
    return sum(loss.item() for loss in step.losses.values())


def _terms(settings: Settings, encoder=None, dtype=torch.float64):
    encoder = encoder or TinyEncoder(dtype)
    content, style = (as_picture(p).tensor()[None].to(dtype) for p in (CONTENT, STYLE))
    view = make_view(encoder, settings)
    return view, make_terms(view, plain_scene(content, [(style, 1.0)]), settings), content


def test_objective_is_the_papers():
    """Against the formula written out, on the whole picture."""
    content = {"content_statistics": "photograph", "content_focus": 0, "content_weight": 1}
    settings = Settings(**TINY, **content, padding="zeros", style_loss="gram", smoothness=0)
    view, terms, content = _terms(settings)
    encoder = view.encoder
    image = as_picture(OTHER).tensor()[None].double().requires_grad_()
    losses = Objective(view, terms)(image)
    style = as_picture(STYLE).tensor()[None].double()
    names = ["relu1_1", "relu2_1"]
    ours, theirs, style_maps = (encoder.features(i, names) for i in (image, content, style))

    def gram(features: torch.Tensor) -> torch.Tensor:
        rows = features[0].flatten(1)
        return rows @ rows.T / rows.shape[1]

    expected = {"content relu2_1": (ours["relu2_1"] - theirs["relu2_1"]).square().mean() / 1001}
    for name in names:
        difference = gram(ours[name]) - gram(style_maps[name])
        expected[f"style {name}"] = 1000 / 1001 * 0.5 * difference.square().mean()
    for name, loss in expected.items():
        torch.testing.assert_close(losses[name], loss.detach(), rtol=1e-10, atol=0)
    (gradient,) = torch.autograd.grad(sum(expected.values()), image)
    assert (image.grad - gradient).norm() <= TOLERANCE[torch.float64] * gradient.norm()


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_objective_is_zero_where_both_goals_are_met(padding: str):
    settings, content = (
        Settings(**TINY, padding=padding, smoothness=0, content_statistics="photograph"),
        as_picture(CONTENT).tensor()[None],
    )
    view = make_view(TinyEncoder(), settings)
    terms = make_terms(view, plain_scene(content, [(content, 1.0)]), settings)
    losses = Objective(view, terms)(content.clone().requires_grad_())
    assert all(loss < 1e-9 for loss in losses.values())


def test_reflected_margin_is_in_no_sum():
    image = as_picture(CONTENT).tensor()[None]
    (whole,) = Tiling(None, 80, 16).tiles(72, 64)
    extended = margin_of("reflect").extend(image, whole)
    assert extended.shape[2:] == (72 + 32, 64 + 32)
    expected = torch.nn.functional.pad(image, (16, 16, 16, 16), mode="reflect")
    assert torch.equal(extended, expected)
    assert torch.equal(margin_of("reflect").cells(extended, whole, 1), image)
    (odd,) = Tiling(None, 80, 16).tiles(71, 33)
    assert margin_of("reflect").cells(extended[:, :, ::16, ::16], odd, 16).shape[2:] == (5, 3)


def test_steps_tell_where_they_are():
    steps = _paint(levels=2, iterations="3,2", tolerance=0)
    assert [(s.level, s.iteration, s.iterations) for s in steps] == [
        (1, 1, 3),
        (1, 2, 3),
        (1, 3, 3),
        (2, 1, 2),
        (2, 2, 2),
    ]
    assert [tuple(s.image.shape[2:]) for s in steps[2:4]] == [(36, 32), (72, 64)]
    assert steps[-1].picture.size == (72, 64)


def test_painting_lowers_the_loss_and_stays_in_range():
    steps = _paint(iterations=40, levels=1, tolerance=0)
    assert _total(steps[-1]) < 0.1 * _total(steps[0])
    assert 0 <= steps[-1].image.min() <= steps[-1].image.max() <= 1


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_only_the_ratio_of_the_weights_matters(factor: float):
    one = _paint(iterations=10)[-1].image
    other = _paint(iterations=10, content_weight=4 * factor, style_weight=1000 * factor)[-1].image
    torch.testing.assert_close(one, other, rtol=0, atol=1 / 255)


def test_same_settings_give_the_same_bits():
    for init in ("content", "noise"):
        one, other = (_paint(init=init, seed=3)[-1].image for _ in range(2))
        assert torch.equal(one, other)


def test_threads_do_not_change_the_picture():
    def run(threads: int) -> torch.Tensor:
        settings = Settings(size=72, iterations=5, **TINY)
        prepared = prepare(CONTENT, STYLE, settings, Resources(threads=threads))
        return list(paint_tiny(prepared))[-1].image

    torch.testing.assert_close(run(1), run(2), rtol=0, atol=1e-4)


def test_more_style_weight_takes_more_style():
    def style_loss(weight: float) -> float:
        step = _paint(style_weight=weight, iterations=30, levels=1)[-1]
        share = weight / (1 + weight)
        return sum(v.item() for k, v in step.losses.items() if k.startswith("style")) / share

    assert style_loss(1000) < style_loss(1) < style_loss(0.01)


@pytest.mark.parametrize("missing", ["content", "style"])
def test_a_weight_of_zero_drops_its_terms(missing: str):
    steps = _paint(init="noise", **{f"{missing}_weight": 0})
    assert not any(name.startswith(missing) for name in steps[-1].losses)
    assert _total(steps[-1]) <= _total(steps[0])


def test_blending_one_style_alone_is_that_style():
    both = _paint(styles=(STYLE, OTHER), style_blend="1,0")[-1].image
    torch.testing.assert_close(both, _paint()[-1].image)
    mixed = _paint(styles=(STYLE, OTHER), style_blend="0.5,0.5")[-1].image
    assert (mixed - both).abs().mean() > 0.01


def test_the_same_style_twice_is_that_style_once():
    twice = _paint(styles=(STYLE, STYLE), iterations=4)[-1].image
    torch.testing.assert_close(twice, _paint(iterations=4)[-1].image, rtol=0, atol=1e-3)


def test_starts_differ_and_seeds_matter():
    first = {
        name: _paint(**values)[0].image
        for name, values in {
            "content": {},
            "noise": {"init": "noise"},
            "seed": {"init": "noise", "seed": 1},
            "picture": {"start": OTHER},
        }.items()
    }
    names = list(first)
    for i, one in enumerate(names):
        for other in names[:i]:
            assert (first[one] - first[other]).abs().mean() > 0.003, (one, other)


def test_init_takes_a_file_and_names_a_missing_one(photo: Path):
    assert _paint(init=str(photo))
    with pytest.raises(UsageError, match=r"'niose'.*did you mean 'noise'"):
        _paint(init="niose")


def test_a_settled_level_ends_early():
    assert len(_paint(iterations=400, levels=1, tolerance=0.05)) < 400
    assert len(_paint(iterations=60, levels=1, tolerance=0)) == 60


def test_losses_are_read_every_ten_evaluations(monkeypatch: pytest.MonkeyPatch):
    reads = []
    original = Watch._read
    monkeypatch.setattr(Watch, "_read", lambda self: (reads.append(self._seen), original(self)))
    _paint(iterations=25, levels=1, tolerance=0)
    assert reads == [10, 20, 25]


@pytest.mark.parametrize("when", [1, 12, 19])
def test_a_broken_loss_names_its_layer_and_keeps_a_finite_picture(when: int):
    class Breaking(TinyEncoder):
        calls = 0

        def walk(self, image, names):
            if image.requires_grad:
                self.calls += 1
            for name, features in super().walk(image, names):
                broken = self.calls >= when and name == "relu2_1"
                yield name, features * float("nan") if broken else features

    with pytest.raises(NonFiniteError, match=r"relu2_1 loss became nan") as caught:
        _paint(Breaking(), iterations=40, levels=1, tolerance=0)
    picture = caught.value.picture
    assert isinstance(picture, Picture)
    assert picture.size == (72, 64)
    assert np.isfinite(picture.array).all()


def test_constant_pictures_paint():
    grey = np.full((64, 64, 3), 128, np.uint8)
    for content, style in ((grey, STYLE), (CONTENT, grey), (grey, grey)):
        run = prepare(content, style, Settings(size=64, iterations=5, **TINY))
        assert torch.isfinite(list(paint_tiny(run))[-1].image).all()


def test_everything_is_checked_at_the_call(photo: Path, painting: Path):
    for arguments in ((photo, "none.png"), ("none.png", painting)):
        with pytest.raises(UsageError, match="there is no file none"):
            impasto.iterate(*arguments)
    with pytest.raises(DeviceError, match="device mps is not there; this machine has"):
        impasto.iterate(photo, painting, resources=Resources(device="mps"))


class _Scripted:
    """A stepper whose pictures are plain greys and whose losses are given."""

    def __init__(self, losses: list[float], shape: torch.Size) -> None:
        self._losses = iter(losses)
        self._shape = shape

    def step(self, objective):
        loss = torch.tensor(next(self._losses))
        return torch.full(self._shape, min(loss.item() / 10, 1)), {"style a": loss, "b": loss / 4}


def _scripted(monkeypatch: pytest.MonkeyPatch, *levels: list[float]) -> list[impasto.Step]:
    """Paint with trials of these losses at each level, 0.1 times as bright."""
    left = list(levels)
    make = lambda image, **_: _Scripted(left.pop(0), image.shape)  # noqa: E731
    monkeypatch.setattr(import_module("impasto.engine.level"), "make_stepper", make)
    counts = [len(losses) for losses in levels]
    return _paint(levels=len(levels), iterations=counts, tolerance=0)


def test_the_result_is_the_best_picture_and_its_losses(monkeypatch: pytest.MonkeyPatch):
    steps = _scripted(monkeypatch, [4.0, 2.0, 9.0, 3.0])
    assert [step.image.mean().item() for step in steps] == pytest.approx([0.4, 0.2, 0.2, 0.2])
    assert [step.losses["style a"].item() for step in steps] == [4, 2, 2, 2]
    assert [step.losses["b"].item() for step in steps] == [1, 0.5, 0.5, 0.5]
    assert steps[-1].picture.array.mean() == pytest.approx(0.2)
    assert steps[-1].recipe.losses == {"style a": 2.0, "b": 0.5}


def test_a_level_starts_from_the_best_of_the_one_before(monkeypatch: pytest.MonkeyPatch):
    started = []
    monkeypatch.setattr(
        import_module("impasto.engine.level"),
        "next_image",
        lambda image, start, *size: started.append(image.mean().item()) or image,
    )
    _scripted(monkeypatch, [4.0, 2.0, 9.0], [1.0, 5.0])
    assert started == pytest.approx([0.2])


def test_what_is_not_a_number_is_never_the_best():
    start, nan = torch.zeros(1, 3, 2, 2), float("nan")
    watch = Watch(0.0, 40, start, as_picture)
    kept = []
    for number, loss in enumerate([nan, 4.0, float("inf"), nan, 3.0, nan], 1):
        watch.see({"style": torch.tensor(loss)}, torch.full((1, 3, 2, 2), float(number)))
        kept.append((watch.image.mean().item(), watch.losses["style"].item()))
    assert kept[1:] == [(2, 4), (2, 4), (2, 4), (5, 3), (5, 3)]
    assert kept[0][0] == 0  # what it started from


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_no_step_has_a_higher_loss_than_one_before(optimizer: str):
    steps = _paint(optimizer=optimizer, learning_rate=0.5, iterations=25, levels=1, tolerance=0)
    totals = [_total(step) for step in steps]
    assert totals == sorted(totals, reverse=True)


def test_the_losses_of_a_step_are_those_of_its_picture():
    settings = Settings(
        size=72, iterations=25, levels=1, tolerance=0, optimizer="adam", learning_rate=0.5, **TINY
    )
    run = prepare(CONTENT, STYLE, settings, Resources(threads=1))
    *_, last = paint_tiny(run)
    again = level_objective(run, 1, TinyEncoder()).losses(last.image)
    for name, loss in last.losses.items():
        torch.testing.assert_close(again[name], loss, rtol=1e-4, atol=1e-9)


def test_a_recipe_names_the_network_that_painted():
    run = prepare(CONTENT, STYLE, Settings(size=72, levels=1, iterations=1, **TINY))
    own = next(paint_tiny(run)).recipe
    assert (own.encoder, own.weights) == ("TinyEncoder", "")
    encoder = TinyEncoder()
    encoder.name, encoder.digest = "two layers", "ab" * 32
    named = next(paint_tiny(run, encoder)).recipe
    assert (named.encoder, named.weights) == ("two layers", "ab" * 32)
    settings = Settings(size=64, levels=1, iterations=1)
    usual = next(impasto.iterate(CONTENT, STYLE, settings)).recipe
    assert usual.encoder is None
    assert len(usual.weights) == 64


def test_an_encoder_without_length_paints_all_the_same():
    class Empty(TinyEncoder):
        def __len__(self) -> int:
            return 0

    assert _paint(Empty())[-1].recipe.encoder == "Empty"


@pytest.mark.parametrize("encoder", [TinyEncoder(), build(Settings(), ["relu1_2"])])
def test_a_layer_that_an_encoder_lacks_is_said_before_the_run(encoder):
    with pytest.raises(UsageError, match="unknown layer 'relu3_1' for this network; choose from"):
        prepare(CONTENT, STYLE, Settings(size=72), encoder=encoder)


def test_an_encoder_without_layers_and_one_of_any_script():
    foreign = type("Кодер", (TinyEncoder,), {})()
    assert _paint(foreign, iterations=1)[-1].recipe.encoder == "Кодер"
    none = TinyEncoder()
    none.layers = {}
    with pytest.raises(UsageError, match="no layers at all"):
        impasto.iterate(CONTENT, STYLE, encoder=none)
    named = TinyEncoder()
    named.name = "a\x1b[2J"
    with pytest.raises(UsageError, match="an encoder's name has 1 to 200 letters"):
        _paint(named)


def test_a_layer_that_an_encoder_forgets_is_named():
    class Forgetful(TinyEncoder):
        def walk(self, image, names):
            yield from (pair for pair in super().walk(image, names) if pair[0] != "relu2_1")

    with pytest.raises(UsageError, match="the network gave no relu2_1"):
        _paint(Forgetful())


def test_a_groups_quota_bounds_the_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    listing = tmp_path / "listing"
    listing.write_text("0::/outer/inner\n")
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    assert groups.processors(tmp_path, listing) == []
    (inner / "cpu.max").write_text("max 100000\n")
    (inner.parent / "cpu.max").write_text("150000 100000\n")
    assert groups.processors(tmp_path, listing) == [1.5]
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(hardware, "allowed_processors", lambda: set(range(8)))
    monkeypatch.setattr(groups, "processors", lambda: [4.0, 1.5])
    assert hardware.available_threads() == 2
    (inner.parent / "pids.max").write_text("100\n")
    (inner.parent / "pids.current").write_text("98\n")
    assert groups.free_processes(tmp_path, listing) == [2]
    monkeypatch.setattr(groups, "free_processes", lambda: [2])
    assert hardware.available_threads() == 1


def test_stylize_returns_a_picture_and_saves_it(photo: Path, painting: Path, tmp_path: Path):
    picture = impasto.stylize(str(photo), painting, size=64, iterations=2, levels=1)
    picture.save(tmp_path / "out.png")
    assert load(tmp_path / "out.png").size == picture.size == (48, 64)
    assert picture.image.size == (64, 48)
    with pytest.raises(UsageError, match="no option 'sise'; did you mean 'size'"):
        impasto.stylize(photo, painting, sise=64)


def test_the_real_network_paints():
    run = prepare(CONTENT, STYLE, Settings(size=96, levels=2, iterations="25,15"))
    steps = list(paint(run))
    last = [step for step in steps if step.level == 1]
    assert _total(last[-1]) < 0.2 * _total(last[0])
    assert _total(steps[-1]) < _total(last[0])
    goal, result = (as_picture(p).array.mean((0, 1)) for p in (STYLE, steps[-1].picture))
    assert np.abs(goal - result).max() < 0.12  # the colours are the style's


def test_small_styles_and_enlarged_photos_are_noted(caplog: pytest.LogCaptureFixture):
    with caplog.at_level("INFO", logger="impasto"):
        prepare(CONTENT, STYLE, Settings(size=512))
    notes = " ".join(caplog.messages)
    assert "enlarged from 64 x 72 to 455 x 512 px" in notes
    assert "not enlarged" in notes


def test_a_finer_level_gets_the_start_pictures_detail():
    fine = as_picture(CONTENT).tensor()[None]
    coarse = resize(fine, 36, 32)
    # Nothing painted: enlarging and adding the missing detail gives the photograph back.
    torch.testing.assert_close(next_image(coarse, fine, (72, 64)), fine, rtol=0, atol=1e-6)
    assert torch.equal(next_image(coarse, None, (72, 64)), resize(coarse, 72, 64))
    assert next_image(fine, fine, (72, 64)) is fine


def test_half_precision_features_give_nearly_the_same_losses_and_gradient():
    """The tolerance stated in docs/benchmarks.md."""
    settings = Settings()
    results = []
    for dtype in (torch.float32, torch.bfloat16):
        encoder = build(settings, settings.layers, dtype=dtype)
        view, terms, _ = _terms(settings, encoder, torch.float32)
        image = as_picture(OTHER).tensor()[None].requires_grad_()
        results.append((Objective(view, terms)(image), image.grad.flatten()))
    (losses, gradient), (rough_losses, rough_gradient) = results
    for name, loss in losses.items():
        assert rough_losses[name].dtype.itemsize >= 4
        assert rough_losses[name].item() == pytest.approx(loss.item(), rel=0.05)
    assert torch.cosine_similarity(gradient, rough_gradient, dim=0) > 0.99


def test_a_start_picture_gets_a_little_grain_of_its_seed():
    flat = as_picture(np.full((64, 64, 3), 200, np.uint8))
    init, made = Init(flat), flat.tensor()[None]
    start = first_image(init, made, (64, 64), seed=1)
    assert 0.5 * GRAIN < start.std() < 1.5 * GRAIN
    assert torch.equal(start, first_image(init, made, (64, 64), seed=1))
    assert not torch.equal(start, first_image(init, made, (64, 64), seed=2))


def test_noise_of_single_pixels_is_not_enlarged():
    fine = as_picture(CONTENT).tensor()[None]
    coarse = resize(fine, 36, 32)
    board = (torch.arange(36)[:, None] + torch.arange(32)) % 2 * 0.1 - 0.05
    painted = next_image(coarse + board, fine, (72, 64))
    clean = next_image(coarse, fine, (72, 64))
    assert (painted - clean)[..., 4:-4, 4:-4].abs().max() < 1e-3


def test_a_finer_level_gets_grain_as_strong_as_the_styles_detail():
    image = torch.full((1, 3, 64, 96), 0.5)
    flat, rough, wild = (
        0.5 + amount * torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
        for amount in (0.0, 0.02, 0.5)
    )
    assert torch.equal(grained(image, [flat], [1.0], 3), image)
    grain = grained(image, [rough], [1.0], 3) - image
    assert grain.std().item() == pytest.approx(0.02, rel=0.05)
    assert torch.equal(grained(image, [rough], [1.0], 3), grained(image, [rough], [1.0], 3))
    assert not torch.equal(grained(image, [rough], [1.0], 3), grained(image, [rough], [1.0], 4))
    shared = grained(image, [flat, rough], [0.5, 0.5], 3) - image
    assert shared.std().item() == pytest.approx(0.01, rel=0.05)
    few = grained(image, [rough], [1.0], 3, evaluations=5) - image
    torch.testing.assert_close(few, grain / 4, rtol=0, atol=1e-6)
    most = grained(image, [wild], [1.0], 3) - image
    assert most.std().item() == pytest.approx(0.04, rel=0.05)
