"""Tiled equals whole: the same losses, gradient and pictures, whatever the tiles."""

import itertools

import pytest
import torch
from conftest import TOLERANCE, random_pixels
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto import Settings
from impasto.network.architecture import layer_table
from impasto.network.vgg import VGG, build
from impasto.objective.objective import Objective
from impasto.objective.terms import make_terms
from impasto.optimizers import make_stepper
from impasto.reading.sources import as_picture
from impasto.scene.scene import plain_scene
from impasto.settings.style_losses import STYLE_LOSSES
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.padding import Margin
from impasto.tiles.tiling import Tiling, tiling
from impasto.tiles.view import make_view


def _image(height: int, width: int, seed: int, dtype: torch.dtype) -> torch.Tensor:
    return as_picture(random_pixels(height, width, seed)).tensor()[None].to(dtype)


def _objective(encoder, options: Settings, size: tuple[int, int], dtype, tile: int | None):
    view = make_view(encoder, options, tile)
    content, style = _image(*size, 1, dtype), _image(90, 70, 2, dtype)
    return Objective(view, make_terms(view, plain_scene(content, [(style, 1.0)]), options))


def _evaluate(encoder, options: Settings, size: tuple[int, int], dtype, tile: int | None):
    image = _image(*size, 3, dtype).requires_grad_()
    losses = _objective(encoder, options, size, dtype, tile)(image)
    return losses, image.grad


def _assert_same(encoder, options: Settings, size: tuple[int, int], dtype, tile: int) -> None:
    losses, gradient = _evaluate(encoder, options, size, dtype, None)
    tiled_losses, tiled = _evaluate(encoder, options, size, dtype, tile)
    for name, loss in losses.items():
        torch.testing.assert_close(tiled_losses[name], loss, rtol=TOLERANCE[dtype], atol=0)
    assert (tiled - gradient).norm() <= TOLERANCE[dtype] * gradient.norm()


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(32, 90),
    width=st.integers(32, 90),
    tile=st.sampled_from([16, 32, 48, 64]),
    padding=st.sampled_from(["reflect", "zeros"]),
)
def test_tiled_gradient_equals_whole(height: int, width: int, tile: int, padding: str):
    encoder = TinyEncoder(torch.float64)
    options = Settings(**TINY, padding=padding)
    _assert_same(encoder, options, (height, width), torch.float64, tile)


@pytest.mark.parametrize("padding", ["reflect", "zeros", "wrap"])
@pytest.mark.parametrize("loss", STYLE_LOSSES)
def test_every_style_loss_tiles_exactly_with_odd_borders(loss: str, padding: str):
    # Sides of a seamless tile are multiples of 16.
    size = (80, 64) if padding == "wrap" else (75, 61)
    options = Settings(**TINY, padding=padding, style_loss=loss)
    _assert_same(TinyEncoder(torch.float64), options, size, torch.float64, 32)


@pytest.mark.parametrize("tile", [None, 32])
def test_losses_without_a_gradient_are_those_with_one(tile: int | None):
    encoder, dtype = TinyEncoder(torch.float64), torch.float64
    losses, _ = _evaluate(encoder, Settings(**TINY), (60, 80), dtype, tile)
    alone = _objective(encoder, Settings(**TINY), (60, 80), dtype, tile).losses(
        _image(60, 80, 3, dtype)
    )
    torch.testing.assert_close(alone, losses, rtol=TOLERANCE[dtype], atol=0)
    assert not any(loss.requires_grad for loss in alone.values())


@pytest.fixture(scope="module")
def precise() -> VGG:
    """The real network in float64, which knows nothing of borders or losses."""
    return build(Settings(), Settings().layers, dtype=torch.float64)


@pytest.mark.parametrize(
    ("size", "tile", "padding"),
    [
        ((131, 70), 64, "reflect"),
        ((97, 190), 96, "zeros"),
        # From here on with tiles that see less than the whole on either side.
        ((48, 253), 48, "reflect"),
        ((32, 240), 64, "wrap"),
    ],
)
def test_tiled_gradient_equals_whole_with_the_real_network(precise, size, tile: int, padding: str):
    _assert_same(precise, Settings(padding=padding), size, torch.float64, tile)


@pytest.mark.parametrize("loss", ["cross", "nearest", "sliced"])
def test_losses_of_more_than_moments_tile_exactly_with_the_real_network(precise, loss: str):
    _assert_same(precise, Settings(style_loss=loss), (64, 150), torch.float64, 64)


def test_tiled_gradient_equals_whole_in_float32_with_max_pooling():
    options = Settings(pooling="max", network="original")
    _assert_same(build(options, options.layers), options, (70, 175), torch.float32, 64)


@pytest.fixture(scope="module")
def five_steps() -> dict[int | None, torch.Tensor]:
    """Pictures after five steps of the real network: undivided, and in tiles of 64 px."""
    options = Settings()
    encoder = build(options, options.layers)
    size, pictures = (72, 136), {}
    for tile in (None, 64):
        objective = _objective(encoder, options, size, torch.float32, tile)
        stepper = make_stepper(_image(*size, 1, torch.float32), options)
        for _ in range(5):
            pictures[tile], _ = stepper.step(objective)
    return pictures


def test_tiled_pictures_equal_whole_after_five_steps(five_steps):
    whole, tiled = ((picture * 255).round() for picture in five_steps.values())
    assert (whole - tiled).abs().max() <= 1


@pytest.mark.parametrize(("axis", "borders"), [(2, [48]), (3, [48, 96])])
def test_there_is_no_seam_along_tile_borders(five_steps, axis: int, borders: list[int]):
    """The jump from one row or column to the next is the undivided picture's, borders included."""
    whole, tiled = (
        picture.diff(dim=axis).abs().mean([d for d in range(4) if d != axis])
        for picture in five_steps.values()
    )
    tiles = Tiling(64, 80, 16).tiles(72, 136)
    spans = {tile.rows.start if axis == 2 else tile.columns.start for tile in tiles}
    assert spans == {0, *borders}
    at_borders = [border - 1 for border in borders]
    torch.testing.assert_close(tiled[at_borders], whole[at_borders], rtol=1e-3, atol=0)
    torch.testing.assert_close(tiled, whole, rtol=1e-3, atol=0)


@given(length=st.integers(32, 3000), size=st.integers(2, 60).map(lambda n: 16 * n))
def test_tiles_cover_the_picture_once_and_stand_on_the_grid(length: int, size: int):
    tiles = Tiling(size, 80, 16).tiles(length, 32)  # one column
    covered = [(tile.rows.start, tile.rows.stop) for tile in tiles]
    assert covered[0][0] == 0
    assert covered[-1][1] == length
    assert all(before[1] == after[0] for before, after in itertools.pairwise(covered))
    for tile in tiles:
        assert tile.rows.stop - tile.rows.start <= size
        assert tile.rows.start % 16 == tile.rows.seen_start % 16 == 0
        assert tile.rows.at_start or tile.rows.start - tile.rows.seen_start == 80


def test_a_halo_is_let_go_of_as_fewer_layers_need_it(monkeypatch: pytest.MonkeyPatch):
    """Before blocks 3, 4 and 5 it is 16, 32 and 64 px narrower, on either side."""
    options = Settings()
    encoder = build(options, options.layers)
    sizes = []
    cut = Margin.narrow
    monkeypatch.setattr(Margin, "narrow", lambda *given: sizes.append(cut(*given)) or sizes[-1])
    view = make_view(encoder, options, 64)
    image = _image(64, 576, 1, torch.float32)
    tile = view.tiles(image)[4]
    dict(view.walk(view.cut(image, tile), tile, options.layers))
    stride, halo = 2, 80
    for found, less in zip(sizes, (0, 16, 32, 64), strict=True):
        assert found.shape[3] == (64 + 2 * (halo - less)) // stride
        stride *= 2


def test_halo_is_what_the_deepest_layer_sees():
    table = layer_table()
    assert tiling([table["relu5_1"], table["relu4_2"]]).halo == 80
    assert tiling([table["relu1_1"]]).halo == 1
    assert tiling([table["relu1_1"]], margin=16).halo == 16


@pytest.mark.parametrize(
    ("size", "among", "shape", "tiles"),
    [
        (None, 2, (512, 512), (2, 1)),  # strips, which have less halo than four squares
        (None, 3, (512, 512), (2, 1)),  # a third would see no less
        (None, 3, (1024, 512), (3, 1)),
        (None, 4, (1024, 512), (2, 2)),
        (512, 2, (1024, 1024), (2, 2)),
        (None, 8, (64, 96), (1, 1)),  # all halo: one process does as well
        (None, 2, (1024, 1024), (2, 1)),
    ],
)
def test_tiles_are_shared_out_where_that_is_sooner_done(size, among, shape, tiles):
    rows, columns = Tiling(size, 80, 16, among=among).axes(*shape)
    assert (len(rows), len(columns)) == tiles


@pytest.mark.parametrize("wraps", [False, True])
def test_what_a_stretch_sees_at_most_is_known_beforehand(wraps: bool):
    for length, wanted in itertools.product((64, 104, 512, 1000), (1, 2, 3, 7)):
        how = Tiling(None, 80, 16, wraps=wraps)
        count, most = how.cut(length, wanted)
        spans = how._spans(length, wanted)
        seen = max(span.seen_stop - span.seen_start for span in spans)
        assert len(spans) == count
        assert seen <= most <= seen + 16 * count
