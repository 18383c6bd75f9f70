"""What only a GPU can show; skipped where there is none."""

import pytest
import torch
from conftest import random_pixels

import impasto
from impasto import Resources, Settings
from impasto.engine.iterate import paint
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.network.vgg import build
from impasto.objective.cuda_graph import captured

PHOTO, STYLE = random_pixels(96, 128, 1), random_pixels(80, 90, 2)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


def _last(**resources) -> impasto.Step:
    settings = Settings(size=128, levels=1, iterations=10, tolerance=0)
    *_, last = paint(prepare(PHOTO, STYLE, settings, Resources(**resources)))
    return last


@pytest.mark.parametrize(("precision", "share"), [("float32", 1e-3), ("tf32", 0.02)])
def test_the_gpu_paints_what_the_cpu_paints(precision: str, share: float):
    cpu, gpu = _last(device="cpu"), _last(device="cuda", precision=precision)
    for name, loss in cpu.losses.items():
        assert gpu.losses[name].item() == pytest.approx(loss.item(), rel=10 * share)
    assert (gpu.image.cpu() - cpu.image).abs().mean() < share


def test_a_recorded_evaluation_is_the_evaluation():
    settings = Settings(size=128, levels=1)
    run = prepare(PHOTO, STYLE, settings, Resources(device="cuda"))
    encoder = build(settings, settings.layers, device="cuda")
    objective = level_objective(run, 1, encoder)
    recorded = captured(objective, torch.zeros(1, 3, 96, 128, device="cuda"))
    assert recorded is not None
    for seed in (1, 2):
        generator = torch.Generator().manual_seed(seed)
        image = torch.rand((1, 3, 96, 128), generator=generator).cuda().requires_grad_()
        other = image.detach().clone().requires_grad_()
        losses, expected = recorded(image), objective(other)
        torch.testing.assert_close(losses, expected)
        torch.testing.assert_close(image.grad, other.grad)


def test_the_same_run_repeats_the_same_bytes():
    assert torch.equal(_last(device="cuda").image, _last(device="cuda").image)
