"""Several processes evaluate a picture as one does, to within rounding."""

import contextlib
import time
from dataclasses import replace
from importlib.metadata import version
from unittest import mock

import pytest
import torch
from conftest import TOLERANCE, random_pixels
from sharing.processes import alone, in_processes
from torch.distributed import HashStore

from impasto import Settings, prepare
from impasto.engine import turns
from impasto.engine.turns import handed_out, taken
from impasto.errors import UsageError
from impasto.memory.storage import Storage
from impasto.objective.evaluator import Evaluator
from impasto.objective.objective import make_objective
from impasto.optimizers import make_stepper
from impasto.reading.sources import as_picture
from impasto.scene.masks import Region
from impasto.scene.protecting import Protection
from impasto.scene.scene import Scene, plain_scene
from impasto.settings.style_losses import STYLE_LOSSES
from impasto.sharing.group import Group, LostError
from impasto.sharing.shard import Shard
from impasto.sharing.watchdog import watching
from impasto.testing import TINY, TinyEncoder

CASES = {
    **{name: {"style_loss": name} for name in STYLE_LOSSES},
    "zeros": {"padding": "zeros", "objective": "literal"},
    "wrap": {"padding": "wrap"},
    "photograph": {"content_statistics": "photograph", "content_focus": 0},
    "free": {"pixels": "free"},
    "adam": {"optimizer": "adam"},
}
TILES = {"covariance": 32, "gram": 48}  # more than one for each process


def _image(height: int, width: int, seed: int) -> torch.Tensor:
    return as_picture(random_pixels(height, width, seed)).tensor()[None].double()


def _scene() -> Scene:
    """Return a scene of two regions with a style each, and a protected part."""
    scene = plain_scene(_image(96, 80, 1), [(_image(90, 70, 2), 1.0), (_image(64, 64, 4), 0.5)])
    left = torch.zeros(1, 1, 96, 80, dtype=torch.float64)
    left[..., :30] = 1
    half = torch.ones(1, 1, 90, 70, dtype=torch.float64)
    half[..., 40:, :] = 0
    regions = [
        Region("left", left, ((0, 1.0, half),)),
        Region("right", 1 - left, ((0, 0.5, None), (1, 0.5, None))),
    ]
    kept = torch.zeros_like(left)
    kept[..., 60:, 50:] = 1
    return replace(scene, regions=regions, protection=Protection(scene.content, kept))


def evaluated(group: Group) -> dict[str, tuple[dict[str, float], torch.Tensor]]:
    found = {}
    for name, options in CASES.items():
        objective = make_objective(
            TinyEncoder(torch.float64),
            _scene(),
            Settings(**TINY, **options),
            tile_px=TILES.get(name),
            group=group,
        )
        image = _image(96, 80, 3).requires_grad_()
        losses, looked = (
            {term: loss.item() for term, loss in evaluate(image).items()}
            for evaluate in (objective, objective.losses)
        )
        assert losses == pytest.approx(looked, rel=1e-9)
        found[name] = losses, image.grad
    return found


@pytest.mark.parametrize("size", [2, 3])
def test_losses_and_gradients_of_a_group_are_those_of_one_process(size: int):
    expected, every = alone(evaluated), in_processes(size, evaluated)
    for name, (losses, gradient) in expected.items():
        for found in every:
            theirs, slope = found[name]
            assert theirs == pytest.approx(losses, rel=TOLERANCE[torch.float64]), name
            assert theirs == every[0][name][0]
            assert torch.equal(slope, every[0][name][1])
            assert (slope - gradient).norm() <= TOLERANCE[torch.float64] * gradient.norm(), name


def shared_out(group: Group) -> list[int]:
    return list(group.share(range(7)))


def test_every_item_is_of_one_process():
    shares = in_processes(2, shared_out)
    assert shares == [[0, 2, 4, 6], [1, 3, 5]]
    assert alone(shared_out) == list(range(7))


def moved(group: Group) -> dict[str, torch.Tensor]:
    """Return each case's picture after five steps, and what a checkpoint of it would hold."""
    found = {}
    for name, options in CASES.items():
        scene, settings = _scene(), Settings(**TINY, **options)
        objective = make_objective(
            TinyEncoder(torch.float64), scene, settings, tile_px=TILES.get(name), group=group
        )
        evaluate = scene.protection.around(objective)
        image = _image(96, 80, 3)
        first, rest = (make_stepper(image, settings, 3, Storage(), group=group) for _ in range(2))
        for _ in range(3):
            first.step(evaluate)
        rest.restore(_whole_state(first, group))
        for _ in range(2):
            seen, _losses = rest.step(evaluate)
        found[name] = seen
    return found


def _whole_state(stepper, group: Group) -> dict[str, torch.Tensor]:
    """Return a state as the leader has it in a file, and the others where it is handed out."""
    state = stepper.state()
    shards = {name: kept for name, kept in state.items() if isinstance(kept, Shard)}
    told = {name: kept.clone() for name, kept in state.items() if name not in shards}
    if not group.leads:
        while piece := group.said():
            shards[piece.name].answer(piece)
        return told
    for name, shard in shards.items():
        told[name] = torch.cat(list(shard.pieces())).view(shard.shape)
    group.said(None)
    return told


@pytest.mark.parametrize("size", [2, 3])
def test_a_group_paints_what_one_process_paints(size: int):
    expected, every = alone(moved), in_processes(size, moved)
    for name, picture in expected.items():
        for found in every:
            assert (found[name] - picture).abs().max() <= 1e-9, name
            assert torch.equal(found[name], every[0][name])


def held(group: Group) -> int:
    """Return how many numbers one process keeps of the optimizer's vectors."""
    stepper = make_stepper(_image(96, 80, 3), Settings(), 20, Storage(), group=group)
    return stepper._pairs.numel() + sum(vector.numel() for vector in stepper._vectors.values())


def test_the_optimizers_memory_falls_with_the_number_of_processes():
    assert in_processes(2, held) == [alone(held) / 2] * 2


def of_another_version(group: Group) -> str:
    """Return what a process says that is handed a run of another version than its own."""
    if group.leads:
        with contextlib.suppress(LostError):
            handed_out(prepare(*(random_pixels(32, 32, seed) for seed in (1, 2))), None, group)
        return ""
    with (
        mock.patch.object(turns, "version", {"impasto": "0.0.1", "torch": "2.0"}.get),
        pytest.raises(UsageError) as refused,
    ):
        taken(group)
    return str(refused.value)


def test_processes_of_other_versions_do_not_paint_together():
    _, said = in_processes(2, of_another_version)
    assert said.startswith("process 2 of 2 has impasto 0.0.1 and torch 2.0, the first one has")
    assert version("torch") in said


def short_of_memory(group: Group) -> int | None:
    """Return the tile that a process goes on with where the last one runs out of memory."""

    def make(tile_px: int | None):
        with group.together():
            if tile_px is None and group.rank == group.size - 1:
                raise MemoryError
        return lambda image: {}

    evaluator = Evaluator(make, None, (256, 256), may_shrink=True, group=group)
    evaluator(torch.zeros(1, 3, 256, 256))
    return evaluator.tile_px


def test_where_one_runs_out_of_memory_all_go_on_in_smaller_tiles():
    assert in_processes(2, short_of_memory) == [128, 128]


def test_whoever_leaves_no_sign_is_missed_and_whoever_is_done_is_not():
    store, missed = HashStore(), []
    with watching(store, Group(2, 3), missed.append, after=0.0):
        pass
    with (
        watching(store, Group(1, 3), missed.append, after=60.0),
        watching(store, Group(0, 3), missed.append, after=2.5),
    ):
        time.sleep(5)
    assert not missed
    with watching(HashStore(), Group(0, 2), missed.append, after=1.0):
        time.sleep(4)
    assert missed == [1]
