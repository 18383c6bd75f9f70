"""One level of a run: its scene, its objective, and the loop of its evaluations."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from torch import Tensor

from impasto.computing.pace import Pace
from impasto.engine.change import Place
from impasto.engine.checkpoint import State
from impasto.engine.networks import Network
from impasto.engine.run import Run
from impasto.engine.steering import Turn, as_changed, is_changed
from impasto.engine.step import Behind, Step
from impasto.engine.watch import Watch
from impasto.errors import NonFiniteError
from impasto.network.encoder import Encoder
from impasto.objective.evaluator import Evaluator
from impasto.objective.look import Measured
from impasto.objective.objective import Objective, make_objective
from impasto.optimizers import make_stepper
from impasto.scene.finish import finish
from impasto.scene.init import first_image, grained, next_image
from impasto.scene.scene import Scene, make_scene

_log = logging.getLogger(__name__)

# How much shorter steps are after numbers broke.
CAUTION = 10.0


def paint_level(
    run: Run,
    number: int,
    image: Tensor | None,
    done: tuple[int, ...],
    network: Network,
    pace: Pace,
    state: State | None,
) -> Iterator[Step]:
    """Paint level `number`, from 1, on from the last one's result, or from a `state` of its own.

    `done` are the evaluations of the levels before. Where the run changes the level goes on from
    its picture there, without any memory.
    """
    while True:
        begun = number, 0 if state is None else state.iteration
        for step, turn in _painted(run, begun, image, done, network, pace, state):
            yield step
            turn.is_over = True
            run = turn.run
            if step.ended:
                return
            if is_changed(run, begun, (number, step.iteration)):
                break
        state = step.state(light=True)


def _painted(
    run: Run,
    begun: Place,
    image: Tensor | None,
    done: tuple[int, ...],
    network: Network,
    pace: Pace,
    state: State | None,
) -> Iterator[tuple[Step, Turn]]:
    """Paint a level to its end, as the run was changed until it `begun`."""
    now, number = as_changed(run, begun), begun[0]
    index, level = number - 1, run.levels[number - 1]
    scene = make_scene(now.originals, level, now.device)
    image = _beginning(now, number, scene, image) if state is None else picked_up(now, state)
    protection = scene.protection
    evaluator = _evaluator(now, number, network, scene)
    del scene  # it is large, and let go as soon as it is measured
    evaluate = evaluator if protection is None else protection.around(evaluator)
    make = partial(make_stepper, settings=now.settings, history=now.plan.history[index])
    make = partial(make, group=now.group)
    storage = now.storage(number)
    stepper = make(image, storage=storage)
    finished = partial(finish, now.originals, now.settings.surface)
    watch = Watch(now.settings.tolerance, level.iterations, image, finished, seen=begun[1])
    if state is not None and state.watch is not None:
        stepper.restore(state.tensors)
        watch.restore(state.watch, image)
    for iteration in range(begun[1] + 1, level.iterations + 1):
        trial, losses = stepper.step(evaluate)
        try:
            watch.see(losses, trial if protection is None else protection.over(trial))
        except NonFiniteError as fault:
            if watch.restarts or iteration == level.iterations:
                raise
            _log.info("%s; going on from there with shorter steps", fault)
            # The old vectors are let go before the new ones are made.
            del stepper
            stepper = make(watch.restart(), storage=storage, caution=CAUTION)
            continue
        ended = watch.settled or iteration == level.iterations
        so_far = replace(run, plan=run.plan.with_tile(index, evaluator.tile_px))
        turn = Turn(so_far, (number, iteration), ended and number == len(run.levels))
        yield (
            Step(
                level=number,
                iteration=iteration,
                evaluations=(*done, iteration),
                losses=watch.losses,
                image=watch.image,
                ended=ended,
                threads=pace.fewest,
                _turn=turn,
                _behind=Behind(now, network, pace, stepper, watch),
            ),
            turn,
        )
        if ended:
            return


def level_objective(
    run: Run,
    number: int,
    encoder: Encoder,
    tile_px: int | None = None,
    *,
    scene: Scene | None = None,
    measured: Measured | None = None,
) -> Objective:
    """Measure the targets of level `number`, from 1, in its scene or afresh from the originals."""
    level = run.levels[number - 1]
    return make_objective(
        encoder,
        make_scene(run.originals, level, run.device) if scene is None else scene,
        run.settings,
        tile_px=tile_px,
        emphasis=level.content_emphasis,
        storage=run.storage(number),
        measured=measured,
        group=run.group,
    )


def _evaluator(run: Run, number: int, network: Network, scene: Scene) -> Evaluator:
    """Return what evaluates a level: by its scene, which is made anew when it was let go."""
    level, scenes = run.levels[number - 1], [scene]

    def make(tile_px: int | None) -> Objective:
        found = scenes.pop() if scenes else None
        return level_objective(
            run, number, network.encoder, tile_px, scene=found, measured=network.measured
        )

    size, tile_px = (level.height, level.width), run.plan.tiles[number - 1]
    return Evaluator(make, tile_px, size, may_shrink=run.may_shrink, group=run.group)


def _beginning(run: Run, number: int, scene: Scene, image: Tensor | None) -> Tensor:
    """Return where a level starts: the last one's result at its size, or what `init` says."""
    level, settings = run.levels[number - 1], run.settings
    size = level.height, level.width
    if image is None:
        return first_image(run.originals.init, scene.init, size, settings.seed).to(run.device)
    if image.shape[-2:] == size:
        return image
    image = next_image(image, scene.init, size, settings.detail)
    shares = [style.weight for style in run.originals.styles]
    seed = settings.seed + number
    return grained(image, scene.styles, shares, seed, level.iterations)


def picked_up(run: Run, state: State) -> Tensor:
    """Return a checkpoint's picture, on the device."""
    return state.tensors["image"].to(run.device, copy=True)
