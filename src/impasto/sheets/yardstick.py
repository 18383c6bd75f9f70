"""Distances of pictures from one picture, layer by layer, through a network that is loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from impasto.computing.modes import computing
from impasto.network.input_convention import MEAN_RGB
from impasto.objective.objective import Objective
from impasto.objective.single import single_objective
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.planning.choose import make_plan
from impasto.planning.levels import Size, make_levels
from impasto.planning.plan import Plan
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


class Yardstick:
    """Measures pictures by the content and style losses that the settings name, without weights.

    What is measured is over the loss of plain grey, about which white noise is: 1 is nothing of
    the picture, 0 is all of what a loss sees of it.
    """

    def __init__(self, settings: Settings, resources: Resources, target: Picture) -> None:
        """Measure distances from a picture."""
        # The same figures on every machine.
        self._resources = replace(resources, precision="float32")
        self._settings = replace(
            settings, size="original", levels=1, iterations=(1,), smoothness=0, history=1
        )
        self._target = target
        self._bound = lru_cache(maxsize=1)(self._bind)

    def off(self, picture: Picture) -> Mapping[str, float]:
        """Return each loss of a picture, as "content relu4_2", over that of grey."""
        return self.over_grey(picture, self._losses(picture))

    def over_grey(self, picture: Picture, losses: Mapping[str, float]) -> Mapping[str, float]:
        """Return losses of pictures of this size, each over that of plain grey."""
        far = self._losses(picture.with_pixels(np.full_like(picture.array, MEAN_RGB)))
        return {name: loss / far[name] for name, loss in losses.items()}

    def _losses(self, picture: Picture) -> Mapping[str, float]:
        objective, plan = self._bound(picture.size)
        with computing(plan):
            image = picture.tensor()[None].to(plan.device)
            found = objective.losses(image, weighted=False)
            return {name: loss.item() for name, loss in found.items()}

    def _bind(self, size: Size) -> tuple[Objective, Plan]:
        level = make_levels(size, [(size, 1.0)], self._settings)[0]
        plan = make_plan((level,), self._settings, self._resources)
        target = resize(self._target.tensor()[None], *size).to(plan.device)
        with computing(plan):
            objective = single_objective(
                self._settings, target, [(target, 1.0)], torch.float32, tile_px=plan.tiles[0]
            )
        return objective, plan
