"""Recipes and checkpoints are data from strangers: followed, or refused by the field's name."""

import io
import json
import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch
from conftest import paint_tiny, random_pixels
from hypothesis import strategies as st
from PIL import Image

from impasto import DeviceError, Picture, Settings, UsageError
from impasto.cli import main, painting
from impasto.engine.checkpoint import State, read_checkpoint, write_checkpoint
from impasto.engine.fitting import check_fits
from impasto.engine.iterate import paint
from impasto.engine.prepare import prepare
from impasto.engine.recipe import Recipe, differences
from impasto.engine.run import Run
from impasto.jobs import pantry
from impasto.jobs.notes import Notes, notes_of, read_notes
from impasto.jobs.outputs import Outputs
from impasto.jobs.pantry import Pantry
from impasto.jobs.rerun import again
from impasto.network.trained import weights_digest
from impasto.network.weights import SOURCE_SHA256
from impasto.testing import TINY, TinyEncoder

# What 'impasto paint' of version 0.1.0 wrote into a checkpoint.
NOTES = json.loads(
    '{"inputs": ["/gone/photo.png", "/gone/painting.png"], "output": "/gone/out.png", '
    '"overwrite": false, "depth": null, "metadata": true, "fallback_dir": null, '
    '"checkpoint": "/gone/out.png.checkpoint", "checkpoint_every": 5.0, "save_every": null, '
    '"timelapse": null, "plot": null}'
)


class Kitchen:
    """A folder with two pictures, the recipe of a third, and a checkpoint of its run.

    The run was changed twice at its first level.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        photo, painting, mask = (folder / f"{name}.png" for name in ("photo", "painting", "mask"))
        Image.fromarray(random_pixels(72, 96, 1)).save(photo)
        Image.fromarray(random_pixels(96, 96, 2)).save(painting)
        Image.fromarray(random_pixels(72, 96, 3)[..., 0]).save(mask)
        changes = {1: {"strength": 60, "protect": mask}, 2: {"style_blend": (2,), "protect": None}}
        settings = Settings(size=96, levels=2, iterations=3, **TINY)
        self.run = prepare(photo, painting, settings)
        steps = paint_tiny(self.run)
        self.checkpoints = []
        for step in steps:
            if step.level == 1:
                step.change(**changes.get(step.iteration, {"smoothness": 2}))
            path = folder / f"{step.level}-{step.iteration}.checkpoint"
            made = step.checkpoint(NOTES | {"output": str(folder / "out.png")})
            write_checkpoint(path, replace(made, recipe=_as_usual(made.recipe)))
            self.checkpoints.append(path)
        self.recipe = _as_usual(step.recipe)
        self.values = json.loads(self.recipe.as_json())

    def edited(self, *place_and_value: Any) -> dict[str, Any]:
        """Return the recipe's values with another value at a place."""
        *place, last, value = place_and_value
        values = json.loads(json.dumps(self.values))
        at = values
        for name in place:
            at = at[name]
        at[last] = value
        return values

    def picture(self, text: str, name: str = "edited.png") -> Path:
        """Save a picture that carries any text as its recipe."""
        path = self.folder / name
        Picture(np.zeros((40, 40, 3), np.float32), recipe=text).save(path, overwrite=True)
        return path

    def checkpoint(self, *, name: str = "edited.checkpoint", **parts: str | None) -> Path:
        """Write the checkpoint with other words in its header, or without them."""
        data = self.checkpoints[3].read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        for part, text in parts.items():
            header["__metadata__"][part] = text
            if text is None:
                del header["__metadata__"][part]
        return self.with_header(json.dumps(header).encode(), data[8 + length :], name)

    def with_header(self, header: bytes, tensors: bytes, name: str = "edited.checkpoint") -> Path:
        path = self.folder / name
        path.write_bytes(len(header).to_bytes(8, "little") + header + tensors)
        return path


def _as_usual(recipe: Recipe) -> Recipe:
    """Return the recipe of the settings' network, which takes longer to paint."""
    return replace(recipe, encoder=None, weights=weights_digest(recipe.settings))


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    return Kitchen(tmp_path_factory.mktemp("kitchen"))


def _followed(kitchen: Kitchen, text: str) -> Run:
    """Read a recipe and prepare its run, as rerun does."""
    return again(Recipe.from_json(text, "x.png"), Pantry([kitchen.folder]))


def _picked_up(path: Path) -> tuple[Run, State]:
    """Read a checkpoint and prepare the rest of its run, as resume does."""
    kept = read_checkpoint(path)
    notes = read_notes(kept.notes, path)
    run = again(kept.recipe, Pantry([path.parent], notes.inputs))
    check_fits(kept.state, run)
    return run, kept.state


def test_a_recipe_and_a_checkpoint_are_followed(kitchen: Kitchen):
    run = _followed(kitchen, kitchen.recipe.as_json())
    assert (run.plan, run.levels) == (kitchen.run.plan, kitchen.run.levels)
    for path in kitchen.checkpoints[:-1]:
        assert _picked_up(path)[0].plan == kitchen.run.plan


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (("plan", "threads", 1_000_000), r"plan\.threads"),
        (("plan", "threads", 0), r"plan\.threads"),
        (("plan", "threads", 10**30), r"plan\.threads"),
        (("plan", "threads", True), r"plan\.threads"),
        (("plan", "threads", "two"), r"plan\.threads"),
        (("plan", "tiles", [None, 0]), r"plan\.tiles\[1\]"),
        (("plan", "tiles", [-64, None]), r"plan\.tiles\[0\]"),
        (("plan", "tiles", [77, None]), r"plan\.tiles\[0\]"),
        (("plan", "tiles", None), r"plan\.tiles"),
        (("plan", "tiles", [None]), "1 of tiles, 2 of history"),
        (("plan", "precision", "float12"), r"plan\.precision"),
        (("plan", "device", "tpu:0"), r"plan\.device"),
        (("plan", "device", "meta"), r"plan\.device"),
        (("plan", "device", "cpu\n"), r"plan\.device"),
        (("plan", "history", [0, 1]), r"plan\.history\[0\]"),
        (("plan", "history", [1, 100_000_000]), r"plan\.history\[1\]"),
        (("plan", "evaluations", [3, 10**9]), r"plan\.evaluations\[1\]"),
        (("plan", "device", "gpu"), r"plan\.device: give cpu, cuda, cuda:N or mps"),
        (("plan", "precision", "int8"), r"plan\.precision: give \w+ or \w+"),
        (("plan", "scratch", ["/etc", False]), r"plan\.scratch\[0\]"),
        (("plan", "scratch", []), "0 of scratch"),
        (("plan", "brush", 1), "no 'brush' in plan"),
        (("plan", "thread", 1), "did you mean 'threads'"),
        (("plan", []), "plan"),
        (("settings", "strenght", 1), "no 'strenght' in settings; did you mean 'strength'"),
        (("settings", "threads", 1), "no 'threads' in settings"),
        (("settings", "size", 10**12), "size cannot be"),
        (("settings", "size", 10**400), "size cannot be 1000"),
        (("settings", "style_weight", math.nan), "style weight cannot be nan"),
        (("settings", "style_weight", math.inf), "style weight cannot be inf"),
        (("settings", "init", "/etc/passwd"), r"settings\.init"),
        (("settings", "init", "photo.png"), r"settings\.init.*sha256"),
        (("settings", "init", "../photo.png"), r"settings\.init"),
        (("settings", "weights", "../vgg.pth"), r"settings\.weights"),
        (("settings", []), "settings"),
        (("ingredients", "content", "name", "a/b.png"), r"content\.name: give a file name without"),
        (("ingredients", "content", "name", "a\0.png"), r"ingredients\.content\.name"),
        (("ingredients", "content", "sha256", "00"), r"content\.sha256: give 64 hexadecimal"),
        (("ingredients", "content", "frame", -1), r"ingredients\.content\.frame"),
        (("ingredients", "styles", []), r"ingredients\.styles"),
        (("ingredients", "styles", 0, "weight", 0), "none has any weight"),
        (("ingredients", "styles", 0, "weight", math.nan), r"styles\[0\]\.weight"),
        (("ingredients", "styles", 0, "scale", 1e308), r"styles\[0\]\.scale"),
        (("ingredients", "styles", 0, "regions", [0, 0, 256]), r"styles\[0\]\.regions\[2\]"),
        (("ingredients", "styles", 0, "brush", 1), r"no 'brush' in ingredients\.styles\[0\]"),
        (("weights", "auto"), "weights: give 64 hexadecimal digits or nothing"),
        (("versions", {"torch": "\x1b[2J"}), r"versions\[\.\.\.\]"),
        (("evaluations", [1, 1, 1]), "evaluations: more than the 2 levels"),
        (("evaluations", "many"), "evaluations"),
        (("threads", 0), "threads"),
        (("threads", [1]), "threads"),
        (("encoder", "\x1b[2J"), "encoder: give 1 to 200 letters, no controls"),
        (("losses", [1]), "losses"),
        (("changes", 0, "level", 0), r"changes\[0\]\.level"),
        (("changes", 2, "level", 3), r"changes\[2\]\.level: 3 of the 2 levels"),
        (("changes", 0, "iteration", 0), r"changes\[0\]\.iteration"),
        (("changes", 2, "iteration", 4), r"changes\[2\]\.iteration: 4 of the 3 of level 1"),
        (("changes", 1, "iteration", 1), r"changes\[1\]: it is not after the one before"),
        (("changes", 0, "iteration", 3), r"changes\[1\]: it is not after the one before"),
        (("changes", [{"level": 1}]), r"changes\[0\]: .*iteration"),
        (("changes", [{"level": 1, "iteration": 1, "settings": {}}] * 1001), "changes: .* 1000"),
        (("changes", "many"), "changes"),
        (("changes", 0, "settings", "size", 64), "size cannot change while a run goes on"),
        (("changes", 0, "settings", "\x1b[2J", 64), "cannot change while a run goes on"),
        (("changes", 0, "settings", "strength", 101), "strength cannot be 101"),
        (("changes", 0, "settings", "strength", math.nan), "strength cannot be nan"),
        (("changes", 0, "settings", "strength", 10**400), r"changes\[0\]\.settings"),
        (("changes", 0, "settings", "strength", [1, 2]), "strength cannot be"),
        (("changes", 0, "settings", "strength", True), r"changes\[0\]\.settings"),
        (("changes", 0, "settings", "style_blend", [[1]]), r"changes\[0\]\.settings"),
        (("changes", 0, "settings", []), r"changes\[0\]\.settings"),
        (("changes", 0, "protect", "name", "../mask.png"), r"changes\[0\]\.protect\.name"),
        (("changes", 0, "protect", "sha256", "00"), r"changes\[0\]\.protect\.sha256"),
        (("changes", 0, "protect", "mask.png"), r"changes\[0\]\.protect"),
        (("changes", 0, "brush", 1), r"no 'brush' in changes\[0\]"),
        (("surprise", 1), "no 'surprise'"),
    ],
)
def test_what_a_recipe_must_not_ask_for_is_refused_by_name(
    kitchen: Kitchen, edit: tuple, field: str
):
    with pytest.raises(UsageError, match=field) as caught:
        Recipe.from_json(json.dumps(kitchen.edited(*edit)), "x.png")
    assert "regex" not in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"style_weight": 0, "content_weight": 0}, r"changes\[1\]: .* nothing is left to paint"),
        ({"style_blend": [1, 1]}, r"changes\[1\]: style blend has 2 shares for 1 styles"),
        ({"style_blend": [0]}, r"changes\[1\]: style blend is all 0"),
    ],
)
def test_a_change_that_its_run_cannot_make_is_refused_by_its_number(
    kitchen: Kitchen, edit: dict, said: str
):
    values = kitchen.edited("changes", 1, "settings", edit)
    with pytest.raises(UsageError, match=said):
        _followed(kitchen, json.dumps(values))


def test_a_change_protects_by_no_mask_of_another_shape_or_that_is_gone(kitchen: Kitchen):
    other = kitchen.values["ingredients"]["styles"][0]["picture"]
    with pytest.raises(UsageError, match=r"changes\[0\]: the mask to protect"):
        _followed(kitchen, json.dumps(kitchen.edited("changes", 0, "protect", other)))
    altered = kitchen.edited("changes", 0, "protect", "sha256", "0" * 64)
    with pytest.raises(UsageError, match=r"changes\[0\]: .*other contents"):
        _followed(kitchen, json.dumps(altered))


@pytest.mark.parametrize("name", ["plan", "settings", "ingredients", "weights", "versions"])
def test_what_a_recipe_lacks_is_said(kitchen: Kitchen, name: str):
    values = kitchen.edited(name, None)
    del values[name]
    with pytest.raises(UsageError, match=name):
        Recipe.from_json(json.dumps(values), "x.png")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda k: "[" * 200_000, "nested too deep"),
        (lambda k: '{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deep"),
        (lambda k: k.recipe.as_json().replace('"seed": 0', '"seed": ' + "9" * 5000), "digits"),
        (lambda k: json.dumps(k.edited("plan", "threads", 1_000_000)), "plan.threads"),
        (lambda k: json.dumps(k.edited("plan", "tiles", [0, 0])), "plan.tiles[0]"),
        (lambda k: json.dumps(k.edited("plan", "tiles", [-64, 64])), "plan.tiles[0]"),
        (lambda k: json.dumps(k.edited("plan", "history", [10**8] * 2)), "plan.history[0]"),
        (lambda k: json.dumps(k.edited("settings", "init", "/etc/passwd")), "settings.init"),
        (lambda k: json.dumps(k.edited("settings", "levels", 1)), "plan is for 2 levels"),
    ],
    ids=["deep", "deeper", "digits", "threads", "tile 0", "tile -64", "history", "init", "levels"],
)
def test_a_hostile_picture_is_refused_in_one_line(
    kitchen: Kitchen, tmp_path: Path, make: Callable, said: str, capsys
):
    path = kitchen.picture(make(kitchen))
    assert main(["rerun", str(path), "-o", str(tmp_path / "out.png")]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert len(told) < 1000
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"notes": "[" * 200_000}, "notes: it is nested too deep"),
        ({"notes": '{"inputs": 1, "output": "a.png"}'}, "inputs"),
        ({"notes": '{"inputs": [], "output": "a\\u0000.png"}'}, "output"),
        ({"notes": None}, "notes"),
        ({"state": "[" * 200_000}, "state: it is nested too deep"),
        ({"state": "{}"}, "level"),
        ({"state": None}, "state"),
        ({"scratch": '[null, "/nowhere"]'}, "scratch: the folder /nowhere does not exist"),
        ({"scratch": "[1]"}, "scratch[0]"),
        ({"scratch": "[]"}, "0 of scratch"),
        ({"recipe": "{}"}, "carries no recipe"),
        ({"recipe": None}, "carries no recipe"),
        ({"impasto checkpoint": "1"}, "this version"),
    ],
)
def test_a_hostile_checkpoint_is_refused_in_one_line(
    kitchen: Kitchen, parts: dict, said: str, capsys
):
    path = kitchen.checkpoint(**parts)
    before = sorted(kitchen.folder.iterdir())
    assert main(["resume", str(path)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert len(told) < 1000
    assert sorted(kitchen.folder.iterdir()) == before


def _with(state: State, **tensors: torch.Tensor | None) -> State:
    changed = {**state.tensors, **tensors}
    return replace(state, tensors={k: v for k, v in changed.items() if v is not None})


NAN = torch.full((1, 3, 72, 96), math.nan)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: replace(s, level=3), "level: .* 3 of the run's 2"),
        (lambda s: replace(s, level=1), "evaluations"),
        (lambda s: replace(s, iteration=4), "iteration: .* 4 of the level's 3"),
        (lambda s: replace(s, iteration=3), "iteration: .* 3 of the level's 3"),
        (lambda s: replace(s, iteration=3, ended=True), "come to its end"),
        (lambda s: replace(s, evaluations=()), "evaluations"),
        (lambda s: _with(s, image=None), "image: .* no such tensor"),
        (lambda s: _with(s, image=torch.zeros(1, 3, 72, 95)), "image: .* shape"),
        (lambda s: _with(s, image=s.tensors["image"].half()), "image: .*float16"),
        (lambda s: _with(s, image=NAN), "image: .* not finite"),
        (lambda s: _with(s, point=None), "point"),
        (lambda s: _with(s, point=torch.zeros(3)), "point"),
        (lambda s: _with(s, point=s.tensors["point"].long()), "point: .*int64"),
        (lambda s: _with(s, pairs=torch.zeros(2, 5)), "pairs"),
        (lambda s: _with(s, valid=torch.zeros(7)), "valid"),
        (lambda s: _with(s, products=torch.zeros(2, 7, 7)), "products"),
        (lambda s: _with(s, scale=torch.zeros(2)), "scale"),
        (lambda s: _with(s, loss=None), "loss"),
        (lambda s: _with(s, ring=None), "ring"),
        (lambda s: _with(s, ring=torch.tensor((1, 2, 3))), "ring"),
        (lambda s: _with(s, ring=torch.tensor((40, 41))), "ring: step 40 of 41"),
        (lambda s: _with(s, ring=torch.tensor((-3, 2))), "ring"),
        (lambda s: _with(s, ring=torch.zeros(2)), "ring: .*float32"),
    ],
)
def test_a_state_of_another_run_is_refused_by_name(
    kitchen: Kitchen, change: Callable[[State], State], field: str
):
    state = read_checkpoint(kitchen.checkpoints[4]).state
    check_fits(state, kitchen.run)
    with pytest.raises(UsageError, match=field):
        check_fits(change(state), kitchen.run)


def test_a_light_state_fits_by_its_place_and_picture(kitchen: Kitchen):
    state = replace(read_checkpoint(kitchen.checkpoints[4]).state, watch=None)
    light = replace(state, tensors={"image": state.tensors["image"]})
    check_fits(light, kitchen.run)
    check_fits(state, kitchen.run)  # what else is in it is not looked at
    with pytest.raises(UsageError, match=r"image: .* not finite"):
        check_fits(_with(light, image=NAN), kitchen.run)
    with pytest.raises(UsageError, match=r"iteration: .* 4 of the level's 3"):
        check_fits(replace(light, iteration=4), kitchen.run)


def test_a_state_fits_the_optimizer_and_history_that_made_it():
    photo, style = random_pixels(72, 96, 1), random_pixels(64, 64, 2)
    settings = Settings(size=96, levels=1, iterations=4, **TINY)
    run = prepare(photo, style, settings)
    adam = prepare(photo, style, replace(settings, optimizer="adam"))
    short = prepare(photo, style, replace(settings, history=2))
    states = [[step.checkpoint().state for step in paint_tiny(one)] for one in (run, adam, short)]
    for one, each in zip((run, adam, short), states, strict=True):
        for state in each[:-1]:
            check_fits(state, one)
    for one, other, field in ((run, 1, "point"), (adam, 0, "variable"), (short, 0, "products")):
        with pytest.raises(UsageError, match=field):
            check_fits(states[other][-2], one)
    negative = _with(states[1][-2], steps=torch.tensor(-(10**9)))
    with pytest.raises(UsageError, match="steps"):
        check_fits(negative, adam)


@pytest.mark.parametrize(
    ("watch", "field"),
    [
        ({"unread": [{"a": 1.0}]}, "unread"),
        ({"unread": [{}] * 20}, "unread"),
        ({"seen": -1}, "seen"),
        ({"losses": {"a": 1.0}}, "losses"),
        ({"lowest": "good"}, "lowest"),
        ({"known": None}, "known"),
        ({"settled": 1}, "settled"),
        ({"restarts": None}, "restarts"),
    ],
)
def test_a_watch_that_cannot_be_is_refused_by_name(kitchen: Kitchen, watch: dict, field: str):
    state = {"level": 2, "iteration": 1, "evaluations": [3], "ended": False}
    sound = {
        "unread": [],
        "losses": dict(kitchen.recipe.losses),
        "seen": 1,
        "lowest": 2.0,
        "known": math.inf,
        "settled": False,
        "restarts": 0,
    }
    read_checkpoint(kitchen.checkpoint(state=json.dumps({**state, "watch": sound})))
    path = kitchen.checkpoint(state=json.dumps({**state, "watch": sound | watch}))
    with pytest.raises(UsageError, match=rf"watch\.{field}"):
        read_checkpoint(path)


@pytest.mark.parametrize("kind", ["folder", "fifo", "empty"])
def test_what_is_no_file_is_no_checkpoint(tmp_path: Path, kind: str, capsys):
    path = tmp_path / "c"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(path)
    else:
        pytest.skip("has no FIFOs")
    assert main(["resume", str(path)]) == 2
    assert "no checkpoint of impasto" in capsys.readouterr().err


def test_a_checkpoint_of_today_keeps_all_its_flags(tmp_path: Path):
    notes = read_notes(NOTES, tmp_path / "c")
    assert notes.inputs == (Path("/gone/photo.png"), Path("/gone/painting.png"))
    assert {"inputs", *notes.as_plain()} == set(NOTES)
    assert notes.as_plain() == {name: value for name, value in NOTES.items() if name != "inputs"}
    given = Outputs(
        output=tmp_path / "a.png",
        depth=16,
        metadata=False,
        save_every=3,
        overwrite=True,
        timelapse=tmp_path / "a.gif",
        plot=tmp_path / "a.svg",
        fallback_dir=tmp_path,
        checkpoint=tmp_path / "c",
        checkpoint_every=0.5,
    )
    plain = json.loads(json.dumps(notes_of(given, [])))
    assert plain["form"] == 1
    assert read_notes(plain, tmp_path / "c").as_plain() == given.as_plain()


def test_a_depth_that_was_written_as_a_text_is_read(tmp_path: Path):
    for written, depth in (("8", 8), ("16", 16), (16, 16), (None, None)):
        assert read_notes(NOTES | {"depth": written}, tmp_path / "c").depth == depth


@pytest.mark.parametrize("name", sorted(set(NOTES) - {"inputs", "output"}))
def test_a_flag_that_an_older_version_did_not_have_takes_its_default(tmp_path: Path, name: str):
    older = {key: value for key, value in NOTES.items() if key != name}
    found = getattr(read_notes(older, tmp_path / "c"), name)
    assert found == Outputs.__dataclass_fields__[name].default


def test_a_flag_of_a_newer_version_is_said_and_left_out(tmp_path: Path, caplog):
    with caplog.at_level(logging.INFO, "impasto"):
        assert isinstance(read_notes(NOTES | {"frames": 3}, tmp_path / "c"), Notes)
    assert "frames" in caplog.text
    with pytest.raises(UsageError, match="newer version"):
        read_notes(NOTES | {"form": 2}, tmp_path / "c")


def test_a_checkpoint_from_elsewhere_may_replace_nothing(tmp_path: Path):
    allowed = NOTES | {"overwrite": True, "output": str(tmp_path / "a.png"), "checkpoint": None}
    notes = read_notes(allowed, tmp_path / "c")
    assert notes.resumed(tmp_path / "a.png.checkpoint", None, overwrite=False).overwrite
    assert not notes.resumed(tmp_path / "sent.checkpoint", None, overwrite=False).overwrite
    assert notes.resumed(tmp_path / "sent.checkpoint", None, overwrite=True).overwrite


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("save_every", 0),
        ("checkpoint_every", -1),
        ("depth", "12"),
        ("depth", []),
        ("output", 5),
        ("output", ""),
        ("output", "x" * 40_000 + ".png"),
        ("output", "\ud800.png"),
        ("output", "\0.png"),
        ("overwrite", "yes"),
        ("inputs", None),
        ("timelapse", ["a"]),
        ("form", 0.5),
    ],
)
def test_flags_of_a_checkpoint_that_cannot_be_are_refused(tmp_path: Path, flag: str, value: Any):
    with pytest.raises(UsageError, match=flag) as caught:
        read_notes(NOTES | {flag: value}, tmp_path / "c")
    assert "regex" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "//",
            "/.",
            "/..",
            ".",
            "..",
            "a/",
            "/a//b/../c.png",
            "~",
            "-",
            " ",
            "\n",
            "\x1b[2J",
        ),
        *("C:\\", "C:\\Bilder\\" + 20 * "ein langer Name\\" + "a.png", "\\\\?\\C:\\a.png"),
        *("\udcff.png", "星" * 255, "😀" * 63, "x" * 1000, "/".join("y" * 200 for _ in range(40))),
    ],
)
def test_every_path_that_paint_takes_is_read_back(tmp_path: Path, path: str):
    names = ("output", "fallback_dir", "checkpoint", "timelapse", "plot")
    given = Outputs(**{name: Path(path) for name in names})
    plain = json.loads(json.dumps({"inputs": [path], **given.as_plain()}))
    notes = read_notes(plain, tmp_path / "c")
    assert notes.inputs == (Path(path),)
    assert notes.as_plain() == given.as_plain()


def test_a_checkpoint_with_a_path_that_cannot_be_is_refused_in_words(kitchen: Kitchen, capsys):
    for name in ("x" * 300 + ".png", "/".join(["y" * 200] * 40) + ".png", "a\0.png"):
        path = kitchen.checkpoint(notes=json.dumps(NOTES | {"output": f"{kitchen.folder}/{name}"}))
        assert main(["resume", str(path)]) in (2, 5)
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        assert "regex" not in told
        assert "a bug" not in told


def test_a_run_that_may_fall_back_to_the_root_is_resumed(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
):
    notes = NOTES | {"output": f"{kitchen.folder}/out.png", "fallback_dir": "/"}
    path = kitchen.checkpoint(notes=json.dumps(notes))
    asked, painted = [], []
    monkeypatch.setattr("impasto.jobs.outputs.check_folder", asked.append)
    monkeypatch.setattr(painting, "paint_to", lambda *what: painted.append(what))
    assert main(["resume", str(path), "--quiet"]) == 0
    assert set(asked) == {Path("/")}
    assert painted[0][1].fallback_dir == Path("/")


def test_an_older_checkpoint_is_resumed_where_its_pictures_are(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
):
    out = str(kitchen.folder / "out.png")
    older = {"inputs": ["/gone/photo.png"], "output": out, "checkpoint_every": 1.0}
    path = kitchen.checkpoint(notes=json.dumps(older))
    painted = []
    monkeypatch.setattr(painting, "paint_to", lambda *what: painted.append(what))
    assert main(["resume", str(path), "--quiet"]) == 0
    run, outputs, used, _, _, state = painted[0]
    assert run.plan == kitchen.run.plan
    assert (str(outputs.output), outputs.checkpoint, outputs.overwrite) == (out, path, False)
    assert sorted(map(os.path.basename, used)) == ["mask.png", "painting.png", "photo.png"]
    assert (state.level, state.iteration) == (2, 1)


def test_an_older_recipe_is_followed(kitchen: Kitchen):
    values = json.loads(kitchen.recipe.as_json())
    del values["encoder"], values["threads"], values["changes"], values["settings"]["objective"]
    for name in ("style_border", "faces", "content_statistics", "content_focus"):
        del values["settings"][name]
    found = Recipe.from_json(json.dumps(values), "x.png")
    assert (found.encoder, found.threads) == (None, None)
    # Borders were part of a style then, as if they were painted, and faces were no matter.
    then = {"style_border": "keep", "faces": "style"}
    # The photograph's responses were kept as they are, everywhere alike.
    then |= {"content_statistics": "photograph", "content_focus": 0.0}
    settings = replace(kitchen.recipe.settings, **then)
    assert found == replace(kitchen.recipe, threads=None, settings=settings, changes=())
    # White noise was of the whole range then.
    values["settings"]["init"] = "noise"
    assert Recipe.from_json(json.dumps(values), "x.png").settings.init == "noise:1"
    values["settings"]["objective"] = "means"
    assert Recipe.from_json(json.dumps(values), "x.png").settings.init == "noise"


def test_a_picture_of_another_network_is_not_painted_by_ours(kitchen: Kitchen, capsys):
    text = replace(kitchen.recipe, encoder="Skizzen für dich").as_json()
    out = kitchen.folder / "never.png"
    assert main(["rerun", str(kitchen.picture(text)), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert "('Skizzen für dich')" in told
    assert "impasto.iterate(..., encoder=...)" in told
    assert main(["resume", str(kitchen.checkpoint(recipe=text))]) == 2
    assert "('Skizzen für dich')" in capsys.readouterr().err


def test_a_recipe_of_another_network_is_followed_with_that_one(kitchen: Kitchen, caplog):
    caplog.set_level("INFO", "impasto")
    recipe = replace(kitchen.recipe, encoder="TinyEncoder", weights="")
    run = again(recipe, Pantry([kitchen.folder]), encoder=TinyEncoder())
    *_, step = paint(run)
    assert (step.recipe.encoder, step.recipe.weights) == ("TinyEncoder", "")
    assert "weights" not in caplog.text
    other = TinyEncoder()
    other.digest = "ab" * 32
    again(recipe, Pantry([kitchen.folder]), encoder=other)
    assert "'TinyEncoder' has other weights" in caplog.text
    other.name = "another"
    with pytest.raises(UsageError, match="painted with the network 'TinyEncoder', not"):
        again(recipe, Pantry([kitchen.folder]), encoder=other)


def test_threads_that_were_given_up_and_other_weights_are_said(kitchen: Kitchen):
    plan = replace(kitchen.recipe.plan, threads=4)
    recipe = replace(kitchen.recipe, plan=plan, threads=4)
    assert differences(recipe) == []
    assert differences(replace(recipe, threads=None)) == []
    assert differences(replace(recipe, threads=1)) == ["threads were given up to other programs"]
    assert "other weights" in differences(replace(recipe, weights="0" * 64))[0]


def test_the_file_that_the_weights_are_made_of_holds_the_same(kitchen: Kitchen):
    assert differences(replace(kitchen.recipe, weights=SOURCE_SHA256)) == []


def test_a_device_that_is_not_there_is_said_and_replaced(kitchen: Kitchen, caplog):
    caplog.set_level("INFO", "impasto")
    for device in ("cuda:99", "mps:9"):
        run = _followed(kitchen, json.dumps(kitchen.edited("plan", "device", device)))
        assert run.plan.device != device
        assert f"no {device} here" in caplog.text


def test_losses_that_broke_are_null(kitchen: Kitchen):
    broken = replace(kitchen.recipe, losses={"content": math.nan, "style": math.inf, "grain": 1.0})
    text = broken.as_json()
    json.loads(text, parse_constant=pytest.fail)
    assert Recipe.from_json(text, "x").losses == {"content": None, "style": None, "grain": 1.0}
    older = json.dumps(kitchen.edited("losses", {"content": math.nan}))
    assert json.loads(Recipe.from_json(older, "x").as_json())["losses"] == {"content": None}


@pytest.mark.parametrize("name", ["a\nb.png", "\x1b[2J.png", "\udc80.png", "星.png", "a\\b.png"])
def test_any_file_name_is_read_back_and_printed_plainly(kitchen: Kitchen, name: str, capsys):
    text = json.dumps(kitchen.edited("ingredients", "content", "name", name))
    assert Recipe.from_json(text, "x").ingredients.content.name == name
    assert main(["recipe", str(kitchen.picture(text))]) == 0
    told = capsys.readouterr().out
    assert told.strip().isascii()
    assert told.strip().isprintable()
    assert json.loads(told)["ingredients"]["content"]["name"] == name


def test_a_recipe_is_printed_as_it_was_understood(kitchen: Kitchen, capsys):
    text = kitchen.recipe.as_json().replace('{"impasto', '{"weights": "\\u001b[2J", "impasto', 1)
    assert main(["recipe", str(kitchen.picture(text))]) == 0
    assert capsys.readouterr().out.strip() == kitchen.recipe.as_json()


def test_a_recipe_is_read_from_a_pipe(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch, capsys):
    data = kitchen.picture(kitchen.recipe.as_json()).read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert main(["recipe", "-"]) == 0
    assert capsys.readouterr().out.strip() == kitchen.recipe.as_json()
    plain = (kitchen.folder / "photo.png").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(plain)))
    assert main(["recipe", "-"]) == 2
    assert "stdin carries no recipe of impasto" in capsys.readouterr().err


def test_a_file_that_only_its_name_recommends_is_not_opened(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    Image.fromarray(random_pixels(64, 64, 7)).save(tmp_path / "start.png")
    monkeypatch.chdir(tmp_path)
    start = {"name": "start.png", "sha256": "0" * 64, "frame": 0}
    values = kitchen.edited("settings", "init", "start.png")
    values["ingredients"]["start"] = start
    with pytest.raises(UsageError, match=r"needs start.png .*other contents"):
        again(Recipe.from_json(json.dumps(values), "x"), Pantry([kitchen.folder, Path()]))


def test_the_search_for_pictures_passes_by_what_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "film.mp4").write_bytes(bytes(1000))
    (tmp_path / "b.png").write_bytes(b"small")
    (tmp_path / "folder").mkdir()
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "a.png")
    monkeypatch.setattr(pantry, "_LARGEST_BYTES", 100)
    hashed = []
    monkeypatch.setattr(
        "impasto.jobs.pantry.digest_of", lambda path: hashed.append(path.name) or ""
    )
    found = Pantry([tmp_path, tmp_path / "gone"], ["/dev/zero", "a\0b", "x" * 5000])
    with pytest.raises(UsageError, match="not there"):
        found.with_digest("a.png", "0" * 64)
    assert hashed == ["b.png"]
    with pytest.raises(UsageError, match="other contents"):
        found.with_digest("film.mp4", "0" * 64)  # its name is worth a look
    assert "film.mp4" in hashed


def test_a_folder_that_may_not_be_looked_into_is_passed_by(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
):
    def refused(folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    wanted = kitchen.recipe.ingredients.content
    monkeypatch.setattr(Path, "iterdir", refused)
    assert Pantry([Path()], [str(kitchen.folder / "photo.png")]).load(wanted).size == (72, 96)


def test_a_plan_beyond_the_memory_is_not_followed(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch, caplog
):
    caplog.set_level("INFO", "impasto")
    recipe = replace(kitchen.recipe, plan=replace(kitchen.recipe.plan, history=(77, 77)))
    assert _followed(kitchen, recipe.as_json()).plan.history == (77, 77)
    monkeypatch.setattr("impasto.jobs.rerun.free_bytes", lambda device: 160_000_000)
    assert _followed(kitchen, kitchen.recipe.as_json()).plan.history == (20, 20)
    monkeypatch.setattr("impasto.jobs.rerun.free_bytes", lambda device: 155_000_000)
    assert _followed(kitchen, recipe.as_json()).plan.history == (20, 20)
    assert "its plan takes 0.2 GB" in caplog.text
    huge = kitchen.edited("settings", "size", 100_000)
    huge["settings"]["padding"] = "zeros"
    with pytest.raises(DeviceError, match="100000 x 75000 px needs"):
        _followed(kitchen, json.dumps(huge))


def test_pictures_and_their_parts_stay_within_the_memory(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch, capsys
):
    whole = [[0.0, 0.0, 1.0, 1.0]] * 400
    text = json.dumps(kitchen.edited("settings", "style_crops", whole))
    monkeypatch.setattr("impasto.jobs.rerun.free_bytes", lambda device: 40_000_000)
    with pytest.raises(DeviceError, match="style_crops needs"):
        _followed(kitchen, text)
    path = kitchen.picture(kitchen.recipe.as_json())
    assert main(["recipe", str(path)]) == 0
    monkeypatch.setattr("impasto.jobs.pantry.free_bytes", lambda device: 40_000)
    assert main(["recipe", str(path)]) == 3
    told = capsys.readouterr().err
    assert "40 x 40 pixels, more than the 0 million that the free memory holds" in told
    assert "--max-pixels" not in told


@pytest.mark.parametrize("damage", ["large", "cut"])
@pytest.mark.parametrize("words", [(), ("--content", "{bad}"), ("--style", "{bad}")])
def test_no_flag_is_named_that_rerun_does_not_have(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, words, capsys
):
    sound, bad = kitchen.picture(kitchen.recipe.as_json()), tmp_path / "bad.png"
    whole = (kitchen.folder / "photo.png").read_bytes()
    bad.write_bytes(whole[: len(whole) // 2] if damage == "cut" else whole)
    if damage == "large":
        monkeypatch.setattr("impasto.jobs.pantry._PIXEL_BYTES", 10**12)
    picture = sound if words else bad
    given = [word.format(bad=bad) for word in words]
    assert main(["rerun", str(picture), *given, "-o", str(tmp_path / "out.png")]) == 3
    told = capsys.readouterr().err
    assert {"large": "the free memory holds", "cut": "is cut short at"}[damage] in told
    for flag in ("--max-pixels", "--allow-truncated"):
        assert flag not in told


ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    3,
    64,
    77,
    10**9,
    2**63,
    10**40,
    -(10**40),
    0.5,
    -0.0,
    1e308,
    math.nan,
    math.inf,
    -math.inf,
    "",
    "0",
    "cpu",
    "cuda:7",
    "auto",
    "x" * 3000,
    "/etc/passwd",
    "..",
    "a/b",
    "a\0b",
    "\x1b[2J",
    "\ud800",
    "星",
    "photo.png",
    "noise:0.3",
    "relu1_1",
    [],
    {},
    [[]],
    [None],
    [0, 0, 0],
    {"a": {}},
    [[[[[[]]]]]],
    "[" * 2000,
]

Edit = tuple[float, str, Any, float]
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(("replace", "delete", "repeat", "copy", "rename")),
        st.sampled_from(ODD),
        st.floats(0, 1, exclude_max=True),
    ),
    min_size=1,
    max_size=3,
)
# Where bytes are put over others, or everything behind is cut off.
CUTS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)), min_size=1, max_size=3
)


def _places(values: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of plain values."""
    keys = values.keys() if isinstance(values, dict) else range(len(values))
    found = []
    for key in keys:
        found.append((values, key))
        if isinstance(values[key], dict | list):
            found += _places(values[key])
    return found


def _mutated(values: Any, edits: list[Edit]) -> Any:
    for where, action, odd, other in edits:
        places = _places(values)
        if not places:
            break
        at, key = places[int(where * len(places))]
        from_, name = places[int(other * len(places))]
        if action == "delete":
            del at[key]
        elif action == "repeat" and isinstance(at, list):
            at += at * int(other * 20)
        elif action == "rename" and isinstance(at, dict):
            at[str(odd)[:20]] = at.pop(key)
        elif action == "copy":
            at[key] = json.loads(json.dumps(from_[name]))
        else:
            at[key] = json.loads(json.dumps(odd))
    return values


def _overwritten(data: bytes, cuts: list[tuple[float, bytes]]) -> bytes:
    for where, new in cuts:
        at = int(where * len(data))
        data = data[:at] + new + data[at + len(new) :] if new else data[:at]
    return data


@contextmanager
def _refused_rightly() -> Iterator[None]:
    try:
        yield
    except UsageError:
        pass
    except DeviceError as fault:  # all else is sound, and no machine has the memory
        if " needs " not in str(fault):
            raise


MANY = hypothesis.settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def shelf(kitchen: Kitchen) -> Pantry:
    """A pantry that has read its pictures."""
    return Pantry([kitchen.folder])


def _edited_recipe(kitchen: Kitchen, edits: list[Edit]) -> str:
    return json.dumps(_mutated(json.loads(json.dumps(kitchen.values)), edits))


def _damaged_recipe(kitchen: Kitchen, cuts: list) -> str:
    return _overwritten(kitchen.recipe.as_json().encode(), cuts).decode("utf-8", "replace")


@MANY
@hypothesis.given(edits=EDITS)
def test_no_edited_recipe_is_a_bug(kitchen: Kitchen, shelf: Pantry, edits: list[Edit]):
    _try_recipe(_edited_recipe(kitchen, edits), shelf)


@MANY
@hypothesis.given(cuts=CUTS)
def test_no_damaged_recipe_is_a_bug(kitchen: Kitchen, shelf: Pantry, cuts: list):
    _try_recipe(_damaged_recipe(kitchen, cuts), shelf)


def _try_recipe(text: str, shelf: Pantry) -> None:
    with _refused_rightly():
        run = again(Recipe.from_json(text, "x.png"), shelf)
        assert 1 <= run.plan.threads <= 1024


def _edited_checkpoint(kitchen: Kitchen, edits: list[Edit]) -> Path:
    data = kitchen.checkpoints[4].read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    words = header["__metadata__"]
    for name in ("recipe", "scratch", "state", "notes"):
        words[name] = json.loads(words[name])
    _mutated(header, edits)
    if isinstance(words := header.get("__metadata__"), dict):
        header["__metadata__"] = {
            name: word if isinstance(word, str) else json.dumps(word)
            for name, word in words.items()
        }
    return kitchen.with_header(json.dumps(header).encode(), data[8 + length :])


def _damaged_checkpoint(kitchen: Kitchen, cuts: list, within_header: bool) -> Path:
    data = kitchen.checkpoints[4].read_bytes()
    length = 8 + int.from_bytes(data[:8], "little") if within_header else len(data)
    path = kitchen.folder / "edited.checkpoint"
    path.write_bytes(_overwritten(data[:length], cuts) + data[length:])
    return path


@MANY
@hypothesis.given(edits=EDITS)
def test_no_edited_checkpoint_is_a_bug(kitchen: Kitchen, shelf: Pantry, edits: list[Edit]):
    _try_checkpoint(_edited_checkpoint(kitchen, edits), shelf)


@MANY
@hypothesis.given(cuts=CUTS, within_header=st.booleans())
def test_no_damaged_checkpoint_is_a_bug(
    kitchen: Kitchen, shelf: Pantry, cuts: list, within_header: bool
):
    _try_checkpoint(_damaged_checkpoint(kitchen, cuts, within_header), shelf)


def _try_checkpoint(path: Path, shelf: Pantry) -> None:
    with _refused_rightly():
        kept = read_checkpoint(path)
        read_notes(kept.notes, path)
        check_fits(kept.state, again(kept.recipe, shelf))


SOME = hypothesis.settings(MANY, max_examples=200)


@SOME
@hypothesis.given(edits=EDITS, cuts=CUTS, edited=st.booleans())
def test_rerun_refuses_what_it_does_not_follow(
    kitchen: Kitchen, capsys, edits: list[Edit], cuts: list, edited: bool
):
    text = _edited_recipe(kitchen, edits) if edited else _damaged_recipe(kitchen, cuts)
    _try_command(capsys, "rerun", kitchen.picture(text), "-o", kitchen.folder / "new.png")


@SOME
@hypothesis.given(edits=EDITS, cuts=CUTS, edited=st.booleans(), within_header=st.booleans())
def test_resume_refuses_what_it_does_not_follow(
    kitchen: Kitchen, capsys, edits: list[Edit], cuts: list, edited: bool, within_header: bool
):
    path = (
        _edited_checkpoint(kitchen, edits)
        if edited
        else _damaged_checkpoint(kitchen, cuts, within_header)
    )
    _try_command(capsys, "resume", path)


# Beside what is refused with 2: flags of a checkpoint that name folders, and sound sizes that no
# machine, or this one, has the memory for.
RIGHTLY = {0: "", 2: "impasto: ", 5: "impasto: the folder ", 6: " needs "}


def _try_command(capsys: pytest.CaptureFixture, *words: object) -> int:
    """Run a command up to the first evaluation: it is followed, or refused in one line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(painting, "paint_to", _as_far_as_painting)
        code = main([*map(str, words), "--quiet"])
    *notes, said = capsys.readouterr().err.splitlines() or [""]
    assert code in RIGHTLY, said
    assert RIGHTLY[code] in said
    assert all(line.startswith("note: ") for line in notes)
    return code


def _as_far_as_painting(
    run: Run,
    outputs: Outputs,
    inputs: object,
    flags: object,
    lead: object,
    resume: State | None = None,
) -> None:
    outputs.check_fits(run)
    if resume is not None:
        check_fits(resume, run)


def test_a_sound_recipe_and_checkpoint_are_followed_by_the_commands(kitchen: Kitchen, capsys):
    picture = kitchen.picture(kitchen.recipe.as_json())
    assert _try_command(capsys, "rerun", picture, "-o", kitchen.folder / "new.png") == 0
    assert _try_command(capsys, "resume", kitchen.checkpoints[4]) == 0
