"""As a library: options by name, one painter for many photographs, networks of one's own."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import paint_tiny, random_pixels

import impasto
from impasto import Painter, Resources, Settings, UsageError, prepare
from impasto.engine import networks
from impasto.network.architecture import Layer
from impasto.objective import look
from impasto.pictures.origin import Origin
from impasto.profiles.spaces import adobe_rgb
from impasto.reading.sources import as_picture
from impasto.scene import scene
from impasto.testing import TINY, TinyEncoder

PHOTOS = [random_pixels(48, 64, seed) for seed in (1, 2)]
STYLE = random_pixels(64, 56, 3)
SMALL = {"size": 64, "levels": 1, "iterations": 3, "threads": 1}


def _counted(monkeypatch: pytest.MonkeyPatch, room: object, name: str) -> list[object]:
    """Count the calls of a function."""
    calls, function = [], getattr(room, name)
    monkeypatch.setattr(
        room, name, lambda *args, **more: calls.append(0) or function(*args, **more)
    )
    return calls


def test_a_painter_gives_the_pictures_that_stylize_gives():
    painter = Painter(STYLE, encoder=TinyEncoder(), **SMALL, **TINY)
    for photo in PHOTOS:
        alone = impasto.stylize(photo, STYLE, encoder=TinyEncoder(), **SMALL, **TINY)
        assert np.array_equal(painter.paint(photo).array, alone.array)
    regions = random_pixels(48, 64, 5) // 255 * 255
    protected = painter.paint(PHOTOS[0], protect=regions)
    assert not np.array_equal(protected.array, painter.paint(PHOTOS[0]).array)


def test_a_painter_loads_the_network_and_measures_a_style_once(monkeypatch: pytest.MonkeyPatch):
    loaded = _counted(monkeypatch, networks, "of_filters")
    measured = _counted(monkeypatch, look, "_sums")
    # The style is measured for its own loss, and for the content's statistics.
    painter = Painter(STYLE, **SMALL, style_layers="relu1_1", content_layers="relu1_2")
    for photo in PHOTOS:
        assert painter.paint(photo).size == (48, 64)
    assert (len(loaded), len(measured)) == (1, 2)
    # Another size of the photograph is another size of the style.
    painter.paint(random_pixels(64, 48, 1), size=64)
    assert (len(loaded), len(measured)) == (1, 2)
    painter.paint(random_pixels(64, 64, 1))
    assert (len(loaded), len(measured)) == (1, 4)


def test_a_style_that_is_cut_and_moved_is_measured_once_as_well(monkeypatch: pytest.MonkeyPatch):
    measured = _counted(monkeypatch, look, "_sums")
    # A painting in a mount, photographs in a camera's wide space.
    mounted = np.full((124, 116, 3), 245, np.uint8)
    mounted[30:-30, 30:-30] = STYLE
    wide = Origin(adobe_rgb())
    painter = Painter(mounted, encoder=TinyEncoder(), **SMALL, **TINY)
    for photo in PHOTOS:
        painter.paint(replace(as_picture(photo), origin=wide))
    assert len(measured) == 2


def test_what_was_measured_long_ago_is_let_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(look, "_MOST_SIZES", 3)
    monkeypatch.setattr(networks, "_MOST", 2)
    painter = Painter(STYLE, **SMALL, style_layers="relu1_1", content_layers="relu1_2")
    for width in range(60, 70):
        painter.paint(random_pixels(48, width, 1))
    painter._asked["style_layers"] = "relu1_2"
    painter.paint(PHOTOS[0])
    assert len(painter._networks._loaded) == 2
    kept = [one.measured for one, _ in painter._networks._loaded.values()]
    assert all(len(sizes) <= 3 for measured in kept for sizes in measured.values())


def test_a_painter_refuses_what_stylize_refuses():
    with pytest.raises(UsageError, match="no style picture given"):
        Painter([])
    with pytest.raises(UsageError, match="there is no option 'sise'; did you mean 'size'"):
        Painter(STYLE, sise=64).paint(PHOTOS[0])


def test_options_may_be_given_by_name_or_as_objects_but_not_both():
    named = prepare(PHOTOS[0], STYLE, size=80, threads=1, preset="quick")
    assert (named.settings.size, named.plan.threads) == (80, 1)
    quick = prepare(PHOTOS[0], STYLE, preset="quick").settings
    assert named.settings == impasto.Settings(**{**vars(quick), "size": 80})
    settings, resources = Settings(size=64, faces="style"), Resources(threads=1)
    assert prepare(PHOTOS[0], STYLE, settings, resources).settings == settings
    for objects in ({"settings": settings}, {"resources": resources}):
        with pytest.raises(UsageError, match="size cannot be given beside settings or resources"):
            impasto.iterate(PHOTOS[0], STYLE, **objects, size=80)
    with pytest.raises(UsageError, match="there is no option 'start'"):
        impasto.iterate(PHOTOS[0], STYLE, start=PHOTOS[1])


def test_init_is_a_word_a_path_or_a_picture():
    def first(init: object) -> torch.Tensor:
        run = prepare(PHOTOS[0], STYLE, init=init, **{**SMALL, **TINY})
        return next(paint_tiny(run)).image

    pictures = [first(init) for init in ("content", "noise", PHOTOS[1])]
    assert all(
        (one - other).abs().mean() > 0.01
        for number, one in enumerate(pictures)
        for other in pictures[:number]
    )
    with pytest.raises(UsageError, match="init cannot be 'contend'"):
        first("contend")


class _Own(TinyEncoder):
    """A network whose layers have names of its own, many of them."""

    def __init__(self, channels: int = 6) -> None:
        super().__init__()
        self.layers = {"edges": Layer(4, 1, 1), "shapes": Layer(channels, 2, 4)}

    def walk(self, image: torch.Tensor, names) -> Iterator[tuple[str, torch.Tensor]]:
        own = {"edges": "relu1_1", "shapes": "relu2_1"}
        for name, (_, features) in zip(own, super().walk(image, own.values()), strict=True):
            if name in names:
                yield name, features


OWN = {"content_layers": "shapes", "style_layers": "edges,shapes"}


def test_an_own_network_names_its_layers_as_it_likes():
    *_, step = impasto.iterate(PHOTOS[0], STYLE, encoder=_Own(), **SMALL, **OWN)
    assert step.recipe.encoder == "_Own"
    assert set(step.losses) > {"content shapes", "style edges", "style shapes"}
    with pytest.raises(UsageError, match=r"unknown layer 'shape' for this network.*did you mean"):
        prepare(PHOTOS[0], STYLE, encoder=_Own(), content_layers="shape", style_layers="edges")


def test_a_layer_that_no_network_has_is_said_before_anything_is_read():
    told = r"unknown layer 'relu4_5' for VGG-19; choose from .*; did you mean 'relu4_4'"
    with pytest.raises(UsageError, match=told):
        prepare("nowhere.png", STYLE, style_layers="relu4_5")


def test_memory_is_planned_from_an_own_networks_layers():
    slim, wide = (
        prepare(PHOTOS[0], STYLE, encoder=_Own(channels), **SMALL, **OWN).costs
        for channels in (6, 40_000)
    )
    level = prepare(PHOTOS[0], STYLE, **SMALL).levels[0]
    assert wide.needs(level, None).tile > 2 * slim.needs(level, None).tile
    assert wide.needs(level, None).state > 10 * slim.needs(level, None).state
    assert slim.network_bytes(torch.device("cpu")) == 0  # it is there already


def test_pictures_are_brought_to_a_levels_size_once(monkeypatch: pytest.MonkeyPatch):
    brought = _counted(monkeypatch, scene, "_at")
    run = prepare(PHOTOS[0], [STYLE, STYLE], size=128, levels=2, iterations=3, **TINY)
    for _ in paint_tiny(run):
        pass
    assert len(brought) == 2 * (1 + 2)


def test_a_meter_says_how_far_a_run_is():
    meter = impasto.Meter()
    seen = []
    run = prepare(PHOTOS[0], STYLE, size=128, levels=2, iterations=(4, 3), tolerance=0, **TINY)
    for step in paint_tiny(run):
        meter.see(step)
        seen.append((meter.fraction, meter.seconds_left))
        assert meter.evaluations_per_second > 0
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert (fractions[-1], seen[-1][1]) == (1.0, 0.0)
    # The four at a quarter of the pixels are one at the full size.
    assert fractions[3] == pytest.approx(1 / 4, abs=0.01)
