"""A run that is changed while it goes on: its picture goes on, and its recipe repeats it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import paint_tiny, random_pixels
from PIL import Image

from impasto import Recipe, Resources, Settings, Step, Style, UsageError
from impasto.cli import main
from impasto.engine.change import MOST_CHANGES, Change
from impasto.engine.checkpoint import Checkpoint, State, read_checkpoint, write_checkpoint
from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.engine.steering import as_changed, with_change
from impasto.jobs.pantry import Pantry
from impasto.jobs.rerun import again
from impasto.objective import look
from impasto.testing import TINY, TinyEncoder

CONTENT, STYLE, OTHER = (random_pixels(72, 64, seed) for seed in (1, 2, 3))
# Which is given up to nobody: where bits are compared.
ONE = Resources(threads=1)
LEFT = np.zeros((72, 64), np.uint8)
LEFT[:, :32] = 255
TOP = LEFT[:, :].copy()
TOP[:], TOP[:36] = 0, 255

Changes = Mapping[tuple[int, int], Mapping[str, Any]]
NONE: Changes = {}


def _settings(**values: Any) -> Settings:
    return Settings(**{"size": 72, "levels": 2, "iterations": 6, "tolerance": 0, **TINY, **values})


def _run(*styles: Any, resources: Resources = ONE, regions: Any = None, **values: Any) -> Run:
    settings = _settings(**values)
    return prepare(CONTENT, list(styles or (STYLE,)), settings, resources, regions=regions)


def _steered(run: Run, changes: Changes, resume: State | None = None) -> Iterator[Step]:
    """Paint a run, and change it after these evaluations."""
    for step in paint_tiny(run, resume=resume):
        if options := changes.get((step.level, step.iteration)):
            step.change(**options)
        yield step


def _last(run: Run, changes: Changes = NONE, resume: State | None = None) -> Step:
    *_, step = _steered(run, changes, resume)
    return step


def _total(step: Step) -> float:
    return sum(loss.item() for loss in step.losses.values())


def _loss(step: Step, kind: str) -> float:
    """Return what a kind of loss is, at a weight of 1."""
    share = dict(zip(("content", "style"), step.settings.shares, strict=True))[kind]
    return sum(v.item() for k, v in step.losses.items() if k.startswith(kind)) / share


class Studio:
    """A folder with pictures in it, and runs of them that are found again by their recipes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        named = {"photo": CONTENT, "style": STYLE, "other": OTHER, "left": LEFT, "top": TOP}
        for name, pixels in named.items():
            Image.fromarray(pixels).save(folder / f"{name}.png")

    def run(self, **values: Any) -> Run:
        names = ("photo.png", "style.png", "other.png")
        photo, *styles = (self.folder / name for name in names)
        return prepare(photo, styles, _settings(**values), ONE)

    def again(self, recipe: Recipe, **other: Any) -> Run:
        """Prepare what a recipe says as text, as rerun does."""
        found = Recipe.from_json(recipe.as_json(), "x.png")
        return again(found, Pantry([self.folder]), encoder=TinyEncoder(), **other)

    def resumed(self, checkpoint: Checkpoint) -> tuple[Run, State]:
        """Write a checkpoint, and read from it what resume goes on from."""
        path = self.folder / "c"
        write_checkpoint(path, checkpoint)
        kept = read_checkpoint(path)
        return self.again(kept.recipe), kept.state

    @property
    def changes(self) -> Changes:
        """Two at the first level, of every kind, and one at the second."""
        return {
            (1, 2): {"strength": 70, "protect": self.folder / "left.png"},
            (1, 4): {"content_weight": 9, "style_weight": 500, "style_blend": (0.2, 0.8)},
            (2, 3): {"smoothness": 3, "protect": self.folder / "top.png"},
        }


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.mark.parametrize("values", [{}, {"optimizer": "adam"}, {"pixels": "free"}])
def test_a_rerun_changes_at_the_same_places_to_the_same_bits(studio: Studio, values: dict):
    step = _last(studio.run(**values), studio.changes)
    assert [one.place for one in step.recipe.changes] == list(studio.changes)
    rerun = _last(studio.again(step.recipe))
    assert torch.equal(rerun.image, step.image)
    assert rerun.recipe.as_json() == step.recipe.as_json()
    assert not torch.equal(_last(studio.run(**values)).image, step.image)


@pytest.mark.parametrize("place", [(1, 1), (1, 2), (1, 3), (1, 6), (2, 2), (2, 3), (2, 4), (2, 5)])
def test_a_resumed_run_that_changes_comes_to_the_same_bits(studio: Studio, place: tuple):
    """From checkpoints written before a change, at it and after it."""
    run, whole = studio.run(), _last(studio.run(), studio.changes)
    steps = _steered(run, studio.changes)
    step = next(step for step in steps if (step.level, step.iteration) == place)
    rest, state = studio.resumed(step.checkpoint())
    later = {where: asked for where, asked in studio.changes.items() if where > place}
    resumed = _last(rest, later, state)
    assert torch.equal(resumed.image, whole.image)
    assert resumed.recipe.as_json() == whole.recipe.as_json()


def test_a_rerun_is_resumed_where_it_is_about_to_change(studio: Studio):
    whole = _last(studio.run(), studio.changes)
    for place in ((1, 1), (1, 2), (2, 3)):
        steps = paint_tiny(studio.again(whole.recipe))
        step = next(step for step in steps if (step.level, step.iteration) == place)
        rest, state = studio.resumed(step.checkpoint())
        assert torch.equal(_last(rest, resume=state).image, whole.image)


def test_a_state_from_before_a_change_at_its_place_forgets_as_the_run_did(studio: Studio):
    steps = paint_tiny(studio.run())
    for _ in range(3):
        step = next(steps)
    full = step.checkpoint().state
    step.change(strength=80)
    whole = _last(step.run)
    assert torch.equal(_last(step.run, resume=full).image, whole.image)


@pytest.mark.parametrize("place", [(1, 1), (1, 3), (1, 6), (2, 1), (2, 4)])
def test_going_back_leaves_out_what_was_discarded(studio: Studio, place: tuple):
    run, states = studio.run(), {}
    for step in _steered(run, studio.changes):
        if not step.final:
            states[step.level, step.iteration] = step.checkpoint(light=True)
    back, state = studio.resumed(states[place])
    step = _last(back, resume=state)
    before = [one for one in studio.changes if one <= place]
    assert [one.place for one in step.recipe.changes] == sorted({*before, place})
    assert step.recipe.evaluations == (6, 6)
    if place not in studio.changes:
        level, iteration = place
        assert step.recipe.changes[-1] == Change(level=level, iteration=iteration, settings={})
    rerun = _last(studio.again(step.recipe))
    assert torch.equal(rerun.image, step.image)
    assert rerun.recipe.as_json() == step.recipe.as_json()


def test_a_light_checkpoint_holds_the_picture_and_little_else(studio: Studio):
    *_, step, _ = paint_tiny(studio.run())
    sizes = {}
    for light in (True, False):
        write_checkpoint(studio.folder / "c", step.checkpoint(light=light))
        sizes[light] = (studio.folder / "c").stat().st_size
    assert sizes[True] < step.image.nbytes + 10_000
    assert sizes[False] > 5 * sizes[True]


def test_who_goes_back_may_change_the_run_again(studio: Studio):
    first = _last(studio.run(), {(1, 3): {"strength": 90}})
    state = next(
        step.checkpoint(light=True).state
        for step in paint_tiny(studio.run())
        if step.iteration == 2
    )
    step = _last(studio.run(), {(1, 4): {"strength": 20}}, state)
    assert [one.place for one in step.recipe.changes] == [(1, 2), (1, 4)]
    assert torch.equal(_last(studio.again(step.recipe)).image, step.image)
    assert not torch.equal(step.image, first.image)


def test_the_picture_goes_on_from_where_it_was_changed():
    steps = list(_steered(_run(levels=1, iterations=12), {(1, 6): {"strength": 70}}))
    at, then = steps[5].image, steps[6].image
    assert (at - then).abs().max() < 1 / 512  # of black and white a little inside
    assert [step.iteration for step in steps] == list(range(1, 13))
    assert steps[-1].evaluations == (12,)
    assert torch.equal(steps[5].image, list(paint_tiny(_run(levels=1, iterations=12)))[5].image)


def test_a_change_of_nothing_drops_the_memory_alone():
    steps = list(paint_tiny(_run(levels=1, iterations=9)))
    changed = []
    for step in paint_tiny(_run(levels=1, iterations=9)):
        if step.iteration == 5:
            step.change()
        changed.append(step)
    assert changed[5].settings == steps[5].settings
    assert _total(changed[5]) == pytest.approx(_total(steps[4]), rel=0.1)
    assert not torch.equal(changed[-1].image, steps[-1].image)
    assert changed[-1].recipe.changes == (Change(level=1, iteration=5, settings={}),)


def _detail(step: Step) -> float:
    return step.image.diff(dim=-1).abs().mean().item()


def _towards_other(step: Step) -> float:
    """Return how much nearer the mean colour is to the first style's than to the other's."""
    mean = step.image.mean((0, 2, 3))
    one, other = (torch.tensor(p / 255.0).float().mean((0, 1)) for p in (STYLE, OTHER))
    return ((mean - other).norm() - (mean - one).norm()).item()


@pytest.mark.parametrize(
    ("name", "less", "more", "falls"),
    [
        ("content_weight", 0.1, 1000, lambda step: _loss(step, "content")),
        ("style_weight", 1, 100_000, lambda step: _loss(step, "style")),
        ("strength", 10, 95, lambda step: _loss(step, "style")),
        ("smoothness", 0, 100, _detail),
        ("style_blend", (1, 0), (0, 1), _towards_other),
    ],
)
def test_a_changed_option_does_what_it_says(name: str, less: Any, more: Any, falls: Any):
    def ended(value: Any) -> Step:
        run = _run(STYLE, OTHER, iterations=20, levels=1, style_blend=(0.5, 0.5))
        return _last(run, {(1, 4): {name: value}})

    little, much = ended(less), ended(more)
    assert falls(much) < falls(little)
    assert getattr(much.settings, name) == more
    assert much.run.settings.strength == 50
    assert much.recipe.settings == much.run.settings


def test_what_is_protected_later_is_the_photograph_and_may_be_painted_again():
    changes = {(1, 4): {"protect": LEFT}, (2, 3): {"protect": None}}
    steps = list(_steered(_run(), changes))
    at = {(step.level, step.iteration): step for step in steps}
    photo = torch.from_numpy(CONTENT.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    here, there = at[2, 3].image, at[2, 6].image
    assert torch.equal(here[..., :28], photo[..., :28])
    assert not torch.equal(here[..., 36:], photo[..., 36:])
    assert (there[..., :28] - photo[..., :28]).abs().mean() > 0.01
    assert [one.protect is None for one in steps[-1].recipe.changes] == [False, True]
    assert steps[-1].recipe.ingredients.protect is None


def test_losses_after_a_change_are_those_of_the_new_settings():
    steps = list(_steered(_run(levels=1, iterations=8), {(1, 4): {"content_weight": 0}}))
    named = [any(name.startswith("content") for name in step.losses) for step in steps]
    assert named == [True] * 4 + [False] * 4
    weights = [step.settings.content_weight for step in steps]
    assert weights == [4] * 4 + [0] * 4
    assert steps[-1].recipe.losses.keys() == steps[-1].losses.keys()


def test_changes_before_one_evaluation_are_one():
    def last(*changes: Mapping[str, Any]) -> Step:
        for step in paint_tiny(_run()):
            for options in changes if (step.level, step.iteration) == (1, 3) else ():
                step.change(**options)
        return step

    one = last({"strength": 90}, {"smoothness": 2}, {"strength": 30}, {"protect": LEFT}, {})
    other = last({"strength": 30, "smoothness": 2, "protect": LEFT})
    assert torch.equal(one.image, other.image)
    assert one.recipe == other.recipe
    (change,) = one.recipe.changes
    assert change.settings == {"strength": 30, "smoothness": 2}


def test_a_change_at_a_levels_last_evaluation_is_made_at_the_next_level(studio: Studio):
    steps = list(_steered(studio.run(), {(1, 6): {"strength": 80}}))
    assert [step.settings.strength for step in steps] == [50] * 6 + [80] * 6
    step = steps[-1]
    assert [one.place for one in step.recipe.changes] == [(1, 6)]
    assert torch.equal(_last(studio.again(step.recipe)).image, step.image)
    assert not torch.equal(step.image, _last(studio.run()).image)


def test_nothing_changes_at_the_end_or_afterwards():
    steps = list(paint_tiny(_run()))
    before = steps[-1].run
    with pytest.raises(UsageError, match="come to its end: paint again"):
        steps[-1].change(strength=80)
    with pytest.raises(UsageError, match="past: change the run at its latest step"):
        steps[2].change(strength=80)
    assert steps[-1].run is before
    assert steps[-1].recipe.changes == ()


def test_a_change_that_its_level_does_not_reach_is_made_when_that_ends():
    run = with_change(
        _run(iterations=(60, 4), tolerance=0.9),
        Change(level=1, iteration=60, settings={"strength": 80}),
    )
    steps = list(paint_tiny(run))
    assert steps[-1].evaluations[0] < 60
    assert [step.settings.strength for step in steps[-4:]] == [80] * 4
    assert steps[0].settings.strength == 50


def test_a_change_lets_its_level_go_on_within_its_limit():
    """It has not settled: nobody knows yet how far the new losses fall."""
    settled = len(list(paint_tiny(_run(levels=1, iterations=60, tolerance=0.9))))
    last = settled - 1
    changes = {(1, last): {"strength": 80}}
    step = _last(_run(levels=1, iterations=60, tolerance=0.9), changes)
    assert settled < step.iteration <= 60
    reached = _last(_run(levels=1, iterations=settled, tolerance=0.9), changes)
    assert reached.iteration == settled


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 96}, "size cannot change while a run goes on; these can: content_weight,"),
        ({"seed": 1}, "style_weight, strength, smoothness, style_blend, protect$"),
        ({"faces": "keep"}, "faces cannot change"),
        ({"strenght": 70}, "did you mean 'strength'"),
        ({"strength": 101}, "strength cannot be 101; give 0 to 100"),
        ({"strength": "much"}, "strength cannot be 'much'"),
        ({"smoothness": -1}, "smoothness cannot be -1"),
        ({"style_weight": float("nan")}, "style weight cannot be nan"),
        ({"style_weight": 0, "content_weight": 0}, "nothing is left to paint"),
        ({"style_blend": "1,1"}, "style blend has 2 shares for 1 styles"),
        ({"style_blend": 0}, "style blend is all 0"),
        ({"protect": "nowhere.png"}, "there is no file nowhere.png"),
        ({"protect": CONTENT[:40]}, "the mask to protect"),
    ],
)
def test_what_cannot_change_is_said_and_changes_nothing(options: dict, said: str):
    steps = paint_tiny(_run())
    step = next(steps)
    before = step.run
    with pytest.raises(UsageError, match=said):
        step.change(**options)
    assert step.run is before
    next(steps)
    *_, end = steps
    assert torch.equal(end.image, _last(_run()).image)


def test_a_texture_keeps_nothing_of_any_photograph():
    settings = _settings(size="64x64", iterations=3)
    step = next(paint_tiny(prepare(None, STYLE, settings, ONE)))
    for options in ({"content_weight": 1}, {"protect": LEFT}):
        with pytest.raises(UsageError, match="a texture has no photograph"):
            step.change(**options)
    step.change(strength=60, smoothness=2)


MAP = np.zeros((72, 64, 3), np.uint8)
MAP[:36] = (255, 0, 0)


@pytest.mark.parametrize("values", [{}, {"colour": "luminance"}, {"colour": "match"}])
@pytest.mark.parametrize("resources", [ONE, Resources(threads=1, tile=64)])
def test_changes_compose_with_regions_tiles_and_colour(resources: Resources, values: dict):
    styles = [Style(STYLE, regions=(255, 0, 0)), Style(OTHER)]
    run = _run(*styles, resources=resources, regions=MAP, size=144, iterations=3, **values)
    assert {*run.plan.tiles} == ({64} if resources.tile == 64 else {None})
    changes = {(1, 2): {"protect": LEFT, "style_blend": (0.3, 0.7)}, (2, 1): {"strength": 70}}
    step = _last(run, changes)
    assert {name.split()[-1] for name in step.losses if "style" in name} == {"#ff0000", "#000000"}
    assert torch.equal(_last(step.run).image, step.image)
    now = as_changed(step.run, (2, 3)).originals
    assert [style.weight for style in now.styles] == [0.3, 0.7]
    assert [[share for _, share, _ in one.styles] for one in now.regions] in (
        [[0.3, 0.7], [0.7]],
        [[0.7], [0.3, 0.7]],
    )
    kept = now.content.tensor()[None, :, :8, :8]
    torch.testing.assert_close(step.image[..., :8, :8].mean(), kept.mean(), rtol=0, atol=0.1)
    untiled = _run(*styles, regions=MAP, size=144, iterations=3, **values)
    difference = (_last(untiled, changes).image - step.image).abs()
    assert difference.mean() < 1e-3


def test_a_blend_that_leaves_a_region_to_no_style_is_refused():
    styles = [Style(STYLE, regions=(255, 0, 0)), Style(OTHER, regions=(0, 0, 0))]
    step = next(paint_tiny(_run(*styles, regions=MAP)))
    with pytest.raises(UsageError, match="no style serves the region"):
        step.change(style_blend=(1, 0))


def test_a_blend_is_shared_out_as_from_the_start():
    """Parts of styles, and the weights they were handed in with, included."""
    crops = ((0, 0, 0.5, 1), (0.5, 0, 1, 0.5))
    styles = [Style(STYLE, weight=3), Style(OTHER)]
    for blend in ((0.2, 0.8), ()):
        asked = {"style_crops": crops, "levels": 1}
        begun = _run(*styles, **asked, style_blend=blend)
        changed = with_change(
            _run(*styles, **asked, style_blend=(1, 0)),
            Change(level=1, iteration=1, settings={"style_blend": blend}),
        )
        found = as_changed(changed, (1, 1)).originals
        expected = begun.originals
        assert [s.weight for s in found.styles] == [s.weight for s in expected.styles]
        assert [r.styles for r in found.regions] == [r.styles for r in expected.regions]


def test_styles_are_not_measured_anew_for_other_weights(monkeypatch: pytest.MonkeyPatch):
    measured = []
    original = look._sums
    monkeypatch.setattr(look, "_sums", lambda *what: measured.append(1) or original(*what))
    run = _run(STYLE, OTHER, levels=1)
    steps = _steered(run, {(1, 2): {"strength": 80}, (1, 4): {"style_blend": (0.1, 0.9)}})
    next(steps)
    begun = len(measured)
    assert begun
    assert len(list(steps)) == 5
    assert len(measured) == begun


def test_more_changes_than_a_recipe_holds_are_refused():
    run = replace(
        _run(iterations=MOST_CHANGES + 2),
        changes=tuple(
            Change(level=1, iteration=number, settings={}) for number in range(1, MOST_CHANGES + 1)
        ),
    )
    with_change(run, Change(level=1, iteration=MOST_CHANGES, settings={"strength": 3}))
    with pytest.raises(UsageError, match=f"can change {MOST_CHANGES} times"):
        with_change(run, Change(level=1, iteration=MOST_CHANGES + 1, settings={}))


@pytest.mark.parametrize(
    ("size", "places"),
    [
        ("72", [(1, 2), (1, 4), (2, 3)]),
        ("144", [(2, 2), (2, 4), (3, 3)]),  # of three levels
        ("36", [(1, 2), (1, 4)]),  # of one, where the last of three falls before the others
    ],
)
def test_at_another_size_changes_come_as_far_on(studio: Studio, size: str, places: list):
    recipe = _last(studio.run(levels="auto", size=72), {}).recipe
    plan = replace(studio.run().plan)
    step = _last(studio.run(), studio.changes)
    levels = {"72": 2, "144": 3, "36": 1}[size]
    assert recipe.plan.tiles == (None,)
    asked = replace(step.recipe, settings=replace(step.recipe.settings, levels=levels), plan=plan)
    run = studio.again(asked, size=size)
    assert len(run.levels) == levels
    assert [one.place for one in run.changes] == places
    last = as_changed(run, (levels, 6))
    assert (last.settings.strength, last.settings.smoothness) == (70, 3)
    assert _last(run).picture.size[0] == int(size)


def test_a_picture_shows_how_it_was_changed(studio: Studio, capsys: pytest.CaptureFixture):
    step = _last(studio.run(), studio.changes)
    path = studio.folder / "painted.png"
    step.picture.save(path)
    assert main(["recipe", str(path)]) == 0
    shown = json.loads(capsys.readouterr().out)["changes"]
    assert [(one["level"], one["iteration"]) for one in shown] == list(studio.changes)
    assert shown[0]["settings"] == {"strength": 70}
    assert shown[0]["protect"]["name"] == "left.png"
    assert "protect" not in shown[1]
    assert shown[1]["settings"]["style_blend"] == [0.2, 0.8]


def test_a_picture_that_was_changed_is_not_the_one_of_its_settings(studio: Studio):
    plain, changed = _last(studio.run()), _last(studio.run(), studio.changes)
    assert plain.recipe.paints(plain.run.settings, plain.run.ingredients)
    assert not changed.recipe.paints(plain.run.settings, plain.run.ingredients)
