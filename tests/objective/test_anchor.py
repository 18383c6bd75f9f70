"""A painting that is held to another: by how much, where, and by tiles as by the whole."""

import pytest
import torch
from conftest import TOLERANCE, paint_tiny, random_pixels

from impasto import prepare
from impasto.engine.following import Start, following
from impasto.objective.anchor_terms import anchor_terms
from impasto.objective.objective import Objective, make_objective
from impasto.reading.sources import as_picture
from impasto.scene.anchor import Anchor
from impasto.scene.scene import plain_scene
from impasto.settings.settings import Settings
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.view import make_view

PHOTO, NEXT, STYLE = (random_pixels(64, 96, seed) for seed in (1, 2, 3))
SMALL = {"size": 96, "levels": 2, "iterations": 4, "threads": 1, "faces": "style", **TINY}


def _tensor(seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return as_picture(random_pixels(64, 96, seed)).tensor()[None].to(dtype)


def _half() -> torch.Tensor:
    mask = torch.zeros(1, 1, 64, 96)
    mask[..., :48] = 1
    return mask


def test_the_loss_is_a_mean_over_what_is_held_and_grows_with_its_share():
    anchor = Anchor(_tensor(1), _half().double(), weight=8.0)
    view = make_view(TinyEncoder(torch.float64), Settings(**TINY))
    moved = (anchor.image + 0.5 * _half()).requires_grad_()
    losses = Objective(view, anchor_terms(anchor))(moved)
    assert losses["anchor"].item() == pytest.approx(8.0 * 0.5 * 0.25)
    # The square's slope, pixel by pixel, and nothing where nothing is held.
    slope = 8.0 * 2 * 0.5 / (3 * 64 * 96)
    assert torch.allclose(moved.grad, (slope * _half().double()).expand_as(moved))
    assert not anchor_terms(Anchor(anchor.image, torch.zeros(1, 1, 64, 96), 8.0))


@pytest.mark.parametrize("style_loss", ["covariance", "sliced", "gram"])
def test_a_held_painting_is_evaluated_in_tiles_as_whole(style_loss: str):
    settings = Settings(style_loss=style_loss, **TINY)
    scene = plain_scene(_tensor(1), [(_tensor(2), 1.0)])
    object.__setattr__(scene, "anchor", Anchor(_tensor(3), _half().double(), 5.0))
    found = []
    for tile_px in (None, 32):
        objective = make_objective(TinyEncoder(torch.float64), scene, settings, tile_px=tile_px)
        image = _tensor(4).requires_grad_()
        losses = objective(image)
        found.append((torch.stack(list(losses.values())), image.grad))
    for whole, tiled in zip(*found, strict=True):
        assert torch.allclose(whole, tiled, rtol=TOLERANCE[torch.float64], atol=1e-12)


def test_the_next_frame_goes_on_at_the_finest_level_and_is_held():
    run = prepare(PHOTO, STYLE, **SMALL)
    first = list(paint_tiny(run))[-1]
    for weight in (0.0, 30.0):
        anchor = Anchor(first.image, _half(), weight)
        later = following(run, as_picture(NEXT), Start(first.image, anchor), iterations=12)
        assert [level.iterations for level in later.levels] == [12]
        assert later.levels[0].content_emphasis == run.levels[-1].content_emphasis
        steps = list(paint_tiny(later))
        apart = (steps[-1].image - first.image).abs()
        held, free = apart[..., :48].mean().item(), apart[..., 48:].mean().item()
        assert free > 0.005
        assert held < free / 2 if weight else held > free / 2


def test_a_new_scene_is_painted_as_if_it_were_the_first():
    run = prepare(PHOTO, STYLE, **SMALL)
    list(paint_tiny(run))
    again = list(paint_tiny(following(run, as_picture(NEXT), None)))[-1].image
    alone = list(paint_tiny(prepare(NEXT, STYLE, **SMALL)))[-1].image
    assert torch.equal(again, alone)


@pytest.mark.parametrize("colour", ["luminance", "chroma", "match"])
def test_colours_are_those_of_each_photograph(colour: str):
    run = prepare(PHOTO, STYLE, colour=colour, **SMALL)
    originals = following(run, as_picture(NEXT), None).originals
    assert originals.styles is run.originals.styles
    if colour != "match":
        assert (originals.colours.array == as_picture(NEXT).array).all()
