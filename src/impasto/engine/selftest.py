"""Does this machine compute what it should: our way of evaluating against plain convolution."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from impasto.computing.modes import computing
from impasto.memory.free import memory_may_run_out
from impasto.network.vgg import build
from impasto.objective.objective import Objective
from impasto.objective.terms import make_terms, plain_scene
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.settings.settings import Settings
from impasto.tiles.view import make_view

# An odd size on purpose; the reference is float64 on the CPU.
_SIZE = (97, 131)
# How far the gradient may be from the reference, ||difference|| / ||gradient||, by precision.
TOLERANCE = {"float32": 2e-3, "tf32": 0.05, "bfloat16": 0.15}


@memory_may_run_out()
def gradient_error(plan: Plan) -> float:
    """Return how far a gradient by this plan is from float64's, relative to its length."""
    settings = Settings(levels=1)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand((2, 1, 3, *_SIZE), generator=generator, dtype=torch.float64)
    # Smoothed, as pictures are: responses to white noise are mostly zeros.
    image, style = functional.avg_pool2d(noise.view(2, 3, *_SIZE), 5, 1, 2)[:, None]
    exact = _gradient(image, style, settings, torch.device("cpu"), torch.float64, plan)
    device, dtype = torch.device(plan.device), DTYPES[plan.precision]
    found = _gradient(image.float(), style.float(), settings, device, dtype, plan)
    return float((found.cpu().double() - exact).norm() / exact.norm())


def _gradient(
    image: Tensor, style: Tensor, settings: Settings, device: torch.device, dtype: torch.dtype,
    plan: Plan,
) -> Tensor:  # fmt: skip
    with computing(plan):
        encoder = build(settings, settings.layers, device=device, dtype=dtype)
        view = make_view(encoder, settings)
        scene = plain_scene(style.to(device), [(style.to(device), 1.0)])
        objective = Objective(view, make_terms(view, scene, settings))
        picture = image.detach().to(device, copy=True).requires_grad_()
        objective(picture)
    assert picture.grad is not None
    return picture.grad
