"""The run: from pictures and settings to a stream of steps, each an evaluated picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from impasto.computing.modes import set_apart
from impasto.computing.pace import Pace
from impasto.engine.checkpoint import Checkpoint, State
from impasto.engine.fitting import check_fits
from impasto.engine.prepare import prepare
from impasto.engine.recipe import Recipe, versions
from impasto.engine.run import Run
from impasto.engine.watch import Watch
from impasto.errors import NonFiniteError
from impasto.memory.free import memory_may_run_out
from impasto.network.trained import weights_digest
from impasto.network.vgg import Encoder, build, check_layers, named
from impasto.objective.evaluator import ShrinkingObjective
from impasto.optimizers.lbfgs import Stepper, make_stepper
from impasto.pictures.picture import Picture
from impasto.planning.levels import Level
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.scene.init import next_image, start_image
from impasto.scene.protecting import Protection
from impasto.settings.presets import from_options
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

_log = logging.getLogger(__name__)

# How much shorter steps are after numbers broke.
CAUTION = 10.0


@dataclass(frozen=True, eq=False)
class _Painter:
    """What paints a run: a network, its name where it is the caller's own, its weights' digest."""

    encoder: Encoder
    own: str | None
    digest: str
    pace: Pace


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """One more evaluation: the level's best picture so far, and the losses of this very picture.

    The best is the one of the lowest sum of losses; what was evaluated last may be a step that
    the optimiser takes back. `level` counts from 1 of `levels`, `iteration` from 1 of at most
    `iterations` in the level. `losses` maps a term ("content relu4_2") to its weighted loss, a
    scalar on the device, the two weights scaled to add up to 1: reading one waits for the device.
    `image` is (1,3,H,W), finite, 0..1 but for free pixels, in the content's RGB space, on the
    device, and is never changed afterwards.
    `evaluations` were made at each level so far, on so many CPU `threads` or more; `final` says
    that no other step follows.
    """

    level: int
    iteration: int
    losses: dict[str, Tensor]
    image: Tensor
    run: Run
    evaluations: tuple[int, ...]
    final: bool
    threads: int
    _painter: _Painter
    _stepper: Stepper
    _watch: Watch

    @property
    def levels(self) -> tuple[Level, ...]:
        """All levels of the run, coarse to fine."""
        return self.run.levels

    @property
    def iterations(self) -> int:
        """Most evaluations in this level."""
        return self.levels[self.level - 1].iterations

    @property
    def plan(self) -> Plan:
        """What the run was computed by so far.

        Given back to `iterate`, it repeats the bytes of a run that gave up no threads.
        """
        return self.run.plan

    @property
    @set_apart
    def picture(self) -> Picture:
        """The finished picture on the CPU, in the colours and surface asked for, with recipe."""
        return replace(self.run.finish(self.image), recipe=self.recipe.as_json())

    @property
    def recipe(self) -> Recipe:
        """How to paint this picture again."""
        run = self.run
        return Recipe(
            settings=run.settings, plan=run.plan, ingredients=run.ingredients,
            encoder=self._painter.own, weights=self._painter.digest, versions=versions(),
            evaluations=self.evaluations, interrupted=not self.final,
            losses={name: loss.item() for name, loss in self.losses.items()},
            threads=self.threads,
        )  # fmt: skip

    @set_apart
    def checkpoint(self, notes: Mapping[str, Any] | None = None) -> Checkpoint:
        """Return what `paint` goes on from, with anything JSON can hold beside it.

        Write it before the next step is asked for, which changes its tensors.
        """
        ended = self._watch.settled or self.iteration == self.iterations
        state = State(
            self.level, self.iteration, self.evaluations[:-1], ended, self._watch.state(),
            {"image": self.image, **self._stepper.state()},
            self.threads, self._painter.pace.may_yield,
        )  # fmt: skip
        return Checkpoint(self.recipe, state, notes or {})


def iterate(
    content: Any,
    styles: Any,
    settings: Settings | None = None,
    resources: Resources | None = None,
    *,
    start: Any = None,
    plan: Plan | None = None,
    regions: Any = None,
    protect: Any = None,
) -> Iterator[Step]:
    """Paint `content` in the manner of `styles`: an iterator of a Step for each evaluation.

    Pictures are paths, PIL images, arrays, tensors or Pictures; `styles` is one or a list, of
    pictures or of Style. `content` None makes a texture. `start` replaces the settings' `init`,
    `plan` what `resources` would choose. `regions` is a map of the content in flat colours, for
    styles that have maps too; where `protect` is white the content stays as it is.

    Everything is checked at the call, before the first step. The last Step holds the result;
    whoever stops asking, stops the run. Raises the errors of impasto.errors; a NonFiniteError
    carries the last finite picture.
    """
    return paint(
        prepare(
            content, styles, settings, resources,
            start=start, plan=plan, regions=regions, protect=protect,
        )
    )  # fmt: skip


def stylize(
    content: Any,
    styles: Any,
    *,
    start: Any = None,
    regions: Any = None,
    protect: Any = None,
    **options: Any,
) -> Picture:
    """Paint `content` in the manner of `styles` and return the result.

    Pictures and errors are those of `iterate`; `options` are fields of Settings and Resources,
    and `preset`: `stylize("photo.jpg", "painting.jpg", size=1024, preset="quick")`.
    """
    settings, resources = from_options(options)
    steps = iterate(
        content, styles, settings, resources, start=start, regions=regions, protect=protect
    )
    for step in steps:  # noqa: B007
        pass
    return step.picture


def paint(run: Run, encoder: Encoder | None = None, resume: State | None = None) -> Iterator[Step]:
    """Visit the levels of a prepared run from coarse to fine, yielding each evaluation.

    `encoder` replaces the network of the settings; the recipe then names it. `resume` is the state
    of a checkpoint of the same run, after which it goes on to the same bits. Raises UsageError at
    the call for an encoder that lacks a layer, or a state of another run. Torch's modes and
    threads are the caller's own whenever a step is handed out.
    """
    if encoder is not None:
        check_layers(encoder, run.settings.layers)
        named(encoder)
    pace = Pace(run.plan, run.may_yield)
    if resume is not None:
        check_fits(resume, run)
        pace.resume(resume.threads, resume.may_yield)
    return _computed(pace, _steps(run, encoder, pace, resume))


def _computed(pace: Pace, steps: Iterator[Step]) -> Iterator[Step]:
    """Yield steps, each made by our own modes and handed out in the caller's."""
    while True:
        with pace.computing(), memory_may_run_out():
            step = next(steps, None)
        if step is None:
            return
        yield step


def _steps(run: Run, encoder: Encoder | None, pace: Pace, resume: State | None) -> Iterator[Step]:
    painter = _painter(run, encoder, pace)
    image, done = _beginning(run, resume)
    for number, level in enumerate(run.levels, 1):
        if resume is not None and (number, not resume.ended) < (resume.level, True):
            continue
        state = resume if resume is not None and number == resume.level else None
        detail = run.settings.detail
        if state is None and image.shape[-2:] != (level.height, level.width):
            image = next_image(image, run.start, level.height, level.width, detail)
            image = run.grained(image, number)
        for step in _paint_level(run, number, image, painter, done, state):
            yield step
            image, run = step.image, step.run
        done = step.evaluations


def _painter(run: Run, encoder: Encoder | None, pace: Pace) -> _Painter:
    if encoder is not None:
        return _Painter(encoder, *named(encoder), pace)
    dtype = DTYPES[run.plan.precision]
    network = build(run.settings, run.settings.layers, device=run.device, dtype=dtype)
    return _Painter(network, None, weights_digest(run.settings), pace)


def _beginning(run: Run, resume: State | None) -> tuple[Tensor, tuple[int, ...]]:
    """Return the picture to go on from, and the evaluations made at the levels that are done."""
    if resume is not None:
        done = resume.evaluations
        return (
            resume.tensors["image"].to(run.device, copy=True),
            (*done, resume.iteration) if resume.ended else done,
        )
    coarsest = run.levels[0]
    image = start_image(run.start, coarsest.height, coarsest.width, run.settings.seed)
    return image.to(run.device), ()


def _paint_level(
    run: Run, number: int, image: Tensor, painter: _Painter, done: tuple[int, ...],
    state: State | None,
) -> Iterator[Step]:  # fmt: skip
    index, level = number - 1, run.levels[number - 1]
    tiled = ShrinkingObjective(
        lambda tile_px: run.objective(number, painter.encoder, tile_px),
        run.plan.tiles[index], (level.height, level.width), run.may_shrink,
    )  # fmt: skip
    protection = _protection(run, level)
    objective = tiled if protection is None else protection.around(tiled)
    history, storage = run.plan.history[index], run.storage(number)
    stepper = make_stepper(image, run.settings, history, storage)
    watch = Watch(run.settings.tolerance, level.iterations, image, run.finish)
    if state is not None:
        stepper.restore(state.tensors)
        watch.restore(state.watch, image)
    first = 1 if state is None else state.iteration + 1
    for iteration in range(first, level.iterations + 1):
        trial, losses = stepper.step(objective)
        try:
            watch.see(losses, trial if protection is None else protection.over(trial))
        except NonFiniteError as fault:
            if watch.restarts or iteration == level.iterations:
                raise
            _log.info("%s; going on from there with shorter steps", fault)
            # The old vectors are let go before the new ones are made.
            del stepper
            stepper = make_stepper(watch.restart(), run.settings, history, storage, CAUTION)
            continue
        ended = watch.settled or iteration == level.iterations
        yield Step(
            level=number, iteration=iteration, evaluations=(*done, iteration),
            losses=watch.losses, image=watch.image,
            run=replace(run, plan=run.plan.with_tile(index, tiled.tile_px)),
            final=ended and number == len(run.levels), threads=painter.pace.fewest,
            _painter=painter, _stepper=stepper, _watch=watch,
        )  # fmt: skip
        if ended:
            return


def _protection(run: Run, level: Level) -> Protection | None:
    photo, mask = run.photo_at(level), run.protected_at(level)
    return None if photo is None or mask is None else Protection(photo, mask)
