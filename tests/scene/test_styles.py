"""Styles as people give them: checked, weighed, scaled."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from conftest import paint_tiny, random_pixels

from impasto import Picture, Settings, Style, UsageError
from impasto.engine.prepare import prepare
from impasto.reading.load import load
from impasto.scene.alpha import filled
from impasto.scene.styles import as_styles, shared_out
from impasto.testing import TINY

PIXELS = random_pixels(48, 64, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weight": -1}, "the weight of a style cannot be -1; give 0 or more"),
        ({"weight": math.nan}, "not a finite number"),
        ({"weight": "much"}, "not a number"),
        ({"weight": None}, "not a number"),
        ({"scale": 0.04}, "the scale of a style cannot be 0.04; give 0.05 to 20"),
        ({"scale": 21}, "give 0.05 to 20"),
        ({"regions": (1, 2)}, "three whole numbers of 0 to 255"),
        ({"regions": (0, 0, 256)}, "three whole numbers of 0 to 255"),
        ({"regions": (0.5, 0, 0)}, "three whole numbers of 0 to 255"),
        ({"regions": "none.png"}, "there is no file none.png"),
    ],
)
def test_a_style_is_checked_as_the_options_are(values: dict, message: str):
    with pytest.raises(UsageError, match=message):
        Style(PIXELS, **values)


def test_a_style_takes_what_makes_a_picture_and_any_kind_of_number():
    style = Style(PIXELS, np.float32(2), (np.uint8(255), 0, 0), scale=np.float64(0.5))
    assert style.picture.size == (48, 64)
    assert json.dumps([style.weight, style.scale, style.regions]) == "[2.0, 0.5, [255, 0, 0]]"
    assert Style(PIXELS, regions=PIXELS).regions.size == (48, 64)


def test_numbers_of_numpy_in_a_style_are_saved_in_a_recipe():
    styles = [Style(PIXELS, np.float32(2), scale=np.float32(20)), Style(PIXELS, np.int64(1))]
    settings = Settings(size=48, style_scale=20, style_crops="0:0:1:.99", **TINY)
    run = prepare(PIXELS, styles, settings)  # scales multiplied may leave the range
    assert max(style.scale for style in run.originals.styles) > 20
    step = next(iter(paint_tiny(run)))
    assert json.loads(step.recipe.as_json())["ingredients"]["styles"][0]["weight"] == 2.0


def test_styles_that_weigh_nothing_in_all_are_refused():
    with pytest.raises(UsageError, match="the styles weigh nothing in all"):
        prepare(PIXELS, [Style(PIXELS, 0), Style(PIXELS, 0)], Settings(size=48))


def test_colours_under_transparent_pixels_come_from_beside_them():
    pixels = np.zeros((33, 47, 3), np.float32)
    alpha = np.zeros((33, 47), np.float32)
    pixels[:, :20], alpha[:, :20] = (0.2, 0.6, 0.4), 1
    found = filled(Picture(pixels, alpha)).array
    np.testing.assert_allclose(found, np.broadcast_to((0.2, 0.6, 0.4), found.shape), atol=1e-4)


def test_styles_share_alike_unless_told(photo: Path, painting: Path):
    assert [style.weight for style in shared_out(as_styles([photo, painting]))] == [0.5, 0.5]
    assert [style.weight for style in shared_out(as_styles([photo, painting]), (3, 1))] == [
        0.75,
        0.25,
    ]
    single = shared_out(as_styles(Style(load(photo), 7)))
    assert single[0].weight == 1
    with pytest.raises(UsageError, match="3 shares for 2 styles"):
        shared_out(as_styles([photo, painting]), (1, 1, 1))
    with pytest.raises(UsageError, match="no style"):
        as_styles([])
