"""The run: from pictures and settings to a stream of steps, each an evaluated picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.engine.hardware import DTYPES, computing, pick_device
from impasto.engine.memory import hand_back, reused_blocks
from impasto.engine.objective import Objective
from impasto.engine.optimizer import make_stepper
from impasto.engine.planning import Plan, make_plan
from impasto.engine.pyramid import Level, make_levels
from impasto.engine.shrinking import ShrinkingObjective
from impasto.engine.start import next_image, start_image, start_picture
from impasto.engine.stopping import Watch
from impasto.engine.storage import Storage
from impasto.engine.targets import make_terms
from impasto.engine.view import make_view
from impasto.errors import UsageError
from impasto.network import Encoder, build
from impasto.pictures import Picture, Style, as_picture, as_styles, resize
from impasto.settings import Resources, Settings, from_names

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Step:
    """One evaluation: the picture, and the losses of this very picture.

    `level` counts from 1 of `levels`, `iteration` from 1 of at most `iterations` in the level.
    `losses` maps a term ("content relu4_2") to its weighted loss, a scalar on the device, the
    two weights scaled to add up to 1: reading one waits for the device. `image` is (1,3,H,W),
    sRGB, 0..1, on the device, and is never changed afterwards. `plan` is what the run was
    computed by so far: given back to `iterate`, it repeats the same bytes.
    """

    level: int
    levels: tuple[Level, ...]
    iteration: int
    losses: dict[str, Tensor]
    image: Tensor
    plan: Plan

    @property
    def iterations(self) -> int:
        """Most evaluations in this level."""
        return self.levels[self.level - 1].iterations

    @property
    def picture(self) -> Picture:
        """The picture, brought to the CPU."""
        return as_picture(self.image)


@dataclass(frozen=True, eq=False)
class Run:
    """Everything a run needs, checked: nothing here has to be refused later."""

    content: Picture
    styles: tuple[Style, ...]
    start: Picture | None
    levels: tuple[Level, ...]
    settings: Settings
    plan: Plan
    may_shrink: bool  # tiles, when memory runs out

    @property
    def device(self) -> torch.device:
        """Where the run is computed."""
        return torch.device(self.plan.device)

    def storage(self, number: int) -> Storage:
        """Return where level `number`, from 1, keeps its long vectors."""
        folder = self.plan.scratch[number - 1]
        return Storage(self.device, None if folder is None else Path(folder))


def prepare(
    content: Any,
    styles: Any,
    settings: Settings | None = None,
    resources: Resources | None = None,
    start: Any = None,
    plan: Plan | None = None,
    *,
    must_fit: bool = True,
) -> Run:
    """Read and check everything before the first second of computing; see `iterate`.

    What need not fit into the memory may be looked at, not painted.
    """
    settings, resources = settings or Settings(), resources or Resources()
    pick_device(resources)  # before anything is read
    photo = as_picture(content)
    paintings = as_styles(styles, settings.style_blend)
    levels = make_levels(photo.size, [style.picture.size for style in paintings], settings)
    first = start_picture(photo, settings, start)
    _note_sizes(photo, paintings, levels[-1])
    plan = plan or make_plan(levels, settings, resources, must_fit=must_fit)
    if len(plan.tiles) != len(levels):
        raise UsageError(f"the plan is for {len(plan.tiles)} levels, this run has {len(levels)}")
    may_shrink = resources.tile == "auto"
    return Run(photo, paintings, first, levels, settings, plan, may_shrink)


def iterate(
    content: Any,
    styles: Any,
    settings: Settings | None = None,
    resources: Resources | None = None,
    *,
    start: Any = None,
    plan: Plan | None = None,
) -> Iterator[Step]:
    """Paint `content` in the manner of `styles`: an iterator of a Step for each evaluation.

    Pictures are paths, PIL images, arrays, tensors or Pictures; `styles` is one or a list;
    `start` replaces the settings' `init`, `plan` what `resources` would choose. Everything is
    checked at the call, before the first step. The last Step holds the result; whoever stops
    asking, stops the run. Raises the errors of impasto.errors; a NonFiniteError carries the
    last finite picture.
    """
    return paint(prepare(content, styles, settings, resources, start, plan))


def stylize(content: Any, styles: Any, *, start: Any = None, **options: Any) -> Picture:
    """Paint `content` in the manner of `styles` and return the result.

    Pictures and errors are those of `iterate`; `options` are fields of Settings and Resources:
    `stylize("photo.jpg", "painting.jpg", size=1024, device="cuda")`.
    """
    settings, resources = from_names(options)
    for step in iterate(content, styles, settings, resources, start=start):  # noqa: B007
        pass
    return step.picture


def paint(run: Run, encoder: Encoder | None = None) -> Iterator[Step]:
    """Visit the levels of a prepared run from coarse to fine, yielding each evaluation.

    `encoder` replaces the network of the settings.
    """
    with computing(run.plan.threads, run.plan.precision), reused_blocks():
        network = encoder or build(
            run.settings, run.settings.layers, device=run.device, dtype=DTYPES[run.plan.precision]
        )
        coarsest = run.levels[0]
        image = start_image(run.start, coarsest.height, coarsest.width, run.settings.seed)
        image = image.to(run.device)
        for number, level in enumerate(run.levels, 1):
            hand_back()
            image = next_image(image, run.start, level.height, level.width)
            for step in _paint_level(run, number, level, image, network):
                yield step
                image, run = step.image, replace(run, plan=step.plan)


def _paint_level(
    run: Run, number: int, level: Level, image: Tensor, encoder: Encoder
) -> Iterator[Step]:
    index = number - 1
    objective = ShrinkingObjective(
        lambda tile_px: objective_of(run, number, encoder, tile_px),
        run.plan.tiles[index], (level.height, level.width), run.may_shrink,
    )  # fmt: skip
    stepper = make_stepper(image, run.settings, run.plan.history[index], run.storage(number))
    watch = Watch(run.settings.tolerance, level.iterations, image)
    for iteration in range(1, level.iterations + 1):
        image, losses = stepper.step(objective)
        watch.see(losses, image)
        plan = run.plan.with_tile(index, objective.tile_px)
        yield Step(number, run.levels, iteration, losses, image, plan)
        if watch.settled:
            return


def objective_of(run: Run, number: int, encoder: Encoder, tile_px: int | None = None) -> Objective:
    """Measure the targets of the run's level `number`, from 1, afresh from the originals."""
    level = run.levels[number - 1]
    content = _at(run.content, level.height, level.width, run.device)
    styles = [
        (_at(style.picture, *size, run.device), style.weight)
        for style, size in zip(run.styles, level.style_sizes, strict=True)
    ]
    view = make_view(encoder, run.settings, tile_px)
    terms = make_terms(
        view, content, styles, run.settings, level.content_emphasis, run.storage(number)
    )
    return Objective(view, terms)


def _at(picture: Picture, height: int, width: int, device: torch.device) -> Tensor:
    return resize(picture.tensor()[None].to(device), height, width)


def _note_sizes(photo: Picture, paintings: tuple[Style, ...], finest: Level) -> None:
    height, width = photo.size
    if finest.height > height:
        _log.info(
            "the photograph is enlarged from %d x %d to %d x %d px; it gains no detail",
            width, height, finest.width, finest.height,
        )  # fmt: skip
    area = finest.height * finest.width
    for style in paintings:
        rows, columns = style.picture.size
        if rows * columns < area:
            _log.info(
                "a style picture of %d x %d px is smaller than the result; it is not enlarged, "
                "so strokes come out finer: a larger picture gives larger strokes",
                columns, rows,
            )  # fmt: skip
