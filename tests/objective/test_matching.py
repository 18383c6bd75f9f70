"""The photograph's responses in its styles' terms: theirs in the mean, its own place by place."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import TOLERANCE, paint_tiny, random_pixels

from impasto import Settings
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.losses.moments import measure_moments
from impasto.objective import matching
from impasto.objective.matching import match
from impasto.objective.objective import Objective
from impasto.objective.terms import make_terms
from impasto.reading.sources import as_picture
from impasto.scene.masks import Region
from impasto.scene.scene import plain_scene
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.view import make_view


def _maps(height: int = 12, width: int = 10, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.rand(1, 3, height, width, generator=generator, dtype=torch.float64) + 1


def _mean_and_spread(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    cells = maps[0].flatten(1)
    return cells.mean(1), cells.std(1, correction=0)


def test_mean_and_spread_become_the_goals_and_the_order_stays():
    maps, goal = _maps(), _maps(7, 9, seed=1, scale=3)
    before = maps.clone()
    match(maps, [(None, measure_moments(goal))])
    for found, expected in zip(_mean_and_spread(maps), _mean_and_spread(goal), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)
    assert torch.equal(maps[0, 0].flatten().argsort(), before[0, 0].flatten().argsort())


def test_each_region_has_its_own_goal_and_the_rest_stays():
    maps, goals = _maps(), [_maps(seed=seed, scale=scale) for seed, scale in ((1, 0.5), (2, 2.0))]
    before = maps.clone()
    masks = torch.zeros(2, 1, 1, 12, 10, dtype=torch.float64)
    masks[0, ..., :4, :], masks[1, ..., 4:9, :] = 1, 1
    match(maps, [(mask, measure_moments(g)) for mask, g in zip(masks, goals, strict=True)])
    for rows, goal in zip((slice(0, 4), slice(4, 9)), goals, strict=True):
        for found, expected in zip(
            _mean_and_spread(maps[:, :, rows]), _mean_and_spread(goal), strict=True
        ):
            torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)
    assert torch.equal(maps[:, :, 9:], before[:, :, 9:])


def test_a_filter_that_hardly_responds_does_not_shout():
    maps, goal = _maps(), _maps(seed=1)
    maps[:, 0] = 1 + 1e-6 * maps[:, 0]
    match(maps, [(None, measure_moments(goal))])
    assert maps[:, 0].std() < 0.01 * goal[:, 0].std()
    assert maps.min() >= 0


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch):
    whole, strips = _maps(), _maps()
    goal = measure_moments(_maps(seed=1))
    match(whole, [(None, goal)])
    monkeypatch.setattr(matching, "_CELLS_AT_ONCE", (20, 20))
    match(strips, [(None, goal)])
    assert torch.equal(whole, strips)


@pytest.mark.parametrize("tile", [32, 48])
def test_tiles_are_the_whole_with_regions_and_focus(tile: int):
    settings = Settings(**TINY, content_focus=1)
    images = [as_picture(random_pixels(80, 96, seed)).tensor()[None].double() for seed in range(4)]
    mask = torch.zeros(1, 1, 80, 96, dtype=torch.float64)
    mask[..., 30:] = 1
    regions = [Region("a", mask, ((0, 1.0, None),)), Region("b", 1 - mask, ((1, 1.0, None),))]
    scene = replace(plain_scene(images[0], [(images[1], 0.5), (images[2], 0.5)]), regions=regions)
    losses, gradients = [], []
    for tile_px in (None, tile):
        view = make_view(TinyEncoder(torch.float64), settings, tile_px)
        image = images[3].clone().requires_grad_()
        found = Objective(view, make_terms(view, scene, settings))(image)
        losses.append({name: loss.item() for name, loss in found.items()})
        gradients.append(image.grad)
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)
    error = (gradients[0] - gradients[1]).norm() / gradients[0].norm()
    assert error <= TOLERANCE[torch.float64]


def _ends(statistics: str) -> dict[str, float]:
    """Paint by these statistics; return the losses by the paper's, unweighted."""
    dim = np.full((64, 64, 3), 40, np.uint8) + random_pixels(64, 64, 2) // 8
    values = {"size": 96, "levels": 1, "iterations": 40, "tolerance": 0, **TINY, "smoothness": 0}
    photo, weighed = random_pixels(64, 96, 1), {"content_weight": 1, "style_weight": 10}
    run = prepare(photo, dim, Settings(**values, **weighed, content_statistics=statistics))
    *_, last = paint_tiny(run)
    judge = prepare(photo, dim, Settings(**values, content_statistics="photograph"))
    return {
        name: loss.item()
        for name, loss in level_objective(judge, 1, TinyEncoder())
        .losses(last.image, weighted=False)
        .items()
    }


def test_with_the_styles_statistics_the_content_asks_for_nothing_the_style_forbids():
    ours, papers = _ends("style"), _ends("photograph")
    for layer in ("relu1_1", "relu2_1"):
        assert ours[f"style {layer}"] < 0.5 * papers[f"style {layer}"]


def test_without_any_style_the_photograph_is_kept_as_it_is():
    settings = Settings(**TINY)
    view = make_view(TinyEncoder(), settings)
    photo, style = (as_picture(random_pixels(64, 64, seed)).tensor()[None] for seed in (1, 2))
    scene = plain_scene(photo, [(style / 3, 1.0)])
    own, alone, beside = (
        make_terms(view, scene, replace(settings, **values))[0].reference
        for values in ({"content_statistics": "photograph"}, {"style_weight": 0}, {})
    )
    assert torch.equal(alone, own)
    assert (beside - own).abs().mean() > 0.1 * own.mean()
