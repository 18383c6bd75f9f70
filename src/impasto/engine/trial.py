"""How fast this machine evaluates, measured on a small picture."""

from __future__ import annotations

import time

import torch

from impasto.computing.modes import computing
from impasto.memory.free import memory_may_run_out
from impasto.network.vgg import build
from impasto.objective.objective import Objective
from impasto.objective.terms import make_terms, plain_scene
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.settings.settings import Settings
from impasto.tiles.view import make_view

# Large enough for the network to run at its full speed, small enough for a second or two.
_SIDE_PX = 256


@memory_may_run_out()
def seconds_per_pixel(settings: Settings, plan: Plan) -> float:
    """Return the seconds of one evaluation per encoded pixel, the better of two tries."""
    device = torch.device(plan.device)
    with computing(plan):
        encoder = build(settings, settings.layers, device=device, dtype=DTYPES[plan.precision])
        generator = torch.Generator().manual_seed(0)
        image = torch.rand((1, 3, _SIDE_PX, _SIDE_PX), generator=generator, dtype=torch.float32)
        image = image.to(device)
        view = make_view(encoder, settings)
        objective = Objective(view, make_terms(view, plain_scene(image, [(image, 1.0)]), settings))
        image.requires_grad_()
        objective(image)
        seconds = min(_seconds(objective, image) for _ in range(2))
    side = _SIDE_PX + 2 * view.frame.margin
    return seconds / side**2


def _seconds(objective: Objective, image: torch.Tensor) -> float:
    began = time.perf_counter()
    sum(loss.item() for loss in objective(image).values())  # waits for the device
    return time.perf_counter() - began
