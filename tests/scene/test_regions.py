import numpy as np
import pytest
from conftest import random_pixels
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from impasto import PictureError, Style, UsageError
from impasto.pictures.labels import read_colour, read_labels
from impasto.reading.sources import as_picture
from impasto.scene.regions import match_regions
from impasto.scene.styles import as_styles, shared_out

RED, BLUE = (255, 0, 0), (0, 0, 255)


def _map(height: int = 40, width: int = 60, left=RED, right=BLUE) -> np.ndarray:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:, : width // 3], pixels[:, width // 3 :] = left, right
    return pixels


def _style(seed: int = 1, **more) -> Style:
    return Style(as_picture(random_pixels(48, 72, seed)), **more)


def test_labels_are_the_colours_that_cover_enough():
    pixels = _map()
    pixels[0, 0] = (0, 255, 0)  # a pixel in 2400 is no region; it joins its nearest
    labels = read_labels(as_picture(pixels))
    assert labels.colours == (BLUE, RED)
    assert set(np.unique(labels.index)) == {0, 1}
    assert labels.mask(1).sum() in (40 * 20, 40 * 20 - 1)


def test_a_jpeg_map_has_the_labels_of_the_flat_one(tmp_path):
    path = tmp_path / "map.jpg"
    Image.fromarray(_map(200, 300)).save(path, quality=85)
    labels = read_labels(as_picture(path))
    assert len(labels.colours) == 2
    flat = read_labels(as_picture(_map(200, 300)))
    assert (labels.index == flat.index).mean() > 0.98


@given(st.integers(2, 6), st.integers(0, 99))
def test_every_pixel_has_one_label(count: int, seed: int):
    rng = np.random.default_rng(seed)
    colours = rng.integers(0, 256, (count, 3), dtype=np.uint8)
    labels = read_labels(as_picture(colours[rng.integers(0, count, (20, 30))]))
    masks = sum(labels.mask(number) for number in range(len(labels.colours)))
    assert (masks == 1).all()


def test_noise_is_no_map():
    with pytest.raises(PictureError, match="no colour that covers"):
        read_labels(as_picture(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)))


def test_without_a_map_every_style_serves_the_whole():
    (region,) = match_regions((40, 60), None, shared_out(as_styles([_style(1), _style(2)]), (3, 1)))
    assert region.mask is None
    assert region.styles == ((0, 0.75, None), (1, 0.25, None))


def test_a_label_is_served_by_the_styles_whose_map_has_it():
    own = as_picture(_map(48, 72))
    styles = shared_out(as_styles([_style(1, regions=own), _style(2, regions=RED), _style(3)]))
    blue, red = match_regions((40, 60), as_picture(_map()), styles)
    assert (blue.name, red.name) == ("#0000ff", "#ff0000")
    assert [number for number, _, _ in blue.styles] == [0, 2]
    assert [number for number, _, _ in red.styles] == [0, 1, 2]
    assert blue.styles[0][2].shape == (1, 1, 48, 72)
    assert blue.styles[1][2] is None


def test_a_region_that_no_style_serves_is_refused():
    with pytest.raises(UsageError, match="no style serves the region #0000ff"):
        match_regions((40, 60), as_picture(_map()), shared_out(as_styles([_style(regions=RED)])))


def test_maps_of_another_shape_are_refused():
    with pytest.raises(UsageError, match="the map of regions is 60 x 60 px and the photograph"):
        match_regions((40, 60), as_picture(_map(60, 60)), shared_out(as_styles([_style()])))
    square = as_picture(_map(48, 48))
    with pytest.raises(UsageError, match="the map of style 1 is 48 x 48 px"):
        match_regions((40, 60), as_picture(_map()), shared_out(as_styles([_style(regions=square)])))


def test_a_map_of_the_same_shape_may_be_smaller():
    regions = match_regions((401, 601), as_picture(_map()), shared_out(as_styles([_style()])))
    assert len(regions) == 2


def test_a_styles_map_alone_is_refused():
    with pytest.raises(UsageError, match="give --regions"):
        match_regions((40, 60), None, shared_out(as_styles([_style(regions=RED)])))


def test_a_region_that_the_photograph_lacks_is_noted(caplog):
    green = as_picture(_map(48, 72, left=(0, 255, 0)))
    with caplog.at_level("INFO", logger="impasto"):
        styles = shared_out(as_styles([_style(regions=green), _style(2)]))
        match_regions((40, 60), as_picture(_map()), styles)
    assert "style 1 has the region #00ff00, which the photograph's map has not" in caplog.text


def test_a_plain_colour_without_a_region_is_refused():
    styles = shared_out(as_styles([_style(regions=(0, 255, 0)), _style(2)]))
    with pytest.raises(
        UsageError, match=r"style 1 serves the region #00ff00.* it has #0000ff, #ff"
    ):
        match_regions((40, 60), as_picture(_map()), styles)


def test_a_region_that_is_transparent_in_its_style_is_refused():
    picture = np.full((48, 72, 4), 255, np.uint8)
    picture[:, 20:, 3] = 0  # over all of the right colour
    style = Style(as_picture(picture), regions=as_picture(_map(48, 72)))
    with pytest.raises(UsageError, match="the region #0000ff of style 1 is empty"):
        match_regions((40, 60), as_picture(_map()), shared_out((style,)))


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#ff8000", (255, 128, 0)), ("ff8000", None), ("#ff80", None), ("#gg0000", None)],
)
def test_plain_colours_are_read(text: str, colour):
    assert read_colour(text) == colour
