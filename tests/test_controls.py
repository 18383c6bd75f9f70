"""Every control changes the result as its help says, alone and together with the others."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TOLERANCE, paint_tiny, random_pixels
from PIL import Image

import impasto
from impasto import Encoder, Picture, Resources, Settings, Style, UsageError
from impasto.cli import main
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.network.vgg import build
from impasto.pictures.resample import fine_detail
from impasto.reading.load import load
from impasto.reading.sources import as_picture
from impasto.scene.finish import finish
from impasto.scene.init import first_image, make_init
from impasto.settings.style_losses import STYLE_LOSSES
from impasto.testing import TINY, TinyEncoder

PHOTO = random_pixels(64, 96, 1)
RED_STYLE = np.full((64, 64, 3), (220, 40, 40), np.uint8) // 2 + random_pixels(64, 64, 2) // 4
BLUE_STYLE = np.full((64, 64, 3), (30, 60, 220), np.uint8) // 2 + random_pixels(64, 64, 3) // 4
MAP = np.zeros((64, 96, 3), np.uint8)
MAP[:, 48:] = 255


REAL = {
    name: option.default
    for name, option in ((field.name, field) for field in dataclasses.fields(Settings))
    if name in TINY
}


def _paint_really(**values) -> Picture:
    """Paint with the real network."""
    return _paint(encoder=_real_network(), **{**REAL, **values}).picture


@functools.cache
def _real_network() -> Encoder:
    settings = Settings(**REAL)
    return build(settings, settings.layers)


def _paint(content=PHOTO, styles=RED_STYLE, encoder=None, resources=None, **values) -> impasto.Step:
    maps = {name: values.pop(name) for name in ("regions", "protect") if name in values}
    options = {"size": 96, "levels": 1, "iterations": 20, "tolerance": 0, **TINY, **values}
    run = prepare(content, styles, Settings(**options), resources, **maps)
    *_, last = paint_tiny(run, encoder)
    return last


def _mean(picture: Picture) -> np.ndarray:
    return picture.array.mean((0, 1))


def _distance(one: Picture, other) -> float:
    return float(np.abs(one.array - as_picture(other).array).mean())


def test_free_pixels_are_clipped_in_the_finished_picture():
    step = _paint(np.full((64, 96, 3), 250, np.uint8), random_pixels(64, 64, 2), pixels="free")
    assert step.image.max() > 1
    assert step.picture.array.max() == 1
    assert step.picture.array.min() >= 0
    assert _paint(pixels="bounded").image.max() <= 1


# Surface


def test_a_photographs_surface_is_the_photographs():
    def structure(picture: Picture) -> torch.Tensor:
        return fine_detail(picture.tensor()[None])

    own = structure(as_picture(PHOTO))
    gaps = {
        surface: (structure(_paint(surface=surface).picture) - own).square().mean().item()
        for surface in ("painted", "photograph")
    }
    assert gaps["photograph"] < gaps["painted"]


def test_what_is_protected_is_not_relit():
    mask = np.zeros((64, 96), np.uint8)
    mask[20:40, 30:60] = 255
    for colour in ("style", "luminance"):
        result = _paint(surface="photograph", protect=mask, colour=colour).picture
        kept = np.asarray(result.image)[mask == 255].astype(int)
        assert np.abs(kept - PHOTO[mask == 255]).max() <= 1
        assert _distance(result, PHOTO) > 0.005


def test_a_grey_of_the_mask_blends_once():
    mask = np.full((64, 96), 128, np.uint8)
    settings = Settings(size=96, levels=1, surface="photograph", **TINY)
    whole, half = (prepare(PHOTO, RED_STYLE, settings, protect=m) for m in (None, mask))
    painting, photo = random_pixels(64, 96, 5), as_picture(PHOTO).tensor()[None]
    image = as_picture(painting).tensor()[None]
    seen = image.lerp(photo, 128 / 255)
    relit = finish(whole.originals, "photograph", image).tensor()[None]
    expected = relit.lerp(photo, 128 / 255)
    torch.testing.assert_close(
        finish(half.originals, "photograph", seen).tensor()[None], expected, rtol=0, atol=1e-3
    )


# Strength


def test_more_strength_is_more_style_and_less_photograph():
    gaps = [_distance(_paint(strength=s).picture, PHOTO) for s in (0, 25, 50)]
    assert gaps[0] < gaps[1] < gaps[2]


def test_fifty_is_the_weights_as_given_and_a_decade_is_a_decade():
    assert Settings(strength=50).shares == Settings().shares
    content, style = Settings(strength=75).shares
    assert style / content == pytest.approx(10 * 1000 / 4)


# Style losses


@pytest.mark.parametrize("loss", STYLE_LOSSES)
def test_every_style_loss_falls_and_moves_the_colours(loss: str):
    first, last = (_paint(style_loss=loss, iterations=count) for count in (1, 20))
    style = [name for name in last.losses if name.startswith("style")]
    assert sum(last.losses[n].item() for n in style) < 0.2 * sum(
        first.losses[n].item() for n in style
    )
    before, after = (
        np.abs(_mean(step.picture) - _mean(as_picture(RED_STYLE))).sum() for step in (first, last)
    )
    assert after < 0.8 * before


@pytest.mark.parametrize("loss", ["histogram", "sliced"])
def test_histograms_need_the_normalised_network(loss: str):
    with pytest.raises(UsageError, match=f"style loss {loss} .* give --network normalised"):
        Settings(style_loss=loss, network="original")


# Smoothness


def test_smoothness_makes_smooth():
    roughness = [
        fine_detail(_paint(smoothness=weight).image).square().mean().item()
        for weight in (0, 100, 10_000)
    ]
    assert roughness[0] > roughness[1] > roughness[2]


# Colour


def test_luminance_and_chroma_keep_the_photographs_colours():
    photo = as_picture(PHOTO)
    for colour in ("luminance", "chroma"):
        result = _paint(colour=colour).picture
        light = result.array @ np.float32((0.299, 0.587, 0.114))
        chroma = result.array - light[..., None]
        goal = photo.array - (photo.array @ np.float32((0.299, 0.587, 0.114)))[..., None]
        # Weaker where the new light leaves no room, never another hue.
        assert (chroma * goal >= -1e-4).all()
        assert np.abs(chroma).mean() > 0.5 * np.abs(goal).mean()


def test_match_paints_in_the_photographs_palette():
    gaps = [
        np.abs(_mean(_paint(colour=colour).picture) - _mean(as_picture(PHOTO))).max()
        for colour in ("style", "match")
    ]
    assert gaps[1] < 0.5 * gaps[0]


# Scale, crops and starts


def test_a_larger_scale_sees_more_of_the_styles_pixels():
    style = random_pixels(300, 300, 4)
    sizes = [
        prepare(PHOTO, style, Settings(size=96, levels=1, style_scale=scale))
        .levels[0]
        .style_sizes[0][0]
        for scale in (0.5, 1, 2)
    ]
    assert sizes[0] < sizes[1] < sizes[2]
    assert sizes[2] == pytest.approx(2 * sizes[1], abs=1)


def test_crops_take_the_style_from_their_part_alone():
    both = np.concatenate((RED_STYLE, BLUE_STYLE), axis=1)
    red = _mean(_paint(styles=both, style_crops="0:0:0.5:1").picture)
    blue = _mean(_paint(styles=both, style_crops="0.5:0:1:1").picture)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_crops_keep_the_size_of_the_strokes():
    style, options = random_pixels(400, 400, 4), {"size": 96, "levels": 1}
    (whole,) = prepare(PHOTO, style, Settings(**options)).levels[0].style_sizes
    crops = Settings(**options, style_crops="0:0:0.5:0.5,0.5:0.5:1:1")
    run = prepare(PHOTO, style, crops)
    assert [s.weight for s in run.originals.styles] == [0.5, 0.5]
    assert run.levels[0].style_sizes[0][0] == pytest.approx(whole[0] / 2, abs=1)


def test_a_start_can_be_a_blend():
    photo, styles = as_picture(PHOTO), [Style(as_picture(RED_STYLE))]

    def start(init: str) -> torch.Tensor:
        made = make_init(photo, styles, Settings(init=init))
        return first_image(made, made.at(64, 96), (64, 96), 0)

    content, noise, style = (start(init) for init in ("content", "noise:1", "style"))
    for blend, other in (("noise:0.3", noise), ("style:0.3", style)):
        mixed = start(blend)
        assert (mixed - (0.7 * content + 0.3 * other)).abs().mean() < 0.02
    assert noise.std() > 0.2


def test_noise_to_start_from_is_faint_and_grey():
    def start(seed: int) -> torch.Tensor:
        made = make_init(None, [Style(as_picture(RED_STYLE))], Settings(init="noise"))
        return first_image(made, made.at(64, 96), (64, 96), seed)

    faint = start(0)
    assert 0.5 / 255 < faint.std((2, 3)).max() < 2 / 255
    assert ((faint - 0.45).abs() < 0.1).all()
    assert not torch.equal(faint, start(1))


@pytest.mark.parametrize("init", ["noise:2", "content:0.5", "style:x", "nois"])
def test_unknown_starts_are_refused(init: str):
    with pytest.raises(UsageError, match=f"init cannot be '{init}'"):
        prepare(PHOTO, RED_STYLE, Settings(init=init))


# Regions and protection


def _halves(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean colours of both regions, 16 px inside them."""
    return picture.array[:, :32].mean((0, 1)), picture.array[:, 64:].mean((0, 1))


REGIONAL = [
    Style(as_picture(RED_STYLE), regions=(0, 0, 0)),
    Style(as_picture(BLUE_STYLE), regions=(255, 255, 255)),
]


# The first style's own map: its left half serves black, its right half white.
OWN_MAP = np.zeros((64, 64, 3), np.uint8)
OWN_MAP[:, 32:] = 255
MAPPED = [
    Style(as_picture(RED_STYLE), regions=as_picture(OWN_MAP)),
    Style(as_picture(BLUE_STYLE), regions=(255, 255, 255)),
]


def test_inside_a_region_the_palette_is_nearest_its_own_style():
    left, right = _halves(_paint_really(styles=REGIONAL, regions=MAP))
    goals = [_mean(as_picture(style)) for style in (RED_STYLE, BLUE_STYLE)]
    # 0.50 to 0.53 over seeds and processors; 1 where regions do nothing.
    for found, own, other in ((left, *goals), (right, *goals[::-1])):
        assert np.abs(found - own).sum() < 0.75 * np.abs(found - other).sum()


def test_a_styles_own_map_says_which_part_serves():
    both = np.concatenate((BLUE_STYLE, RED_STYLE), axis=1)
    own = np.zeros((64, 128, 3), np.uint8)
    own[:, :64] = 255  # its blue half serves white
    styles = [Style(as_picture(both), regions=as_picture(own))]
    left, right = _halves(_paint(styles=styles, regions=MAP).picture)
    assert left[0] > left[2]
    assert right[2] > right[0]


def test_a_protected_pixel_is_the_photographs_to_the_bit():
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :40] = 255
    mask[:, 40:48] = 128
    step = _paint(protect=mask)
    photo = as_picture(PHOTO).tensor()[None]
    assert torch.equal(step.image[..., :40], photo[..., :40])
    assert np.array_equal(np.asarray(step.picture.image)[:, :40], PHOTO[:, :40])
    painted = (step.image - photo).abs().mean((0, 1, 2))
    assert painted[48:].mean() > 1.5 * painted[41:47].mean() > 0


def test_protected_pixels_have_no_part_in_the_style():
    """What is protected may be anything: the rest is painted alike."""
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = 255
    changed = PHOTO.copy()
    changed[:, :24] = 255 - changed[:, :24]
    one, other = (_paint(content=c, protect=mask, content_weight=0).image for c in (PHOTO, changed))
    assert (one - other)[..., 60:].abs().mean() < 0.02


def test_everything_protected_is_the_photograph():
    step = _paint(protect=np.full((64, 96), 255, np.uint8), iterations=2)
    assert np.array_equal(np.asarray(step.picture.image), PHOTO)


# All together, in tiles


@pytest.mark.parametrize("loss", STYLE_LOSSES)
@pytest.mark.parametrize("colour", ["style", "luminance", "match", "chroma"])
@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_all_controls_together_tile_exactly(loss: str, colour: str, padding: str):
    mask = np.zeros((64, 96), np.uint8)
    mask[20:30, 20:70] = 255
    values = {
        "style_loss": loss,
        "colour": colour,
        "padding": padding,
        "smoothness": 2,
        "style_blend": (0.3, 0.7),
        "style_scale": (0.8, 1.2),
        "style_crops": "0:0:1:0.6,0:0.5:1:1",
        "init": "noise:0.2",
        "size": 96,
    }
    objectives = []
    for tile in (None, 32):
        settings = Settings(levels=1, **TINY, **values)
        run = prepare(PHOTO, MAPPED, settings, regions=MAP, protect=mask)
        objective = level_objective(run, 1, TinyEncoder(torch.float64), tile)
        image = as_picture(random_pixels(64, 96, 9)).tensor()[None].double().requires_grad_()
        objectives.append((objective(image), image.grad))
    (losses, gradient), (tiled_losses, tiled) = objectives
    assert len(losses) == 1 + 2 * (2 + 1)  # content; in two regions two layers and smoothness
    for name, value in losses.items():
        assert tiled_losses[name].item() == pytest.approx(value.item(), rel=1e-9)
    assert (tiled - gradient).norm() <= TOLERANCE[torch.float64] * gradient.norm()


def test_tiles_do_not_change_a_picture_of_all_controls():
    values = {
        "regions": MAP,
        "colour": "chroma",
        "smoothness": 2,
        "iterations": 5,
        "surface": "photograph",
    }
    whole, tiled = (
        _paint(styles=REGIONAL, resources=Resources(tile=tile), **values).picture
        for tile in ("auto", 64)
    )
    difference = np.asarray(whole.image).astype(int) - np.asarray(tiled.image)
    assert np.abs(difference).max() <= 1


# Textures


def test_a_texture_has_its_own_size_and_the_styles_colours():
    picture = _paint_really(content=None, size="96x64", iterations=40)
    assert picture.size == (64, 96)
    # 0.045 to 0.073 over seeds and processors.
    assert np.abs(_mean(picture) - _mean(as_picture(RED_STYLE))).max() < 0.1


def test_a_seamless_textures_statistics_do_not_know_where_it_begins():
    """Moved around by whole cells, a picture that wraps has the same losses."""
    settings = Settings(size="96x64", levels=1, padding="wrap", **TINY)
    objective = level_objective(prepare(None, RED_STYLE, settings), 1, TinyEncoder(torch.float64))
    image = as_picture(random_pixels(64, 96, 5)).tensor()[None].double()
    one, other = image.clone().requires_grad_(), image.roll((16, 32), (2, 3)).requires_grad_()
    losses, moved = objective(one), objective(other)
    for name, value in losses.items():
        assert moved[name].item() == pytest.approx(value.item(), rel=1e-9)
    torch.testing.assert_close(one.grad.roll((16, 32), (2, 3)), other.grad)


@pytest.mark.parametrize("tile", [32, 48])
def test_a_seamless_texture_tiles_exactly(tile: int):
    settings = Settings(size="96x64", levels=1, padding="wrap", smoothness=20, **TINY)
    results = []
    for size in (None, tile):
        run = prepare(None, RED_STYLE, settings)
        image = as_picture(random_pixels(64, 96, 5)).tensor()[None].double().requires_grad_()
        losses = level_objective(run, 1, TinyEncoder(torch.float64), size)(image)
        results.append((losses, image.grad))
    (losses, gradient), (tiled_losses, tiled) = results
    for name, value in losses.items():
        assert tiled_losses[name].item() == pytest.approx(value.item(), rel=1e-9)
    assert (tiled - gradient).norm() <= TOLERANCE[torch.float64] * gradient.norm()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": "100x64", "padding": "wrap"}, "the nearest is 96x64"),
        ({"size": "original"}, "give --size WIDTHxHEIGHT"),
        ({"colour": "match"}, "a texture has no photograph"),
        ({"surface": "photograph"}, "which surface photograph would need"),
        ({"init": "noise:0.3"}, "needs a photograph"),
    ],
)
def test_what_a_texture_cannot_be_is_refused(values: dict, message: str):
    with pytest.raises(UsageError, match=message):
        prepare(None, RED_STYLE, Settings(**values))


def test_a_photograph_has_its_own_shape():
    with pytest.raises(UsageError, match="a texture's; the photograph has its own shape"):
        prepare(PHOTO, RED_STYLE, Settings(size="64x64"))


# The command line


FAST = ["--iterations", "2", "--levels", "1", "--threads", "1"]


def test_texture_from_the_command_line(painting: Path, tmp_path: Path):
    out = tmp_path / "tile.png"
    words = ["texture", str(painting), "-o", str(out), "--size", "64x32", "--seamless", *FAST]
    assert main(words) == 0
    assert load(out).size == (32, 64)


def test_regions_and_protection_from_the_command_line(
    photo: Path, painting: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out, map_, mask = (tmp_path / name for name in ("out.png", "map.png", "mask.png"))
    Image.fromarray(MAP).resize((64, 48), Image.Resampling.NEAREST).save(map_)
    Image.fromarray(MAP[..., 0]).resize((64, 48), Image.Resampling.NEAREST).save(mask)
    words = ["paint", str(photo), str(painting), str(painting), "-o", str(out), "--size", "64"]
    words += ["--regions", str(map_), "--protect", str(mask), *FAST]
    both = ["--style-regions", "#000000", "--style-regions", "#ffffff"]
    assert main([*words, *both]) == 0
    assert np.array_equal(load(out).array[:, 32:], load(photo).array[:, 32:])
    assert main([*words, "--overwrite", "--style-regions", "#000000"]) == 2
    assert "given 1 times for 2 styles" in capsys.readouterr().err
    assert main([*words, "--overwrite", *both[:2], *both[:2]]) == 2
    assert "no style serves the region #ffffff" in capsys.readouterr().err
    assert main([*words[:5], str(map_), *words[6:], "--overwrite"]) == 2
    assert "is also an input" in capsys.readouterr().err
