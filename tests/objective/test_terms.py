"""The weights of the terms: means of squares, or the sums that the paper prints."""

from dataclasses import replace

import pytest
import torch
from conftest import TOLERANCE, paint_tiny, random_pixels

from impasto import Settings
from impasto.engine.prepare import prepare
from impasto.objective.objective import Objective
from impasto.objective.term import Term
from impasto.objective.terms import make_terms
from impasto.reading.sources import as_picture
from impasto.scene.masks import Region
from impasto.scene.scene import Scene, plain_scene
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.view import make_view

LAYERS = ["relu1_1", "relu2_1"]
# The paper's method; its weights are 1 and 1000.
PAPER = Settings(
    **TINY,
    content_statistics="photograph",
    content_focus=0,
    content_weight=1,
    style_loss="gram",
    smoothness=0,
    padding="zeros",
)
LITERAL = replace(PAPER, objective="literal")


def _image(height: int, width: int, seed: int) -> torch.Tensor:
    return as_picture(random_pixels(height, width, seed)).tensor()[None].double()


def _scene(height: int = 64, width: int = 48) -> Scene:
    return plain_scene(_image(height, width, 1), [(_image(height, width, 2), 1.0)])


def _terms(scene: Scene, settings: Settings) -> list[Term]:
    return make_terms(make_view(TinyEncoder(torch.float64), settings), scene, settings)


def _weights(scene: Scene, settings: Settings) -> dict[str, float]:
    return {term.name: term.weight for term in _terms(scene, settings)}


def _maps(image: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return F (N, M) of every layer."""
    found = TinyEncoder(torch.float64).features(image, LAYERS)
    return {name: features[0].flatten(1) for name, features in found.items()}


@pytest.mark.parametrize("tile", [None, 32])
def test_literal_sums_are_those_that_the_paper_prints(tile: int | None):
    scene, image = _scene(), _image(64, 48, 3).requires_grad_()
    view = make_view(TinyEncoder(torch.float64), LITERAL, tile)
    losses = Objective(view, make_terms(view, scene, LITERAL))(image)
    ours, photo, style = (_maps(picture) for picture in (image, scene.content, scene.styles[0]))
    printed = {"content relu2_1": 1 / 2 * (ours["relu2_1"] - photo["relu2_1"]).square().sum()}
    for layer in LAYERS:
        gram, goal = (maps[layer] @ maps[layer].T for maps in (ours, style))
        filters, cells = ours[layer].shape
        error = (gram - goal).square().sum() / (4 * filters**2 * cells**2)
        printed[f"style {layer}"] = 1000 * error / len(LAYERS)
    # Both weights are divided by their sum.
    assert {name: 1001 * loss.item() for name, loss in losses.items()} == pytest.approx(
        {name: loss.item() for name, loss in printed.items()}, rel=1e-10
    )
    (slope,) = torch.autograd.grad(sum(printed.values()), image)
    assert (1001 * image.grad - slope).norm() <= TOLERANCE[torch.float64] * slope.norm()


def test_a_literal_sum_is_over_what_is_seen():
    seen = torch.ones(1, 1, 64, 48, dtype=torch.float64)
    seen[..., :20] = 0
    scene, image = replace(_scene(), visible=seen), _image(64, 48, 3)
    losses = Objective(
        make_view(TinyEncoder(torch.float64), LITERAL), _terms(scene, LITERAL)
    ).losses(image)
    ours, photo = (
        TinyEncoder(torch.float64).features(picture, LAYERS)["relu2_1"][..., 10:]
        for picture in (image, scene.content)
    )
    expected = 1 / 2 * (ours - photo).square().sum().item()
    assert 1001 * losses["content relu2_1"].item() == pytest.approx(expected, rel=1e-10)


def test_literal_style_is_a_quarter_in_every_region_and_smoothness_stays():
    left = torch.zeros(1, 1, 64, 48, dtype=torch.float64)
    left[..., :12] = 1
    regions = [Region("left", left, ((0, 1.0, None),)), Region("", 1 - left, ((0, 1.0, None),))]
    scene, smooth = replace(_scene(), regions=regions), {"smoothness": 2.0}
    means, literal = (_weights(scene, replace(s, **smooth)) for s in (PAPER, LITERAL))
    for region in (" left", ""):
        assert literal[f"smoothness{region}"] == means[f"smoothness{region}"]
        for layer in LAYERS:
            name = f"style {layer}{region}"
            assert literal[name] == pytest.approx(means[name] / 4)


@pytest.mark.parametrize(("settings", "factor"), [(PAPER, 1), (LITERAL, 4)])
def test_a_larger_picture_weighs_more_content_by_literal_sums_alone(
    settings: Settings, factor: int
):
    small, large = (_weights(_scene(*size), settings) for size in ((64, 48), (128, 96)))
    content = "content relu2_1"
    assert large.pop(content) == pytest.approx(factor * small.pop(content))
    assert large == small


def test_literal_sums_keep_the_photograph():
    photo, style = random_pixels(64, 96, 1), random_pixels(64, 64, 2)
    gaps = []
    for settings in (PAPER, LITERAL):
        options = {"size": 96, "levels": 1, "iterations": 20, "tolerance": 0}
        *_, last = paint_tiny(prepare(photo, style, replace(settings, **options)))
        gaps.append((last.image - as_picture(photo).tensor()).square().mean().item())
    assert gaps[1] < gaps[0] / 4
