"""Cells of styles drawn by lot: where the mask is, in the same order in any tiles."""

import pytest
import torch
from conftest import random_pixels

from impasto import Settings
from impasto.losses.nearest import NearestLoss
from impasto.objective.draw import draw
from impasto.objective.terms import make_terms
from impasto.reading.sources import as_picture
from impasto.scene.masks import Region
from impasto.scene.scene import Scene, plain_scene
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.view import View, make_view

COUNTS = {"relu1_1": 50, "relu2_1": 30}
NEAREST = Settings(**TINY, style_loss="nearest")


def _image(height: int, width: int, seed: int) -> torch.Tensor:
    return as_picture(random_pixels(height, width, seed)).tensor()[None].double()


def _view(tile: int | None = None) -> View:
    return make_view(TinyEncoder(torch.float64), NEAREST, tile)


def _cells(image: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return all cells (h,w,C) of each layer."""
    view = _view()
    (tile,) = view.tiles(image)
    walked = view.walk(image, tile, COUNTS)
    return {layer: features[0].permute(1, 2, 0) for layer, features in walked}


def _is_among(drawn: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    return (torch.cdist(drawn, cells.reshape(-1, cells.shape[-1])).min(1).values) < 1e-5


@pytest.mark.parametrize("tile", [16, 32])
def test_a_draw_does_not_know_of_tiles(tile: int):
    image = _image(45, 70, 1)
    whole, tiled = (draw(_view(size), image, None, COUNTS) for size in (None, tile))
    for layer, count in COUNTS.items():
        assert len(whole[layer]) == count
        torch.testing.assert_close(tiled[layer], whole[layer], rtol=0, atol=1e-12)
        assert _is_among(whole[layer], _cells(image)[layer]).all()


def test_no_cell_is_drawn_twice_and_none_is_left_out_where_all_are_wanted():
    image = _image(20, 30, 1)
    found = draw(_view(), image, None, {"relu2_1": 1000})["relu2_1"]
    every = _cells(image)["relu2_1"].reshape(-1, 6)
    assert len(found) == 10 * 15
    # Sorted alike, they are the same.
    ours, theirs = (sorted(map(tuple, cells.tolist())) for cells in (found, every))
    assert torch.allclose(torch.tensor(ours), torch.tensor(theirs))


def test_a_draw_stays_within_the_mask():
    image, mask = _image(40, 60, 1), torch.zeros(1, 1, 40, 60, dtype=torch.float64)
    mask[..., 10:20, 5:31] = 1
    found = draw(_view(), image, mask, COUNTS)
    for layer, cells in _cells(image).items():
        stride = 40 // len(cells)
        # Cells that lie in it by half count, too.
        inside = cells[10 // stride : 20 // stride, 5 // stride : 32 // stride]
        assert _is_among(found[layer], inside).all(), layer


def _goal(styles: list[tuple[torch.Tensor, float]]) -> torch.Tensor:
    scene = plain_scene(_image(40, 40, 3), styles)
    terms = make_terms(_view(), scene, NEAREST)
    (own,) = (term.loss for term in terms if term.name == "style relu2_1")
    return own._style.directions


def test_each_style_is_drawn_from_by_its_share():
    one, other = _image(64, 64, 1), _image(64, 64, 2)
    wanted = NearestLoss.cells_a_filter * 6
    mixed = _goal([(one, 0.25), (other, 0.75)])
    assert len(mixed) == wanted
    scene = [draw(_view(), image, None, {"relu2_1": wanted})["relu2_1"] for image in (one, other)]
    cells = torch.cat((scene[0][: wanted // 4], scene[1][: 3 * wanted // 4]))
    about = cells - cells.mean(0)
    torch.testing.assert_close(mixed, about / about.norm(dim=1, keepdim=True))


def test_each_region_is_drawn_from_its_own_style():
    left = torch.zeros(1, 1, 40, 40, dtype=torch.float64)
    left[..., :20] = 1
    styles = [_image(64, 64, 1), _image(64, 64, 2)]
    regions = [Region("left", left, ((0, 1.0, None),)), Region("", 1 - left, ((1, 1.0, None),))]
    scene = Scene(_image(40, 40, 3), styles, regions)
    found = {
        term.name: term.loss._style.directions
        for term in make_terms(_view(), scene, NEAREST)
        if term.name.startswith("style relu2_1")
    }
    for name, style in zip(("style relu2_1 left", "style relu2_1"), styles, strict=True):
        torch.testing.assert_close(found[name], _goal([(style, 1.0)]))
