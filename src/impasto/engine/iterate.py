"""From pictures and settings to a stream of steps, each an evaluated picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from impasto.computing.pace import Pace
from impasto.engine.checkpoint import State
from impasto.engine.fitting import check_fits
from impasto.engine.level import paint_level, picked_up
from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.engine.steering import going_on
from impasto.engine.step import Step
from impasto.engine.turns import ending, goes_on
from impasto.errors import UsageError
from impasto.memory.free import memory_may_run_out
from impasto.network.encoder import Encoder
from impasto.pictures.picture import Picture
from impasto.planning.plan import Plan
from impasto.reading.sources import PictureSource
from impasto.scene.styles import Styles
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings
from impasto.sharing.group import Group


def iterate(
    content: PictureSource | None,
    styles: Styles,
    settings: Settings | None = None,
    resources: Resources | None = None,
    *,
    init: PictureSource | None = None,
    regions: PictureSource | None = None,
    protect: PictureSource | None = None,
    plan: Plan | None = None,
    encoder: Encoder | None = None,
    **options: Any,
) -> Iterator[Step]:
    """Paint `content` in the manner of `styles`: an iterator of a Step for each evaluation.

    Pictures are paths, PIL images, arrays, tensors or Pictures; `styles` is one or a list, of
    pictures or of Style. `content` None makes a texture. Which picture and how to compute it say
    `settings` and `resources`, or their fields by name and a `preset`: `size=1024, preset="quick"`.
    `init` is a word of the settings' or a picture to start from, `plan` what `resources` would
    choose. `regions` is a map of the content in flat colours, for styles that have maps too; where
    `protect` is white the content stays as it is. `encoder` paints instead of the settings'
    network; the recipe then names it.

    Everything is checked at the call, before the first step. The last Step holds the result;
    whoever stops asking, stops the run. Raises the errors of impasto.errors; a NonFiniteError
    carries the last finite picture.
    """
    run = prepare(
        content,
        styles,
        settings,
        resources,
        init=init,
        regions=regions,
        protect=protect,
        plan=plan,
        encoder=encoder,
        **options,
    )
    return paint(run)


def stylize(
    content: PictureSource | None,
    styles: Styles,
    settings: Settings | None = None,
    resources: Resources | None = None,
    **asked: Any,
) -> Picture:
    """Paint `content` in the manner of `styles` and return the result.

    Takes all that `iterate` takes, and raises what it raises:
    `stylize("photo.jpg", "painting.jpg", size=1024, preset="quick")`.
    """
    return last(iterate(content, styles, settings, resources, **asked)).picture


def last(steps: Iterator[Step]) -> Step:
    """Paint to the end, and return the last step."""
    for step in steps:  # noqa: B007
        pass
    return step


def paint(run: Run, *, resume: State | None = None) -> Iterator[Step]:
    """Visit the levels of a prepared run from coarse to fine, yielding each evaluation.

    `resume` is the state of a checkpoint of the same run, after which it goes on to the same bits.
    Raises UsageError at the call for a state of another run. Torch's modes and threads are the
    caller's own whenever a step is handed out.
    """
    pace = Pace(run.plan, run.may_yield)
    if run.plan.processes != run.group.size:
        raise UsageError(
            f"processes cannot be {run.plan.processes}, for {run.group.size} paint here: start as "
            "many with torchrun --nproc-per-node N -m impasto paint ..."
        )
    if resume is not None:
        if run.group.leads:  # who hands its tensors out
            check_fits(resume, run)
        pace.resume(resume.threads, resume.may_yield)
        run, resume = going_on(run, resume)
    return _computed(pace, run.group, _steps(run, pace, resume))


def _computed(pace: Pace, group: Group, steps: Iterator[Step]) -> Iterator[Step]:
    """Yield steps, each made by our own modes and handed out in the caller's."""
    step: Step | None = None
    while goes_on(group, step):
        with pace.computing(), memory_may_run_out():
            step = next(steps, None)
        if step is None:
            return
        with ending(group):
            yield step


def _steps(run: Run, pace: Pace, resume: State | None) -> Iterator[Step]:
    network = run.networks.find(run.settings, run.plan, run.encoder)
    image: Tensor | None = None
    done: tuple[int, ...] = ()
    first = 1
    if resume is not None:
        done, first = resume.evaluations, resume.level
        if resume.ended:
            image, done = picked_up(run, resume), (*done, resume.iteration)
            first, resume = resume.level + 1, None
    for number in range(first, len(run.levels) + 1):
        for step in paint_level(run, number, image, done, network, pace, resume):
            yield step
            image, run = step.image, step.run
        done, resume = step.evaluations, None
