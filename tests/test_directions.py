"""Every option changes the result in the direction that its help claims: which test says so."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import paint_tiny, random_pixels

from impasto import Settings, Style
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.optimizers import make_stepper
from impasto.optimizers.lbfgs import LBFGS
from impasto.pictures.resample import fine_detail
from impasto.reading.sources import as_picture
from impasto.settings.option import options
from impasto.testing import TINY, TinyEncoder

PHOTO = random_pixels(64, 96, 1)
RED = np.full((64, 64, 3), (220, 40, 40), np.uint8) // 2 + random_pixels(64, 64, 2) // 4
BLUE = np.full((64, 64, 3), (30, 60, 220), np.uint8) // 2 + random_pixels(64, 64, 3) // 4

SAID = {
    "size": "test_levels.py::test_every_level_is_fit_to_be_painted",
    "init": "test_engine.py::test_starts_differ_and_seeds_matter",
    "colour": "test_controls.py::test_luminance_and_chroma_keep_the_photographs_colours",
    "surface": "test_controls.py::test_a_photographs_surface_is_the_photographs",
    "faces": "test_faces.py::test_auto_keeps_faces_and_says_so",
    "seed": "test_engine.py::test_starts_differ_and_seeds_matter",
    "content_weight": "test_engine.py::test_only_the_ratio_of_the_weights_matters",
    "style_weight": "test_engine.py::test_more_style_weight_takes_more_style",
    "strength": "test_controls.py::test_more_strength_is_more_style_and_less_photograph",
    "objective": "test_terms.py::test_literal_sums_keep_the_photograph",
    "style_loss": "test_controls.py::test_every_style_loss_falls_and_moves_the_colours",
    "smoothness": "test_controls.py::test_smoothness_makes_smooth",
    "content_layers": "test_directions.py::test_a_shallow_content_layer_keeps_pixels",
    "content_statistics": "test_matching.py::"
    "test_with_the_styles_statistics_the_content_asks_for_nothing_the_style_forbids",
    "content_focus": "test_focus.py::test_structure_counts_more_and_flat_parts_a_little",
    "style_layers": "test_directions.py::test_a_style_layer_is_met_where_it_is_asked_for",
    "style_blend": "test_directions.py::test_the_larger_share_has_the_colours",
    "style_scale": "test_directions.py::test_a_larger_style_scale_makes_larger_strokes",
    "style_crops": "test_controls.py::test_crops_take_the_style_from_their_part_alone",
    "style_border": "test_borders.py::test_a_frame_is_no_part_of_the_style",
    "network": "test_vgg.py::test_mean_activation_on_photographs_is_one",
    "weights": "test_weights_files.py::test_safetensors_hold_the_same_network",
    "pooling": "test_vgg.py::test_features_agree_with_a_straightforward_network",
    "padding": "test_directions.py::test_what_wraps_has_no_seam",
    "levels": "test_levels.py::test_levels_halve_down_to_about_128",
    "detail": "test_directions.py::test_more_detail_is_more_of_the_photographs",
    "iterations": "test_levels.py::test_limits_repeat_and_may_not_be_too_many",
    "tolerance": "test_engine.py::test_a_settled_level_ends_early",
    "optimizer": "test_optimizer.py::test_adam_approaches_the_minimum",
    "pixels": "test_optimizer.py::test_only_free_pixels_leave_their_range",
    "history": "test_directions.py::test_a_longer_memory_ends_lower",
    "learning_rate": "test_directions.py::test_a_larger_learning_rate_moves_further",
}


def _paint(content=PHOTO, styles=RED, **values) -> torch.Tensor:
    options = {"size": 96, "levels": 1, "iterations": 20, "tolerance": 0, **TINY, **values}
    *_, last = paint_tiny(prepare(content, styles, Settings(**options)))
    return last.image


def _gap(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one - other).square().mean().item()


def _pixels(picture) -> torch.Tensor:
    return as_picture(picture).tensor()[None]


def test_every_option_has_a_test_that_says_so():
    folder = Path(__file__).parent
    known = {
        f"{path.name}::{node.name}"
        for path in folder.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(SAID) == set(options(Settings))
    assert set(SAID.values()) <= known


def test_a_shallow_content_layer_keeps_pixels():
    gaps = [
        _gap(
            _paint(init="noise", content_layers=layer, style_weight=0, smoothness=0), _pixels(PHOTO)
        )
        for layer in ("relu1_1", "relu2_1")
    ]
    assert gaps[0] < gaps[1] / 1.4


def _style_loss(image: torch.Tensor, styles=RED, **values) -> float:
    settings = Settings(size=96, levels=1, **{**TINY, **values})
    losses = level_objective(prepare(PHOTO, styles, settings), 1, TinyEncoder()).losses(image)
    return sum(loss.item() for name, loss in losses.items() if name.startswith("style"))


def _assert_each_is_nearest_its_own(styles, name: str, values: tuple) -> None:
    """What is painted by each value must fit that value's style best."""
    free = {"content_weight": 0, "smoothness": 0, "iterations": 100}
    for value, other in (values, values[::-1]):
        own = _paint(styles=styles, **{name: value}, **free)
        foreign = _paint(styles=styles, **{name: other}, **free)
        assert _style_loss(own, styles, **{name: value}) < 0.5 * _style_loss(
            foreign, styles, **{name: value}
        )


def test_a_style_layer_is_met_where_it_is_asked_for():
    _assert_each_is_nearest_its_own(RED, "style_layers", ("relu1_1", "relu2_1"))


def test_the_larger_share_has_the_colours():
    means = [
        _paint(styles=[RED, BLUE], style_blend=shares, content_weight=0).mean((0, 2, 3))
        for shares in ((0.9, 0.1), (0.1, 0.9))
    ]
    red, _, blue = means[0] - means[1]
    assert red > 0.05
    assert blue < -0.05


def test_a_larger_style_scale_makes_larger_strokes():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, np.arange(256) % 16 < 8] = 255
    _assert_each_is_nearest_its_own(stripes, "style_scale", (1, 3))


def test_what_wraps_has_no_seam():
    def seam(image: torch.Tensor) -> float:
        across = (image[..., 0] - image[..., -1]).abs().mean()
        return (across / image.diff(dim=3).abs().mean()).item()

    seams = [
        seam(_paint(content=None, styles=PHOTO, size="96x64", padding=padding, iterations=60))
        for padding in ("wrap", "reflect")
    ]
    assert seams[0] < 0.8 * seams[1]


def test_more_detail_is_more_of_the_photographs():
    lively = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    own = fine_detail(_pixels(lively))

    def kept(detail: float) -> float:
        image = _paint(
            lively, RED, size=128, levels=2, iterations=(10, 1), detail=detail, style_weight=1e6
        )
        return ((fine_detail(image) * own).mean() / own.square().mean()).item()

    assert kept(0) < kept(0.5) - 0.1 < kept(1) - 0.2


def test_a_longer_memory_ends_lower():
    generator = torch.Generator().manual_seed(0)
    start, target = torch.rand(2, 1, 3, 6, 5, generator=generator, dtype=torch.float64)
    curvature = torch.logspace(0, 3, target.numel(), dtype=torch.float64).view_as(target)

    def objective(image: torch.Tensor) -> dict[str, torch.Tensor]:
        image.grad = None
        loss = (curvature * (image - target).square()).sum()
        loss.backward()
        return {"bowl": loss.detach()}

    def last(history: int) -> float:
        stepper = LBFGS(start, history)
        return [stepper.step(objective)[1]["bowl"].item() for _ in range(60)][-1]

    assert last(20) < last(1) / 2


def test_a_larger_learning_rate_moves_further():
    start = torch.full((1, 3, 4, 4), 0.5)

    def moved(rate: float) -> float:
        stepper = make_stepper(start, Settings(optimizer="adam", learning_rate=rate))

        def objective(image: torch.Tensor) -> dict[str, torch.Tensor]:
            image.grad = torch.ones_like(image)
            return {"slope": image.detach().sum()}

        stepper.step(objective)
        return (stepper.step(objective)[0] - start).abs().mean().item()

    assert moved(0.04) == pytest.approx(2 * moved(0.02), rel=0.05)


def test_a_region_is_smoothed_against_its_own_style():
    """Each region's fine detail is measured against what serves it, not against all styles."""
    map_ = np.zeros((64, 96, 3), np.uint8)
    map_[:, 48:] = 255
    noisy = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    styles = [
        Style(as_picture(RED), regions=(0, 0, 0)),
        Style(as_picture(noisy), regions=(255, 255, 255)),
    ]
    run = prepare(PHOTO, styles, Settings(size=96, levels=1, **TINY), regions=map_)
    losses = level_objective(run, 1, TinyEncoder()).losses(_pixels(noisy.repeat(2, 1)[:, :96]))
    assert losses["smoothness #ffffff"] < losses["smoothness #000000"] / 10
