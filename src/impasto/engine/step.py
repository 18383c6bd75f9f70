"""What a run hands up after each evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from msgspec import UNSET, UnsetType
from torch import Tensor

from impasto.computing.modes import set_apart
from impasto.computing.pace import Pace
from impasto.engine.checkpoint import Checkpoint, State
from impasto.engine.networks import Network
from impasto.engine.recipe import Recipe, versions
from impasto.engine.run import Run
from impasto.engine.steering import Turn
from impasto.engine.watch import Watch
from impasto.memory.free import memory_may_run_out
from impasto.optimizers.stepper import Stepper
from impasto.pictures.picture import Picture
from impasto.planning.levels import Level
from impasto.planning.plan import Plan
from impasto.reading.sources import PictureSource
from impasto.scene.finish import finish
from impasto.settings.settings import Settings


@dataclass(frozen=True, eq=False)
class Behind:
    """What goes on behind a step, and changes with the next one.

    `now` is the run as it was changed so far.
    """

    now: Run
    network: Network
    pace: Pace
    stepper: Stepper
    watch: Watch


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """One more evaluation: the level's best picture so far, and the losses of this very picture.

    The best is the one of the lowest sum of losses; what was evaluated last may be a step that
    the optimizer takes back. `level` counts from 1 of `levels`, `iteration` from 1 of at most
    `iterations` in the level. `losses` maps a term ("content relu4_2") to its weighted loss, a
    scalar on the device, the two weights scaled to add up to 1: reading one waits for the device.
    `image` is (1,3,H,W), finite, 0..1 but for free pixels, in the content's RGB space, on the
    device, and is never changed afterwards.
    `evaluations` were made at each level so far, on so many CPU `threads` or more; `ended` says
    that no other step of the level follows, `final` that none at all does.
    """

    level: int
    iteration: int
    losses: dict[str, Tensor]
    image: Tensor
    evaluations: tuple[int, ...]
    ended: bool
    threads: int
    _turn: Turn
    _behind: Behind

    @property
    def run(self) -> Run:
        """The run, with what was changed so far, and what is asked to change before the next."""
        return self._turn.run

    @property
    def settings(self) -> Settings:
        """By which settings this was evaluated: the run's, as they were changed before."""
        return self._behind.now.settings

    @property
    def final(self) -> bool:
        """Whether no other step follows."""
        return self._turn.final

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
        finished = finish(self._behind.now.originals, self.settings.surface, self.image)
        return replace(finished, recipe=self.recipe.as_json())

    @property
    def recipe(self) -> Recipe:
        """How to paint this picture again."""
        return Recipe(
            settings=self.run.settings,
            plan=self.run.plan,
            ingredients=self.run.ingredients,
            changes=self.run.changes,
            encoder=self._behind.network.own,
            weights=self._behind.network.digest,
            versions=versions(self.run.settings),
            evaluations=self.evaluations,
            interrupted=not self.final,
            losses={name: loss.item() for name, loss in self.losses.items()},
            threads=self.threads,
        )

    @memory_may_run_out()
    @set_apart
    def change(self, *, protect: PictureSource | UnsetType | None = UNSET, **options: Any) -> None:
        """Change the run before the next step: weights, strength, blend, smoothness, protection.

        `step.change(strength=70)`; several calls add up. The picture goes on from this step's
        `image`, and the optimizer forgets the old objective, even without any arguments. `protect`
        is a mask as `iterate` takes it, or None for nothing; the recipe says all of it. Raises
        UsageError for anything else, at the last step, and once the next one was asked for.
        """
        self._turn.change(protect, options)

    @set_apart
    def checkpoint(
        self, notes: Mapping[str, Any] | None = None, *, light: bool = False
    ) -> Checkpoint:
        """Return what `paint` goes on from, with anything JSON can hold beside it.

        Write it before the next step is asked for, which changes its tensors. A `light` one may be
        kept: it has the picture alone, and who goes back to it goes on as after `change()`.
        """
        return Checkpoint(self.recipe, self.state(light=light), notes or {})

    def state(self, *, light: bool = False) -> State:
        """Return what of a checkpoint `paint` takes."""
        here = self.level, self.iteration
        light = light or any(change.place == here for change in self.run.changes)
        memory = {} if light else self._behind.stepper.state()
        return State(
            level=self.level,
            iteration=self.iteration,
            evaluations=self.evaluations[:-1],
            ended=self.ended,
            watch=None if light else self._behind.watch.state(),
            tensors=cast(dict[str, Tensor], {"image": self.image, **memory}),
            threads=self.threads,
            may_yield=self._behind.pace.may_yield,
        )
