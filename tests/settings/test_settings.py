import math
import re

import numpy as np
import pytest
from conftest import random_pixels

from impasto import Resources, Settings, UsageError, iterate
from impasto.cli.options import describe
from impasto.settings.option import options
from impasto.settings.presets import from_names, from_options
from impasto.settings.readers import show

PIXELS = random_pixels(48, 64, 1)


def test_defaults_are_the_papers_but_for_the_content():
    settings = Settings()
    assert [name for name, _ in settings.style_layers] == [f"relu{b}_1" for b in range(1, 6)]
    assert {weight for _, weight in settings.style_layers} == {0.2}
    assert (settings.network, settings.pooling) == ("normalised", "average")


def test_the_papers_preset_has_the_papers_content():
    settings, _ = from_options({"preset": "paper"})
    assert settings.content_layers == (("relu4_2", 1.0),)
    assert settings.content_weight / settings.style_weight == 1e-3
    assert (settings.content_statistics, settings.content_focus) == ("photograph", 0)


def test_layers_without_weight_share_alike():
    settings = Settings(style_layers="relu1_1:0.25, relu2_1")
    assert settings.style_layers == (("relu1_1", 0.25), ("relu2_1", 0.5))
    assert Settings(style_layers={"relu3_1": 2}).style_layers == (("relu3_1", 2.0),)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"style_layers": "relu4_1,relu4_1"}, "twice"),
        ({"style_layers": "relu4_1:0"}, "weigh nothing"),
        ({"style_layers": "relu4_1:-1"}, "cannot weigh -1"),
        ({"style_layers": "relu4_1:1:2"}, "not LAYER"),
        ({"style_layers": ""}, "style layers has a layer without a name; give LAYER"),
        ({"content_weight": math.nan}, "not a finite number"),
        ({"content_weight": -1}, "0 or more"),
        ({"content_weight": 0, "style_weight": 0}, "both 0"),
        ({"size": 31}, "32 to 100000 px"),
        ({"size": 10**9}, "32 to 100000 px"),
        ({"size": "100001x64"}, "over 100000 px"),
        ({"size": 10**400}, "size cannot be"),
        ({"size": "huge"}, "size cannot be 'huge'"),
        ({"size": 512.5}, "not a whole number"),
        ({"iterations": ""}, "iterations is empty"),
        ({"iterations": "10,0"}, "iterations cannot be 0"),
        ({"tolerance": 2}, "0 to 1"),
        ({"optimizer": "lbgfs"}, "did you mean 'lbfgs'"),
        ({"style_blend": "0,0"}, "all 0"),
        ({"levels": 0}, "1 to 16"),
        ({"seed": True}, "whole number"),
        ({"seed": 2**63}, "too large a number.*give 0 or more"),
        ({"seed": 10**400}, "too large a number"),
        ({"detail": True}, "not a number"),
        ({"content_weight": 10**400}, "not a number"),
        ({"content_weight": -1e-12}, "cannot be -1e-12; give 0 or more"),
        ({"iterations": "x"}, "give auto, few, many, large or 1 to 1000000"),
        ({"levels": "x"}, r"^levels cannot be 'x' \(not a whole number\); give auto or 1 to 16$"),
        ({"learning_rate": 0}, "give 0.000001 to 1"),
        ({"style_crops": "0:0:1"}, "LEFT:TOP:RIGHT:BOTTOM, each 0 to 1, in that order"),
        ({"style_crops": 5}, "type int.; give LEFT:TOP:RIGHT:BOTTOM"),
        ({"style_layers": 5}, "type int"),
        ({"style_layers": "relu1_1:x"}, "'x' is not a number"),
    ],
)
def test_wrong_values_say_what_is_allowed(values: dict, message: str):
    with pytest.raises(UsageError, match=message):
        Settings(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"memory": "50MB"}, "memory cannot be 50 MB; give auto or 100 MB or more"),
        ({"memory": "4 gigs"}, "not a size like 4GB or 512MB"),
        ({"memory": -5}, "memory cannot be -5 bytes"),
        ({"tile": 100}, "not a multiple of 16"),
        ({"tile": 16}, "tile cannot be 16 px; give auto or 64 px or more"),
    ],
)
def test_wrong_resources_say_what_is_allowed(values: dict, message: str):
    with pytest.raises(UsageError, match=message):
        Resources(**values)


def test_no_range_and_no_default_is_written_by_a_machine():
    """No exponents, no empty brackets, no names of types."""
    for cls in (Settings, Resources):
        for name, (option, default) in options(cls).items():
            facts = describe(option, default).removeprefix(option.help)
            assert not re.search(r"\de[+-]?\d|\[\]|inf|<", facts), name


def test_whole_numbers_are_read_exactly():
    for given in (2**53 + 1, str(2**53 + 1), np.uint64(2**53 + 1)):
        assert Settings(seed=given).seed == 2**53 + 1
    assert Settings(size=64.0, iterations="1e3") == Settings(size="64", iterations=1000)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (({"size": 96},), r"give Settings\(size=96\)"),
        (("quick",), r"settings cannot be 'quick'; give Settings\(\)"),
        ((None, {"threads": 1}), r"resources cannot be .*; give Resources\(threads=1\)"),
    ],
)
def test_what_is_not_settings_is_refused(values: tuple, message: str):
    with pytest.raises(UsageError, match=message):
        iterate(PIXELS, PIXELS, *values)


def test_unknown_names_are_refused_with_a_suggestion():
    with pytest.raises(UsageError, match="no option 'stlye_weight'; did you mean 'style_weight'"):
        from_names({"stlye_weight": 1})


def test_names_are_sorted_into_settings_and_resources():
    settings, resources = from_names({"size": "64", "threads": "2"})
    assert settings == Settings(size=64)
    assert resources == Resources(threads=2)


@pytest.mark.parametrize("cls", [Settings, Resources])
def test_every_field_reads_what_it_shows(cls: type):
    for name, (option, default) in options(cls).items():
        assert option.help.endswith("."), name
        assert option.read(show(default)) == default, name


def test_settings_can_be_keys():
    assert len({Settings(), Settings(), Settings(size=64)}) == 2
