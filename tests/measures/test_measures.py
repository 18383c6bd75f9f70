"""Figures that judge a picture: each by hand on made pictures, and the command."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import random_pixels
from PIL import Image

from impasto import Picture, PictureError, Resources, Settings, Style, measure
from impasto.cli import main
from impasto.measures import palette, patches
from impasto.measures.border import border_figure
from impasto.measures.clipping import clipped
from impasto.measures.colour import lab, luma
from impasto.measures.fidelity import MOST_DB, Fidelity, fidelity_figure, layout, psnr_db
from impasto.measures.noise import FREQUENCY, fine_energy, noise_figure
from impasto.measures.paper import PAPER
from impasto.measures.patches import block_energies, patches_figure
from impasto.network.vgg import build

pytestmark = pytest.mark.usefixtures("kept_network")

ONE_THREAD = Resources(threads=1)
# Down to here the network is built at once.
SHALLOW = Settings(content_layers="relu2_1", style_layers="relu1_1,relu2_1")
BAND = 1 - math.pi * FREQUENCY**2  # white noise's share


def _flat(grey: float, height: int = 96, width: int = 128) -> np.ndarray:
    return np.full((height, width, 3), grey, np.float32)


def _noisy(pixels: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    grain = np.random.default_rng(seed).normal(0, sigma, pixels.shape[:2])
    return (pixels + grain[..., None]).astype(np.float32)


def _photo(height: int = 96, width: int = 128, seed: int = 1) -> Picture:
    return Picture(random_pixels(height, width, seed).astype(np.float32) / 255)


# Noise


def test_white_noise_has_the_bands_share_of_its_variance():
    for sigma in (0.02, 0.05):
        energy = fine_energy(_noisy(_flat(0.5, 512, 512), sigma))
        assert energy == pytest.approx(sigma**2 * BAND, rel=0.03)


def test_noise_weighs_channels_as_luma():
    pixels = _flat(0.5, 256, 256)
    pixels[..., 0] = _noisy(pixels, 0.1)[..., 0]
    assert fine_energy(pixels) == pytest.approx((0.2126 * 0.1) ** 2 * BAND, rel=0.06)


@pytest.mark.parametrize(("frequency", "counts"), [(0.45, 1), (0.25, 0)])
def test_a_ripple_counts_above_the_frequency(frequency: float, counts: int):
    pixels = _flat(0.5)
    pixels += 0.2 * np.sin(2 * np.pi * frequency * np.arange(96))[:, None, None].astype(np.float32)
    assert fine_energy(pixels) == pytest.approx(counts * 0.2**2 / 2, rel=0.01, abs=1e-6)


def test_edges_between_opposite_sides_are_no_noise():
    ramp = np.broadcast_to(np.linspace(0, 1, 128, dtype=np.float32)[None, :, None], (96, 128, 3))
    assert fine_energy(ramp) < 1e-7


def test_noise_is_a_multiple_of_what_the_sources_have():
    style = Picture(_noisy(_flat(0.5, 256, 256), 0.02))
    content = Picture(_flat(0.5, 256, 256))
    figures = [
        noise_figure(Picture(_noisy(style.array, sigma, seed=1)), content, [Style(style)])
        for sigma in (0.0, 0.02, 0.04)
    ]
    assert [figure.figure for figure in figures] == pytest.approx([1, 2, 5], rel=0.06)
    assert figures[0].style == 1
    assert figures[0].content == pytest.approx(0, abs=1e-9)
    assert figures[0].amplitude == pytest.approx(255 * 0.02 * math.sqrt(BAND), rel=0.03)


def test_styles_noise_counts_by_their_shares():
    quiet, loud = (Picture(_noisy(_flat(0.5), sigma)) for sigma in (0.01, 0.03))
    blend = noise_figure(loud, None, [Style(quiet, 0.5), Style(loud, 0.5)])
    assert blend.figure == pytest.approx(9 / 5, rel=1e-5)


def test_sources_without_detail_have_the_noise_of_rounding():
    flat, exact = Picture(_flat(0.5, 256, 256)), Picture(_noisy(_flat(0.5, 256, 256), 0.004))
    rounded = Picture(np.rint(exact.array * 255) / 255)
    added = noise_figure(rounded, flat, []).figure - noise_figure(exact, flat, []).figure
    assert added == pytest.approx(1, abs=0.1)
    assert noise_figure(flat, flat, []).figure == pytest.approx(0, abs=1e-6)


# Patches

WHITE_DETAIL = 0.640625  # what a blur leaves of white noise's variance


def _coloured(pixels: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    """Add noise to the colours alone."""
    grain = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return (pixels + grain - grain.mean(-1, keepdims=True)).astype(np.float32)


def test_blocks_have_the_energy_of_fine_detail():
    light, colour, chequer = block_energies(_noisy(_flat(0.5, 512, 512), 0.02))
    assert light.mean() == pytest.approx(3 * 0.02**2 * WHITE_DETAIL, rel=0.06)
    assert colour.max() == pytest.approx(0, abs=1e-9)
    # Along each axis 1/2, less 1/4 of either neighbour.
    assert chequer.mean() == pytest.approx(3 * 0.02**2 * (3 / 8) ** 2, rel=0.06)
    light, colour, chequer = block_energies(_coloured(_flat(0.5, 512, 512), 0.02))
    assert colour.mean() == pytest.approx(2 * 0.02**2 * WHITE_DETAIL, rel=0.06)
    assert light.max() == pytest.approx(0, abs=1e-9)
    assert chequer.max() == pytest.approx(0, abs=1e-9)


def test_only_chequers_are_chequered():
    rows, columns = np.indices((64, 64))
    for pattern, share in ((rows + columns) % 2, 1), (rows % 2, 0), (columns // 2 % 2, 0):
        pixels = _flat(0.5, 64, 64) + np.float32(0.1) * (2 * pattern[..., None] - 1)
        chequer = block_energies(pixels.astype(np.float32))[2]
        assert chequer.mean() == pytest.approx(3 * share * 0.1**2, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize(("noisy", "kind"), [(_noisy, "light"), (_coloured, "colour")])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (101, 61), (168, 105)])
def test_a_speckled_patch_is_found_where_it_is(noisy, kind: str, x: int, y: int):
    style = Picture(noisy(_flat(0.5, 256, 256), 0.02))
    clean = noisy(_flat(0.5, 137, 200), 0.02, 1)
    patched = clean.copy()
    patched[y : y + 32, x : x + 32] = noisy(_flat(0.5, 32, 32), 0.05, 2)
    flat = Picture(_flat(0.5, 137, 200))
    before, after = (patches_figure(Picture(p), flat, [Style(style)]) for p in (clean, patched))
    found = getattr(after, kind)
    assert before.worst < 1.3
    assert after.worst >= found.figure
    # 2.5 squared; less where the blocks lie across it.
    assert 2 < found.figure < 7
    assert abs(found.x - (x + 16)) <= 12
    assert abs(found.y - (y + 16)) <= 12
    assert found.median == pytest.approx(1, abs=0.2)


def test_a_chequer_is_found_that_is_fainter_than_the_styles_detail():
    stripes = _flat(0.5, 256, 256)
    stripes[:, ::4] += 0.1  # brush hairs, which the network hardly tells from chequers
    style = Picture(_noisy(stripes, 0.01))
    chequered = _flat(0.5, 256, 256)
    tiles = np.indices((64, 64)).sum(0) % 2
    chequered[64:128, 128:192] += np.float32(0.06) * (tiles[..., None] - np.float32(0.5))
    found = patches_figure(Picture(chequered), Picture(_flat(0.5, 256, 256)), [Style(style)])
    assert found.light.figure < 1
    assert found.worst == found.chequer.figure > 2
    assert 144 <= found.chequer.x <= 176
    assert 80 <= found.chequer.y <= 112


def test_an_edge_is_no_patch():
    edged = _flat(0.2, 128, 128)
    edged[:, 67:] = 0.9
    flat = Picture(_flat(0.5, 128, 128))
    assert patches_figure(Picture(edged), flat, [Style(flat)]).worst < 0.01


def test_the_photographs_own_texture_is_no_patch():
    photo, flat = _flat(0.5, 128, 128), Picture(_flat(0.5, 128, 128))
    photo[32:96, 32:96] = _noisy(photo[32:96, 32:96], 0.1)
    style = Style(flat)
    assert patches_figure(Picture(photo), Picture(photo), [style]).worst == pytest.approx(1)
    assert patches_figure(Picture(photo), None, [style]).light.figure > 100
    moved = np.roll(photo, 32, axis=1)
    found = patches_figure(Picture(moved), Picture(photo), [style]).light
    assert found.figure > 100
    assert found.x > 96


def test_the_style_with_more_detail_counts():
    loud, quiet = (Picture(_noisy(_flat(0.5, 256, 256), sigma)) for sigma in (0.04, 0.02))
    both = patches_figure(loud, None, [Style(quiet, 0.5), Style(loud, 0.5)])
    assert both == patches_figure(loud, None, [Style(loud)])
    assert 1 <= both.worst < 1.2
    assert both.light.median == 1
    assert patches_figure(loud, None, [Style(quiet)]).worst == pytest.approx(4, rel=0.3)


def test_a_flat_style_leaves_the_figure_finite():
    flat = Picture(_flat(0.5))
    figure = patches_figure(Picture(_noisy(_flat(0.5), 1 / 255)), flat, [Style(flat)])
    assert figure.light.median == pytest.approx(3 * WHITE_DETAIL, rel=0.1)


def test_blocks_do_not_depend_on_how_many_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch):
    pixels = _photo(161, 90).array
    whole = block_energies(pixels)
    for rows in (1, 3):
        monkeypatch.setattr(patches, "_ROWS_AT_ONCE", rows)
        for part, entire in zip(block_energies(pixels), whole, strict=True):
            np.testing.assert_allclose(part, entire, rtol=1e-5)


@pytest.mark.parametrize("size", [(5, 620), (32, 33), (300, 40)])
def test_narrow_pictures_have_blocks_too(size: tuple[int, int]):
    narrow = Picture(_noisy(_flat(0.5, *size), 0.05))
    figure = patches_figure(narrow, narrow, [Style(narrow)])
    assert 0 < figure.worst <= 1
    assert 0 < figure.light.x < size[1]
    assert 0 < figure.light.y < size[0]


# Border


def test_an_equal_picture_has_border_figures_of_1():
    figure = border_figure(_photo(), _photo())
    assert figure.worst == 1
    assert {value for kinds in figure.figures.values() for value in kinds.values()} == {1}


def test_a_brighter_strip_is_seen_by_hand():
    content = Picture(_flat(0.5))
    framed = Picture(_flat(0.5))
    framed.array[:8] = 0.75
    figure = border_figure(framed, content)
    level = 1 / 255
    assert figure.figures["top"] == pytest.approx(
        {"mean": (0.75 + level) / (0.5 + level), "contrast": 1, "gradient": 1}
    )
    assert figure.figures["bottom"] == {"mean": 1, "contrast": 1, "gradient": 1}
    # Left and right, 8 of 96 rows are brighter, without and within: contrast 1 again.
    assert figure.figures["left"] == pytest.approx({"mean": 1, "contrast": 1, "gradient": 1})


def test_contrast_and_gradient_by_hand():
    stripes = Picture(_flat(0.5))
    stripes.array[:8, ::2] += 0.1
    stripes.array[:8, 1::2] -= 0.1
    top = border_figure(stripes, Picture(_flat(0.5))).figures["top"]
    level = 1 / 255
    assert top["contrast"] == pytest.approx((0.1 + level) / level, rel=1e-4)
    assert top["gradient"] == pytest.approx((0.2**2 + level**2) / level**2, rel=1e-4)


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_the_worst_names_the_side_with_the_frame(side: str):
    framed = _photo()
    strip = {"top": np.s_[:8], "bottom": np.s_[-8:], "left": np.s_[:, :8], "right": np.s_[:, -8:]}
    framed.array[strip[side]] *= 0.3
    figure = border_figure(framed, _photo())
    assert figure.worst_at[0] == side
    assert figure.worst < 0.5
    assert figure.figures[side]["mean"] == pytest.approx(0.3, rel=0.1)


def test_the_contents_own_frame_is_no_fault():
    framed = _photo()
    framed.array[:8] *= 0.3
    figure = border_figure(framed, framed)
    assert figure.worst == 1
    assert figure.undivided["top"]["mean"] < 0.5
    product = math.prod(
        figure.undivided[side]["mean"] for side in ("top", "bottom", "left", "right")
    )
    assert figure.undivided["all"]["mean"] == pytest.approx(product ** (1 / 4))


@pytest.mark.parametrize(
    ("contrast", "expected"),
    [
        # The photograph's border has half of the contrast of what is beside it.
        (1.0, 1),  # painted evenly
        (0.7, 1),
        (0.5, 1),  # as the photograph
        (0.25, 1 / 2),
        (1.5, 1.5),
    ],
)
def test_paint_between_even_and_the_photographs_is_no_frame(contrast: float, expected: float):
    def bordered(share: float) -> Picture:
        # Rows of equal contrast, each of them fine stripes.
        pixels = _flat(0.5)
        stripes = 0.2 * (-1.0) ** np.arange(pixels.shape[1])[None, :, None]
        pixels += (stripes * np.where(np.arange(96) < 8, share, 1)[:, None, None]).astype("float32")
        return Picture(pixels)

    top = border_figure(bordered(contrast), bordered(0.5)).figures["top"]
    assert top["contrast"] == pytest.approx(expected, rel=0.05)
    assert top["gradient"] == pytest.approx(expected**2, rel=0.06)
    assert top["mean"] == pytest.approx(1, rel=1e-3)


def test_a_frame_is_seen_where_the_photographs_border_is_brighter():
    framed, content = Picture(_flat(0.5)), Picture(_flat(0.5))
    framed.array[:8] = 0.25
    content.array[:8] = 0.6
    level = 1 / 255
    mean = border_figure(framed, content).figures["top"]["mean"]
    assert mean == pytest.approx((0.25 + level) / (0.5 + level))


def test_a_black_border_divides_nothing_by_nothing():
    black = Picture(_flat(0.0))
    assert border_figure(black, black).worst == 1
    assert math.isfinite(border_figure(_photo(), black).worst)


# Fidelity


def test_an_equal_picture_has_all_fidelity():
    figure = fidelity_figure(_photo(), _photo())
    assert figure.psnr_db == MOST_DB
    assert figure.layout == pytest.approx(1)
    assert psnr_db(_flat(0.5), _flat(0.5 + 1e-6)) == MOST_DB


def test_psnr_by_hand():
    pixels = _flat(0.5, 2, 2)
    # Half of the range in one of twelve values, and a tenth in all.
    pixels[0, 1, 2] = 1
    assert psnr_db(pixels, _flat(0.5, 2, 2)) == pytest.approx(10 * math.log10(12 / 0.25))
    assert psnr_db(_flat(0.6), _flat(0.5)) == pytest.approx(20, rel=1e-5)
    assert psnr_db(_flat(0.0), _flat(1.0)) == 0


def test_layout_by_hand():
    # 2 x 2 squares, each 8 x 8 cells of one luma.
    steps = np.repeat(np.float32([[[0], [0.2]], [[0.4], [1]]]), 3, axis=2)
    corner = np.repeat(np.float32([[[0], [0]], [[0], [1]]]), 3, axis=2)
    expected = np.corrcoef([0, 0.2, 0.4, 1], [0, 0, 0, 1])[0, 1]
    large = (np.kron(pixels, np.ones((8, 8, 1), np.float32)) for pixels in (steps, corner))
    assert layout(*large) == pytest.approx(expected)
    green = corner * np.float32([0, 1, 0])
    assert layout(steps, green) == pytest.approx(expected)


def test_layout_counts_neither_brightness_nor_contrast():
    photo = _photo().array
    assert layout(0.3 + 0.2 * photo, photo) == pytest.approx(1, abs=1e-5)


def test_a_negative_and_a_mirrored_photograph_have_another_layout():
    photo = _photo().array
    assert layout(1 - photo, photo) == pytest.approx(-1, abs=1e-5)
    assert layout(photo[:, ::-1], photo) < 0.5


def test_noise_lowers_the_psnr_but_not_the_layout():
    photo = _photo().array
    faint, strong = (fidelity_figure(Picture(_noisy(photo, s)), _photo()) for s in (0.05, 0.2))
    assert faint.psnr_db == pytest.approx(-20 * math.log10(0.05), abs=0.2)
    assert strong.psnr_db == pytest.approx(-20 * math.log10(0.2), abs=0.2)
    assert faint.layout > strong.layout > 0.97


@pytest.mark.parametrize("size", [(96, 128), (300, 40), (33, 1000)])
def test_a_flat_picture_has_no_layout(size: tuple[int, int]):
    photo, rounding = _photo(*size).array, np.random.default_rng(0).uniform(-0.5, 0.5, (512, 512))
    assert layout(_flat(0.3, *size), photo) == layout(photo, _flat(0.3, *size)) == 0
    grain = (0.3 + rounding[..., None] / 255).repeat(3, axis=2).astype(np.float32)
    assert layout(grain, _photo(512, 512).array) == 0


# Colours


def test_luma_and_lab_of_known_colours():
    # Reference values of Lindbloom's calculator, sRGB and D65.
    colours = np.array([[[1, 1, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]]], dtype=np.float32)
    expected = [[100, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86], [0, 0, 0]]
    np.testing.assert_allclose(lab(colours)[0], expected, atol=0.05)
    np.testing.assert_allclose(luma(colours)[0], [1, 0.2126, 0.0722, 0], atol=1e-6)


def test_a_shift_of_all_colours_is_its_length_away():
    rng = np.random.default_rng(0)
    cloud = rng.normal(0, 10, (1000, 3)) @ rng.normal(0, 1, (3, 3))
    shift = np.array([3.0, -4.0, 12.0])
    assert palette.distance(_moments(cloud), _moments(cloud + shift)) == pytest.approx(13)
    assert palette.distance(_moments(cloud), _moments(cloud)) == pytest.approx(0, abs=1e-4)


def test_a_wider_palette_is_as_far_as_its_deviations_differ():
    cloud = np.random.default_rng(0).normal(0, 1, (1000, 3))
    spread = np.diag([2.0, 5.0, 1.0])
    deviations = np.sqrt(np.diag(_moments(cloud).covariance))
    narrow, wide = cloud - cloud.mean(axis=0), (cloud - cloud.mean(axis=0)) @ spread
    # Not quite, where the axes are correlated by chance.
    expected = math.hypot(deviations[0], 4 * deviations[1])
    assert palette.distance(_moments(narrow), _moments(wide)) == pytest.approx(expected, rel=0.01)


def _moments(colours: np.ndarray) -> palette.Colours:
    return palette.Colours(colours.mean(axis=0), colours.T @ colours / len(colours))


def test_black_is_100_from_white_and_half_of_each_is_a_blend():
    black, white = Picture(_flat(0.0)), Picture(_flat(1.0))
    assert palette.palette_distance(black, None, [Style(white)]).distance == pytest.approx(100)
    halves = _flat(0.0)
    halves[:48] = 1
    blend = [Style(black, 0.5), Style(white, 0.5)]
    measured = palette.palette_distance(Picture(halves), black, blend)
    assert measured.distance == pytest.approx(0, abs=1e-4)
    # From black: 50 to the mean, and a deviation of 50.
    assert measured.content == pytest.approx(math.hypot(50, 50))


def test_colours_do_not_depend_on_where_they_are(monkeypatch: pytest.MonkeyPatch):
    photo = _photo()
    whole = palette.colours_of(photo.array)
    monkeypatch.setattr(palette, "_AT_ONCE", 1000)
    parts = palette.colours_of(np.ascontiguousarray(photo.array[::-1]))
    np.testing.assert_allclose(parts.covariance, whole.covariance)


# Clipping


def test_a_pixel_with_one_channel_at_an_end_is_clipped():
    pixels = _flat(0.5, 2, 2)
    pixels[0, 0, 1] = 1
    pixels[1, 1, 2] = 0.4 / 255  # saved as 0
    pixels[0, 1, 0] = 0.6 / 255  # saved as 1
    picture, grey = Picture(pixels), Picture(_flat(0.5, 2, 2))
    shares = clipped(picture, grey, [Style(grey, 0.5), Style(picture, 0.5)])
    assert (shares.result, shares.content, shares.style) == (0.5, 0, 0.25)


# The paper's losses


def test_an_equal_picture_loses_nothing():
    photo = _photo(48, 64)
    figures = measure(photo, photo, photo, settings=SHALLOW, resources=ONE_THREAD)
    assert figures.losses.content.total == 0
    assert figures.losses.style.total < 1e-10
    assert figures.border.worst == 1
    assert figures.fidelity == Fidelity(MOST_DB, pytest.approx(1))
    assert figures.patches.worst <= 1
    assert figures.noise.figure == figures.noise.content == figures.noise.style == 1
    assert figures.palette.distance == pytest.approx(0, abs=1e-4)


def test_losses_are_the_papers_means_without_weights():
    painted, photo, painting = _photo(48, 64), _photo(48, 64, 2), _photo(48, 64, 3)
    zeros = replace(PAPER, padding="zeros")
    losses = measure(painted, photo, painting, zeros, ONE_THREAD).losses
    network = build(zeros, zeros.layers)
    layers = [name for name, _ in PAPER.style_layers]
    with torch.no_grad():
        own, content, style = (
            network.features(picture.tensor()[None], [*layers, "relu4_2"])
            for picture in (painted, photo, painting)
        )
    expected = (own["relu4_2"] - content["relu4_2"]).square().mean().item()
    assert losses.content.total == pytest.approx(expected, rel=1e-4)
    for layer in layers:
        grams = (_gram(own[layer]) - _gram(style[layer])).square().mean().item()
        assert losses.style.layers[layer] == pytest.approx(grams, rel=1e-3)
    assert losses.style.total == pytest.approx(sum(losses.style.layers.values()) / 5)


def _gram(features: torch.Tensor) -> torch.Tensor:
    rows = features[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


def test_tiles_give_the_losses_of_the_whole():
    painted, photo, painting = _photo(), _photo(192, 256, 2), _photo(80, 100, 3)
    tiles = Resources(threads=1, tile=64)
    whole = measure(painted, photo, painting, SHALLOW, ONE_THREAD).losses
    tiled = measure(painted, photo, painting, SHALLOW, tiles).losses
    assert tiled.content.total == pytest.approx(whole.content.total, rel=1e-4)
    assert tiled.style.layers == pytest.approx(whole.style.layers, rel=1e-3)


def test_what_needs_a_missing_picture_is_left_out():
    painted = _photo(48, 64)
    assert set(measure(painted).as_dict()) == {"height", "width", "noise", "clipped"}
    of_content = measure(painted, painted, settings=SHALLOW, resources=ONE_THREAD).as_dict()
    assert set(of_content) == {
        *("height", "width", "losses", "noise", "border", "fidelity", "clipped"),
    }
    assert set(of_content["losses"]) == {"content"}
    assert set(of_content["noise"]) == {"amplitude", "figure", "content"}
    of_style = measure(
        painted, styles=[painted, painted], settings=SHALLOW, resources=ONE_THREAD
    ).as_dict()
    assert set(of_style) == {
        *("height", "width", "losses", "noise", "patches", "palette", "clipped"),
    }
    assert set(of_style["patches"]) == {"worst", "light", "colour", "chequer"}
    assert set(of_style["patches"]["light"]) == {"figure", "x", "y", "median"}
    assert set(of_style["losses"]) == {"style"}


def test_losses_alone_do_not_depend_on_what_else_is_given():
    painted, photo, painting = _photo(48, 64), _photo(48, 64, 2), _photo(48, 64, 3)
    both = measure(painted, photo, painting, SHALLOW, ONE_THREAD).losses
    assert (
        measure(painted, photo, settings=SHALLOW, resources=ONE_THREAD).losses.content
        == both.content
    )
    assert (
        measure(painted, styles=painting, settings=SHALLOW, resources=ONE_THREAD).losses.style
        == both.style
    )


def test_a_content_of_another_shape_is_refused_by_name():
    with pytest.raises(PictureError, match=r"content of 64 x 64 px .* result of 64 x 48 px"):
        measure(_photo(48, 64), _photo(64, 64))
    # A pixel is what rounding may take.
    assert measure(_photo(47, 64), _photo(96, 128), settings=SHALLOW, resources=ONE_THREAD).border


# The command


def _measure(*words: object) -> int:
    return main(["measure", *map(str, words)])


def test_the_command_shows_every_figure(photo: Path, painting: Path, capsys):
    words = ["--content", photo, "--style", painting, "--style", photo, "--threads", "1"]
    assert _measure(photo, *words) == 0
    stdout, stderr = capsys.readouterr()
    lines = stdout.splitlines()
    assert stderr == ""
    losses, sides = ["content loss", "style loss"], ["top", "bottom", "left", "right", "all"]
    patched = ["patches", "light", "colour", "chequer"]
    names = ["size", *losses, "noise", *patched, "border", *sides, "fidelity", "palette", "clipped"]
    assert [line[:12].strip() for line in lines] == names
    assert lines[0].endswith("64 x 48 px")
    assert "relu5_1" in lines[2]
    assert lines[5].split()[::2] == ["light", "at", "median"]
    assert lines[8].split()[1] == "1.00"
    assert lines[14].split() == ["fidelity", "100.0", "dB", "layout", "1.000"]


def test_json_is_what_the_library_returns(photo: Path, painting: Path, capsys):
    words = ["--style", painting, "--json", "--threads", "1", "--padding", "zeros"]
    assert _measure(photo, *words) == 0
    figures = json.loads(capsys.readouterr().out)
    zeros = Settings(padding="zeros")
    assert (
        figures == measure(photo, styles=painting, settings=zeros, resources=ONE_THREAD).as_dict()
    )


def test_the_picture_alone_gets_dashes(photo: Path, capsys):
    assert _measure(photo) == 0
    lines = capsys.readouterr().out.splitlines()
    absent = [line[:12].strip() for line in lines if line[14:].startswith("-")]
    losses, of_sources = ["content loss", "style loss"], ["fidelity", "palette"]
    assert absent == [*losses, "noise", "patches", "border", *of_sources]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["none.png"], 2, "there is no file none.png"),
        (["{photo}", "--content", "none.png"], 2, "there is no file none.png"),
        (["{photo}", "--content", "{painting}"], 3, "has not the shape"),
        (["{tiny}"], 3, "at least 32 px"),
        (["{photo}", "--padding", "mirror"], 2, "choose reflect or zeros"),
        (["{photo}", "--size", "64"], 2, "No such option"),
        (["{photo}", "--style", "{painting}", "--device", "mps"], 6, "this machine has"),
        (["{photo}", "--style", "{painting}", "--memory", "100MB"], 6, "give more --memory"),
    ],
)
def test_wrong_use_gets_one_line(
    words: list[str], code: int, message: str, photo: Path, painting: Path, tmp_path: Path, capsys
):
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (31, 40)).save(tiny)
    names = {"photo": photo, "painting": painting, "tiny": tiny}
    assert _measure(*(word.format(**names) for word in words)) == code
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert len(stderr.splitlines()) == 1
    assert message in stderr
