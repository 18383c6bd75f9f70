import math

import pytest

from impasto import Resources, Settings, UsageError
from impasto.settings import from_names, options, show


def test_defaults_are_the_papers():
    settings = Settings()
    assert settings.content_layers == (("relu4_2", 1.0),)
    assert [name for name, _ in settings.style_layers] == [f"relu{b}_1" for b in range(1, 6)]
    assert {weight for _, weight in settings.style_layers} == {0.2}
    assert settings.content_weight / settings.style_weight == 1e-3
    assert (settings.network, settings.pooling) == ("normalised", "average")


def test_layers_without_weight_share_alike():
    settings = Settings(style_layers="relu1_1:0.25, relu2_1")
    assert settings.style_layers == (("relu1_1", 0.25), ("relu2_1", 0.5))
    assert Settings(style_layers={"relu3_1": 2}).style_layers == (("relu3_1", 2.0),)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"style_layers": "relu4_5"}, "unknown layer 'relu4_5'.*did you mean 'relu4_4'"),
        ({"style_layers": "relu4_1,relu4_1"}, "twice"),
        ({"style_layers": "relu4_1:0"}, "weigh nothing"),
        ({"style_layers": "relu4_1:-1"}, "cannot weigh -1"),
        ({"style_layers": "relu4_1:1:2"}, "not LAYER"),
        ({"style_layers": ""}, "unknown layer ''"),
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
    ],
)
def test_wrong_values_say_what_is_allowed(values: dict, message: str):
    with pytest.raises(UsageError, match=message):
        Settings(**values)


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
