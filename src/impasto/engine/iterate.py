"""The run: from pictures and settings to a stream of steps, each an evaluated picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from impasto.engine.hardware import DTYPES, computing
from impasto.engine.optimizer import make_stepper
from impasto.engine.planning import Plan
from impasto.engine.protecting import Protection
from impasto.engine.pyramid import Level
from impasto.engine.run import Run, prepare
from impasto.engine.shrinking import ShrinkingObjective
from impasto.engine.start import next_image, start_image
from impasto.engine.stopping import Watch
from impasto.network import Encoder, build
from impasto.pictures import Picture
from impasto.presets import from_options
from impasto.settings import Resources, Settings


@dataclass(frozen=True, eq=False)
class Step:
    """One evaluation: the picture, and the losses of this very picture.

    `level` counts from 1 of `levels`, `iteration` from 1 of at most `iterations` in the level.
    `losses` maps a term ("content relu4_2") to its weighted loss, a scalar on the device, the
    two weights scaled to add up to 1: reading one waits for the device. `image` is (1,3,H,W),
    sRGB, 0..1, on the device, and is never changed afterwards.
    """

    level: int
    iteration: int
    losses: dict[str, Tensor]
    image: Tensor
    run: Run

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
        """What the run was computed by so far: given back to `iterate`, it repeats the bytes."""
        return self.run.plan

    @property
    def picture(self) -> Picture:
        """The finished picture, brought to the CPU, with the colours that were asked for."""
        return self.run.finish(self.image)


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


def paint(run: Run, encoder: Encoder | None = None) -> Iterator[Step]:
    """Visit the levels of a prepared run from coarse to fine, yielding each evaluation.

    `encoder` replaces the network of the settings.
    """
    with computing(run.plan.threads, run.plan.precision):
        network = encoder or build(
            run.settings, run.settings.layers, device=run.device, dtype=DTYPES[run.plan.precision]
        )
        coarsest = run.levels[0]
        image = start_image(run.start, coarsest.height, coarsest.width, run.settings.seed)
        image = image.to(run.device)
        for number, level in enumerate(run.levels, 1):
            detail = run.settings.detail
            image = next_image(image, run.start, level.height, level.width, detail)
            for step in _paint_level(run, number, level, image, network):
                yield step
                image, run = step.image, step.run


def _paint_level(
    run: Run, number: int, level: Level, image: Tensor, encoder: Encoder
) -> Iterator[Step]:
    index = number - 1
    tiled = ShrinkingObjective(
        lambda tile_px: run.objective(number, encoder, tile_px),
        run.plan.tiles[index], (level.height, level.width), run.may_shrink,
    )  # fmt: skip
    protection = _protection(run, level)
    objective = tiled if protection is None else protection.around(tiled)
    stepper = make_stepper(image, run.settings, run.plan.history[index], run.storage(number))
    watch = Watch(run.settings.tolerance, level.iterations, image, run.finish)
    for iteration in range(1, level.iterations + 1):
        image, losses = stepper.step(objective)
        image = image if protection is None else protection.over(image)
        watch.see(losses, image)
        now = replace(run, plan=run.plan.with_tile(index, tiled.tile_px))
        yield Step(number, iteration, losses, image, now)
        if watch.settled:
            return


def _protection(run: Run, level: Level) -> Protection | None:
    photo, mask = run.photo_at(level), run.protected_at(level)
    return None if photo is None or mask is None else Protection(photo, mask)
