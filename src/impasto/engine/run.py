"""What a prepared run is: its pictures, levels and plan. Data alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from impasto.engine.change import Change
from impasto.engine.networks import Networks
from impasto.engine.recipe import Ingredients
from impasto.memory.storage import Storage
from impasto.network.encoder import Encoder
from impasto.pictures.origin import Source
from impasto.planning.costs import Costs, costs_of
from impasto.planning.levels import Level
from impasto.planning.plan import Plan
from impasto.scene.originals import Originals
from impasto.settings.settings import Settings
from impasto.sharing.group import ALONE, Group


@dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """Everything that is needed to paint, checked: nothing here has to be refused later.

    `settings` are those that it begins with, `changes` what changes on the way, in order, and
    `masks` (1,1,H,W) what they protect. `encoder` is the caller's own network, None where the
    settings' paints. `networks` keeps what is loaded and measured, for other runs as well;
    the processes of a `group` paint the run together.
    """

    originals: Originals
    levels: tuple[Level, ...]
    settings: Settings
    plan: Plan
    ingredients: Ingredients
    changes: tuple[Change, ...] = ()
    masks: Mapping[Source, Tensor] = field(default_factory=dict, repr=False)
    encoder: Encoder | None = None
    may_shrink: bool = True  # tiles, when memory runs out
    may_yield: bool = False  # threads, to other programs
    networks: Networks = field(default_factory=Networks, repr=False)
    group: Group = ALONE

    @property
    def device(self) -> torch.device:
        """Where the run is computed."""
        return torch.device(self.plan.device)

    @property
    def costs(self) -> Costs:
        """What its levels take."""
        own_layers = None if self.encoder is None else self.encoder.layers
        plan = self.plan
        return costs_of(self.settings, plan.precision, plan.kernel, own_layers, plan.processes)

    @property
    def mask_bytes(self) -> int:
        """What masks take at the last level, beside everything else."""
        return self.originals.mask_bytes(self.levels[-1])

    def storage(self, number: int) -> Storage:
        """Return where level `number`, from 1, keeps its long vectors."""
        folder = self.plan.scratch[number - 1]
        return Storage(self.device, None if folder is None else Path(folder))
