import os
from pathlib import Path

import pytest

from impasto import Settings, UsageError
from impasto.cli import main
from impasto.planning.levels import make_levels
from impasto.settings.presets import DEFAULT, NAMES, from_options, read_preset


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_can_be_read_and_says_what_it_is(name: str):
    assert read_preset(name).description
    from_options({"preset": name})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [64, 256, 8192])
def test_every_preset_fits_every_size(name: str, size: int):
    settings, _ = from_options({"preset": name, "size": size})
    make_levels((768, 1024), [((99, 99), 1.0)], settings)


def test_the_default_preset_is_the_defaults():
    assert from_options({"preset": DEFAULT}) == from_options({})


def test_the_papers_preset_is_the_papers_method():
    settings, _ = from_options({"preset": "paper"})
    assert (settings.init, settings.levels, settings.style_loss) == ("noise", 1, "gram")
    assert settings.content_weight / settings.style_weight == 1e-3
    assert settings.style_layers == tuple((f"relu{block}_1", 0.2) for block in range(1, 6))
    assert (settings.pixels, settings.padding, settings.smoothness) == ("free", "zeros", 0)


def test_what_is_given_goes_before_the_preset():
    settings, _ = from_options({"preset": "paper", "levels": 2})
    assert settings.levels == 2
    assert settings.init == "noise"


def test_anybody_can_write_a_preset(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text('description = "large"\nsize = 300\nstyle-weight = 20\nthreads = 1\n')
    settings, resources = from_options({"preset": str(mine)})
    assert settings == Settings(size=300, style_weight=20)
    assert resources.threads == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size = [", "is not TOML"),
        ("sise = 3", "no option 'sise'; did you mean 'size'"),
        ("size = 3", "size cannot be 3"),
        ("size = " + "[" * 200_000, "nested too deep"),
        ("size = " + "9" * 5000, "thousands of digits"),
        ("style-weight = 1\nstyle_weight = 2", "an option twice"),
    ],
    ids=lambda words: words[:20],
)
def test_a_broken_preset_is_refused(tmp_path: Path, text: str, message: str):
    mine = tmp_path / "mine.toml"
    mine.write_text(text)
    with pytest.raises(UsageError, match=message):
        from_options({"preset": str(mine)})


def test_what_is_no_file_is_no_preset(tmp_path: Path):
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(UsageError, match="there is no preset"):
            read_preset(str(tmp_path / name))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no text"):
        read_preset(str(tmp_path / "bytes"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_nothing_is_waited_for_that_is_no_file_or_has_no_end(tmp_path: Path, capsys):
    pipe, long = tmp_path / "p.toml", tmp_path / "long.toml"
    os.mkfifo(pipe)
    long.write_text("#" * 1_000_001)
    reasons = {pipe: "not a regular file", "/dev/zero": "not a regular file", long: "over 1 MB"}
    for path, reason in {**reasons, tmp_path: "not a regular file"}.items():
        assert main(["presets", "show", str(path)]) == 2
        assert f"the preset {path} cannot be read: it is {reason}" in capsys.readouterr().err
        assert main(["paint", "a.png", "b.png", "-o", "c.png", "--preset", str(path)]) == 2
    long.write_text("size = 300" + " " * 900_000)
    assert read_preset(str(long)).values == {"size": 300}


def test_an_unknown_preset_is_refused_with_a_suggestion():
    with pytest.raises(UsageError, match=r"no preset 'papr'.*did you mean 'paper'"):
        read_preset("papr")


def test_presets_are_listed_and_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert main(["presets", "list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in NAMES)
    assert main(["presets", "show", "paper"]) == 0
    shown = tmp_path / "shown.toml"
    shown.write_text(capsys.readouterr().out)
    assert read_preset(str(shown)).values == read_preset("paper").values
    assert main(["presets", "show", "nothing"]) == 2
