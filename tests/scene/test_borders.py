"""Borders of style pictures: what is found of them, and what is left alone."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from impasto import Settings, Style, prepare
from impasto.reading.sources import as_picture
from impasto.scene.borders import border_of

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.jpg"))


def _example(name: str, size: tuple[int, int] = (600, 450)) -> Image.Image:
    return Image.open(EXAMPLES / f"{name}.jpg").convert("RGB").resize(size)


def _mounted(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, 60, (240, 238, 230))


def _letterboxed(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, (0, 70), "black")


def _framed(image: Image.Image) -> Image.Image:
    """Put a picture into a wooden frame, whose grain runs along it."""
    width, height = image.size
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 6, (height + 80, width + 80, 1)) + np.array([96, 58, 30])
    wood = Image.fromarray(grain.clip(0, 255).astype(np.uint8))
    wood.paste(image, (40, 40))
    return wood


def _scanned(image: Image.Image) -> Image.Image:
    """Leave a strip of the scanner's white on one side, not quite clean."""
    wide = ImageOps.expand(image, (0, 0, 8, 0), "white")
    ImageDraw.Draw(wide).line([(wide.width - 4, 30), (wide.width - 4, 36)], (90, 90, 90))
    return wide


FORMS = {
    _mounted: (60, 60, 60, 60),
    _letterboxed: (0, 70, 0, 70),
    _framed: (40, 40, 40, 40),
    _scanned: (0, 0, 8, 0),
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_borders_are_found_to_some_pixels(name: str, form):
    found = border_of(as_picture(form(_example(name))))
    for depth, there in zip(found.values(), FORMS[form], strict=True):
        assert there <= depth <= there + (10 if there else 0)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_without_a_border_stay_whole(name: str):
    for size in ((600, 450), (450, 600), (97, 61)):
        assert not any(border_of(as_picture(_example(name, size))).values())


def test_a_frame_around_a_mount_is_found_as_well():
    found = border_of(as_picture(_framed(_mounted(_example("swirl")))))
    assert all(98 <= depth <= 108 for depth in found.values())


@pytest.mark.parametrize("colour", ["white", "black", (90, 120, 200)])
def test_a_plain_picture_has_no_border(colour):
    assert not any(border_of(as_picture(Image.new("RGB", (300, 200), colour))).values())


def test_a_frame_is_no_part_of_the_style(caplog):
    caplog.set_level("INFO", "impasto")
    photo, painting = _example("coffee", (96, 72)), _mounted(_example("swirl"))
    run = prepare(photo, painting, Settings(size=64))
    (style,) = run.originals.styles
    assert style.picture.size == (450, 600)
    assert "has a border, which is left out: 6" in caplog.text
    kept = prepare(photo, painting, Settings(size=64, style_border="keep"))
    assert kept.originals.styles[0].picture.size == (570, 720)
    # The recipe names the picture as it was handed in.
    assert run.ingredients.styles == kept.ingredients.styles


def test_a_map_of_the_style_is_cut_alike():
    painting = as_picture(_mounted(_example("swirl")))
    map_ = as_picture(Image.new("RGB", (720, 570), "black"))
    run = prepare(
        _example("coffee", (96, 72)),
        Style(painting, regions=map_),
        Settings(size=64),
        regions=Image.new("RGB", (96, 72), "black"),
    )
    assert run.originals.styles[0].picture.size[0] < 460
