"""Where the photograph shows something it counts more; where it is flat, less, but something."""

import pytest
import torch

from impasto.objective import focus
from impasto.objective.focus import focus_of


def _half_flat(height: int = 24, width: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(1, 5, height, width, generator=generator, dtype=torch.float64)
    maps[:, :, : height // 2] = 0.5
    return maps


def test_structure_counts_more_and_flat_parts_a_little():
    count = focus_of(_half_flat(), 1.0)
    assert count.mean().item() == pytest.approx(1)
    assert count[..., 16:, :].min() > 4 * count[..., :8, :].max()
    assert count.min() > 0


def test_more_focus_is_more_of_it():
    ratios = []
    for power in (0.5, 1.0, 2.0):
        count = focus_of(_half_flat(), power)
        ratios.append((count[..., 16:, :].mean() / count[..., :8, :].mean()).item())
    assert ratios[0] < ratios[1] <= ratios[2]
    assert focus_of(_half_flat(), 0) is None


def test_a_flat_photograph_counts_everywhere():
    count = focus_of(torch.ones(1, 5, 8, 8), 0.7)
    torch.testing.assert_close(count, torch.ones(1, 1, 8, 8))


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch):
    whole = focus_of(_half_flat(), 0.7)
    monkeypatch.setattr(focus, "_CELLS_AT_ONCE", (40, 40))
    torch.testing.assert_close(focus_of(_half_flat(), 0.7), whole, rtol=1e-12, atol=0)


def test_the_border_counts_as_the_inside_does():
    generator = torch.Generator().manual_seed(1)
    count = focus_of(torch.rand(1, 40, 60, 60, generator=generator, dtype=torch.float64), 1.0)
    inside = count[..., 2:-2, 2:-2].mean().item()
    for edge in (count[..., 0, 2:-2], count[..., 2:-2, -1], count[..., 0, 0]):
        assert edge.mean().item() == pytest.approx(inside, rel=0.03)
