"""Reconstructions: what layers keep of a picture, painted from white noise."""

import io
from pathlib import Path

import numpy as np
import pytest
from conftest import paint_tiny, random_pixels
from PIL import Image

import impasto
from impasto import UsageError, prepare
from impasto.cli import main
from impasto.engine.recipe import Recipe
from impasto.reading.carrying import read_recipe_text
from impasto.reading.sources import as_picture

PHOTO = as_picture(np.asarray(Image.open(Path(__file__).parents[2] / "examples/chelsea.jpg")))


def _psnr(painted: impasto.Picture, size: int, photo: impasto.Picture = PHOTO) -> float:
    there = impasto.prepare(photo, photo, size=size, levels=1).levels[0]
    whole = Image.fromarray(photo.samples(8)).resize(
        (there.width, there.height), Image.Resampling.BICUBIC
    )
    off = painted.array - np.asarray(whole, np.float32) / 255
    return float(-10 * np.log10(np.square(off).mean()))


def test_shallow_content_is_nearly_the_photograph_and_deep_content_is_not():
    # 96 px, as 256 px would take half a minute: there relu1_2 comes to 42 dB, relu2_2 to 32.
    near = [
        _psnr(impasto.reconstruct(PHOTO, content=layer, size=96, iterations=count), 96)
        for layer, count in (("relu1_2", 80), ("relu2_2", 80), ("relu4_2", 40))
    ]
    assert near[0] > 36
    assert near[0] > near[1] > near[2]
    assert near[1] > 28
    assert near[2] < 20


def test_style_keeps_statistics_and_no_places():
    settings = impasto.reconstruction(style="relu1_1,relu2_1", size=96, iterations=60)
    *_, last = impasto.iterate(PHOTO, PHOTO, *settings)
    first = next(impasto.iterate(PHOTO, PHOTO, *settings))
    assert sum(last.losses.values()) < 1e-3 * sum(first.losses.values())
    assert _psnr(last.picture, 96) < 18


def test_every_layer_can_be_asked_for():
    for layer in ("relu1_1", "relu3_4", "relu5_4"):
        run = prepare(PHOTO, PHOTO, *impasto.reconstruction(content=layer, size=64))
        assert run.settings.layers == (layer,)
    *_, step = paint_tiny(
        prepare(
            random_pixels(40, 40, 1),
            random_pixels(40, 40, 1),
            *impasto.reconstruction(style="relu2_1", size=40, iterations=2),
        )
    )
    assert list(step.losses) == ["style relu2_1"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "neither content nor style is given"),
        ({"content": "relu1_1", "style": "relu1_1"}, "both given"),
        ({"content": "relu1_1", "style_weight": 3}, "style_weight cannot be given"),
        ({"content": "relu1_1", "siz": 3}, "did you mean 'size'"),
    ],
)
def test_a_reconstruction_keeps_one_thing(given: dict, message: str):
    with pytest.raises(UsageError, match=message):
        impasto.reconstruction(**given)


def test_the_command_writes_a_picture_to_paint_again(photo: Path, tmp_path: Path, capsys):
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    words = ["--content", "relu2_2", "--size", "64", "--iterations", "3", "--threads", "1"]
    assert main(["reconstruct", str(photo), "-o", str(out), *words]) == 0
    recipe = Recipe.from_json(read_recipe_text(out) or "", "out.png")
    assert recipe.settings.shares == (1, 0)
    assert recipe.settings.network == "original"
    assert main(["rerun", str(out), "-o", str(again)]) == 0
    assert again.read_bytes() == out.read_bytes()


def test_the_picture_is_read_once_and_its_frame_is_content_and_style(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch, capsys
):
    words = ["--style", "relu1_1", "--size", "64", "--iterations", "2", "--threads", "1"]
    out, piped = tmp_path / "out.png", tmp_path / "piped.png"
    assert main(["reconstruct", str(photo), "-o", str(out), *words]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(photo.read_bytes())))
    assert main(["reconstruct", "-", "-o", str(piped), *words]) == 0
    assert np.array_equal(np.asarray(Image.open(piped)), np.asarray(Image.open(out)))
    film, framed = tmp_path / "film.gif", tmp_path / "framed.png"
    frames = [Image.open(path).resize((64, 48)) for path in (photo, painting)]
    frames[0].save(film, save_all=True, append_images=frames[1:])
    capsys.readouterr()
    assert main(["reconstruct", str(film), "-o", str(framed), "--frame", "1", *words]) == 0
    assert "number 1 is taken" in capsys.readouterr().err
    parts = Recipe.from_json(read_recipe_text(framed) or "", "framed.png").ingredients
    assert parts.styles[0].picture == parts.content


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--content", "conv4_2"], "did you mean 'relu4_2'"),
        (["--style", "relu6_1"], "unknown layer 'relu6_1'"),
        ([], "neither content nor style"),
        (["--content", "relu1_1", "--style-weight", "1"], "--style-weight"),
    ],
)
def test_wrong_words_are_refused_in_one_line(
    words: list[str], message: str, photo: Path, tmp_path: Path, capsys
):
    assert main(["reconstruct", str(photo), "-o", str(tmp_path / "out.png"), *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
