"""Trials of this machine on small pictures: how fast it evaluates, and whether correctly."""

from __future__ import annotations

import time

import torch
from torch import Tensor
from torch.nn import functional

from impasto.computing.modes import computing
from impasto.memory.free import memory_may_run_out
from impasto.objective.objective import Objective
from impasto.objective.single import single_objective
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.settings.settings import Settings
from impasto.tiles.padding import margin_of

# Large enough for the network to run at its full speed, small enough for a second or two.
_SIDE_PX = 256
# Of the self-test: an odd size on purpose; the reference is float64 on the CPU.
_SIZE = (97, 131)
# How far the gradient may be from the reference, ||difference|| / ||gradient||, by precision.
TOLERANCE = {"float32": 2e-3, "tf32": 0.05, "bfloat16": 0.15}


@memory_may_run_out()
def seconds_per_pixel(settings: Settings, plan: Plan) -> float:
    """Return the seconds of one evaluation per encoded pixel, the better of two tries."""
    with computing(plan):
        generator = torch.Generator().manual_seed(0)
        image = torch.rand((1, 3, _SIDE_PX, _SIDE_PX), generator=generator, dtype=torch.float32)
        image = image.to(plan.device)
        objective = single_objective(settings, image, [(image, 1.0)], DTYPES[plan.precision])
        image.requires_grad_()
        objective(image)
        seconds = min(_seconds(objective, image) for _ in range(2))
    return seconds / (_SIDE_PX + 2 * margin_of(settings.padding).px) ** 2


@memory_may_run_out()
def gradient_error(plan: Plan) -> float:
    """Return how far a gradient by this plan is from float64's, relative to its length."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand((2, 1, 3, *_SIZE), generator=generator, dtype=torch.float64)
    # Smoothed, as pictures are: responses to white noise are mostly zeros.
    pictures = functional.avg_pool2d(noise.view(2, 3, *_SIZE), 5, 1, 2)[:, None]
    with computing(plan):
        exact = _gradient(pictures, torch.float64)
        found = _gradient(pictures.float().to(plan.device), DTYPES[plan.precision])
    return float((found.cpu().double() - exact).norm() / exact.norm())


def _seconds(objective: Objective, image: Tensor) -> float:
    began = time.perf_counter()
    sum(loss.item() for loss in objective(image).values())  # waits for the device
    return time.perf_counter() - began


def _gradient(pictures: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the gradient on the first of two pictures (2,1,3,H,W), painted like the second."""
    image, style = pictures[0], pictures[1]
    objective = single_objective(Settings(levels=1), style, [(style, 1.0)], dtype)
    painted = image.clone().requires_grad_()
    objective(painted)
    gradient = painted.grad
    assert gradient is not None
    return gradient
