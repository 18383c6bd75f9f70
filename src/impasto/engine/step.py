"""What a run hands up after each evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from impasto.computing.modes import set_apart
from impasto.computing.pace import Pace
from impasto.engine.checkpoint import Checkpoint, State
from impasto.engine.networks import Network
from impasto.engine.recipe import Recipe, versions
from impasto.engine.run import Run
from impasto.engine.watch import Watch
from impasto.optimizers.stepper import Stepper
from impasto.pictures.picture import Picture
from impasto.planning.levels import Level
from impasto.planning.plan import Plan
from impasto.scene.finish import finish


@dataclass(frozen=True, eq=False)
class Behind:
    """What goes on behind a step, and changes with the next one."""

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
    _behind: Behind

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
        finished = finish(self.run.originals, self.run.settings.surface, self.image)
        return replace(finished, recipe=self.recipe.as_json())

    @property
    def recipe(self) -> Recipe:
        """How to paint this picture again."""
        return Recipe(
            settings=self.run.settings,
            plan=self.run.plan,
            ingredients=self.run.ingredients,
            encoder=self._behind.network.own,
            weights=self._behind.network.digest,
            versions=versions(self.run.settings),
            evaluations=self.evaluations,
            interrupted=not self.final,
            losses={name: loss.item() for name, loss in self.losses.items()},
            threads=self.threads,
        )

    @set_apart
    def checkpoint(self, notes: Mapping[str, Any] | None = None) -> Checkpoint:
        """Return what `paint` goes on from, with anything JSON can hold beside it.

        Write it before the next step is asked for, which changes its tensors.
        """
        watch = self._behind.watch
        state = State(
            level=self.level,
            iteration=self.iteration,
            evaluations=self.evaluations[:-1],
            ended=watch.settled or self.iteration == self.iterations,
            watch=watch.state(),
            tensors={"image": self.image, **self._behind.stepper.state()},
            threads=self.threads,
            may_yield=self._behind.pace.may_yield,
        )
        return Checkpoint(self.recipe, state, notes or {})
