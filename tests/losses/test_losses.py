import re
from pathlib import Path

import pytest
import torch

from impasto.losses import moments, nearest, sliced
from impasto.losses.content import ContentLoss
from impasto.losses.covariance import CovarianceLoss
from impasto.losses.gram import GramLoss
from impasto.losses.histogram import HistogramLoss
from impasto.losses.loss import Loss, added, shared, style_loss
from impasto.losses.moments import Moments, measure_moments
from impasto.losses.nearest import NearestLoss
from impasto.losses.sliced import SlicedLoss
from impasto.losses.smooth import SmoothLoss
from impasto.losses.wasserstein import WassersteinLoss
from impasto.settings.style_losses import STYLE_LOSSES as WORDS

ROOT = Path(__file__).parents[2]
FILES = {path.stem: path.read_text("utf-8") for path in (ROOT / "src/impasto/losses").glob("*.py")}
# Those that are not registered too: what every style loss promises is asked of all.
FOUND = sorted(name for name, text in FILES.items() if "\nLOSS = " in text)
STYLE_LOSSES = [style_loss(name) for name in FOUND]


def _features(height: int = 5, width: int = 4, channels: int = 3, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, channels, height, width, generator=generator, dtype=torch.float64)


def _against(loss, style: torch.Tensor):
    """Return a loss that has seen the cells of a style, if it asks for any."""
    return loss.against(style[0].flatten(1).T) if loss.cells_a_filter else loss


def _score(loss, features: torch.Tensor, goal: torch.Tensor, weight=None) -> torch.Tensor:
    bound = _against(loss, goal)
    return bound.score(bound.measure(features, weight), loss.goal(loss.measure(goal)))


def test_a_style_loss_is_one_file_one_line_and_a_row_of_its_page():
    defined = {name for name, text in FILES.items() if re.search(r"\nclass \w+Loss\(", text)}
    assert defined - {"content", "smooth"} == set(FOUND), "no LOSS in losses/NAME.py"
    assert set(FOUND) - set(WORDS) == set(), "not registered in settings/style_losses.py"
    assert set(WORDS) - set(FOUND) == set(), "no losses/NAME.py with LOSS"
    assert all(isinstance(loss, Loss) for loss in STYLE_LOSSES)
    rows = re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "docs/losses.md").read_text("utf-8"))
    assert rows == list(WORDS), "docs/losses.md has other rows"


@pytest.mark.parametrize("loss", STYLE_LOSSES)
def test_a_style_loss_is_zero_at_its_own_target_alone(loss):
    assert _score(loss, _features(), _features()).abs() < 1e-6
    assert _score(loss, _features(), _features(seed=1)) > 1e-4


def test_content_is_zero_at_its_own_reference():
    assert ContentLoss().score(ContentLoss().measure(_features(), reference=_features())) == 0


def test_gram_by_hand_on_two_by_two():
    features = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 0.0]]]])
    # Sums of products over four cells: 1+4+0+1 = 6, 0+2+0+0 = 2, 0+1+9+0 = 10; over M = 4.
    gram = measure_moments(features).gram()
    assert torch.equal(gram, torch.tensor([[1.5, 0.5], [0.5, 2.5]]))
    goal = Moments(torch.tensor(1.0), torch.zeros(2), torch.zeros(2, 2))
    # Mean over N^2 = 4 of 2.25, 0.25, 0.25, 6.25.
    assert GramLoss().score(GramLoss().measure(features), goal) == 2.25


def test_content_by_hand_on_two_by_two():
    features = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]]]])
    reference = torch.tensor([[[[1.0, 0.0], [3.0, 2.0]]]])
    loss = ContentLoss()
    assert loss.score(loss.measure(features, reference=reference)) == (4 + 9 + 1) / 4


def test_wasserstein_is_zero_at_its_own_target_in_real_sizes():
    """More filters than cells, in float32, weighed: as at a small level of relu5_1."""
    features = _features(4, 4, channels=256).float()
    weight = _features(4, 4, channels=1, seed=1).float()
    loss = WassersteinLoss()
    sums = loss.measure(features, weight)
    assert loss.score(sums, loss.goal(sums)).abs() < 1e-6


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("loss", [*STYLE_LOSSES, SmoothLoss()])
def test_a_style_gradient_matches_finite_differences(loss, weighed: bool):
    goal = _features(3, 7, seed=1)
    weight = _features(channels=1, seed=2) if weighed else None
    features = _features().requires_grad_()
    assert torch.autograd.gradcheck(lambda f: _score(loss, f, goal, weight), features)


def test_content_gradient_matches_finite_differences():
    loss, reference = ContentLoss(), _features(seed=1)
    features = _features().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda f: loss.score(loss.measure(f, reference=reference)), features
    )


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("loss", [*STYLE_LOSSES, ContentLoss(), SmoothLoss()])
def test_sums_over_halves_equal_the_whole(loss, axis: int):
    features, reference = _features(6, 8), _features(6, 8, seed=1)
    guide = _features(6, 8, channels=1, seed=2)
    size, loss = features.shape[axis], _against(loss, reference)

    def measure(first: int, count: int) -> tuple[torch.Tensor, ...]:
        cut = (whole.narrow(axis, first, count) for whole in (features, guide, reference))
        return loss.measure(*cut)

    for one, other, whole in zip(
        measure(0, 2), measure(2, size - 2), measure(0, size), strict=True
    ):
        torch.testing.assert_close(one + other, whole)


def test_half_precision_features_are_summed_in_float32(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(moments, "_CELLS_AT_ONCE", (7, 7))
    features = _features(6, 8).bfloat16().requires_grad_()
    wide = features.detach().float().requires_grad_()
    outer, expected = measure_moments(features).outer, measure_moments(wide).outer
    torch.testing.assert_close(outer, expected)
    for total in (outer, expected):
        total.square().sum().backward()
    torch.testing.assert_close(features.grad.float(), wide.grad, rtol=0.02, atol=0.02)


def test_channels_last_features_give_the_same_sums():
    features = _features(6, 8)
    turned = features.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(measure_moments(turned).outer, measure_moments(features).outer)


@pytest.mark.parametrize("loss", [*STYLE_LOSSES, ContentLoss(), SmoothLoss()])
def test_a_weight_of_one_or_nothing_is_a_cut(loss):
    features, reference = _features(6, 8, channels=6), _features(6, 8, channels=6, seed=1)
    weight = torch.zeros(1, 1, 6, 8, dtype=torch.float64)
    weight[..., :5] = 1
    loss = _against(loss, reference)
    masked = loss.measure(features, weight, reference)
    cut = loss.measure(features[..., :5], None, reference[..., :5])
    for one, other in zip(masked, cut, strict=True):
        torch.testing.assert_close(one, other)


def test_covariance_by_hand():
    # Filters 1, 3 and 0, 2: means 2 and 1, variances and covariance 1.
    features = torch.tensor([[[[1.0, 3.0]], [[0.0, 2.0]]]])
    goal = torch.zeros(1, 2, 1, 2)
    # Covariances of 1 against 0, and the means' mean square: (4 + 1) / 2.
    assert _score(CovarianceLoss(), features, goal) == 1 + 2.5


def test_wasserstein_by_hand():
    """With diagonal covariances it is |m - n|^2 plus the squared gaps of deviations."""
    # Two filters, uncorrelated: deviations 1 and 2 about means 3 and 5; against 3 and 1, 5 and 5.
    signs = torch.tensor([[1, 1, -1, -1], [1, -1, 1, -1]], dtype=torch.float64)
    deviations = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    means = torch.tensor([[3.0], [5.0]], dtype=torch.float64)
    ours = (means + deviations * signs).view(1, 2, 2, 2)
    theirs = (torch.tensor([[5.0], [5.0]]) + torch.tensor([[3.0], [1.0]]) * signs).view(1, 2, 2, 2)
    expected = ((3 - 5) ** 2 + (1 - 3) ** 2 + (2 - 1) ** 2) / 2
    # The share that is added to every eigenvalue makes itself felt in the fourth digit.
    assert _score(WassersteinLoss(), ours, theirs).item() == pytest.approx(expected, rel=1e-3)


def test_wasserstein_has_a_finite_gradient_with_fewer_cells_than_filters():
    features = _features(1, 2, channels=12).float().requires_grad_()
    _score(WassersteinLoss(), features, _features(2, 2, channels=12, seed=1).float()).backward()
    assert torch.isfinite(features.grad).all()
    flat = torch.zeros(1, 12, 2, 2, requires_grad=True)
    _score(WassersteinLoss(), flat, torch.zeros(1, 12, 2, 2)).backward()
    assert torch.isfinite(flat.grad).all()


def test_histogram_by_hand():
    # One filter; 0.375 fills the bin 0..0.25 and half of 0.25..0.5, 0 fills none.
    filled = HistogramLoss().measure(torch.full((1, 1, 1, 1), 0.375))[3][:, 0]
    assert filled[:3].tolist() == [1, 0.5, 0]
    loss = _score(HistogramLoss(), torch.full((1, 1, 1, 1), 0.375), torch.zeros(1, 1, 1, 1))
    # Gram 0.375^2 against 0, and four times the integral 0.25 * 1 + 0.25 * 0.25.
    assert loss.item() == pytest.approx(0.375**4 + 4 * (0.25 + 0.0625))


def test_histogram_tells_apart_what_gram_cannot():
    spread = torch.tensor([[[[0.0, 2.0]]]])
    even = torch.full((1, 1, 1, 2), 2**0.5)
    assert _score(GramLoss(), spread, even).abs() < 1e-6
    assert _score(HistogramLoss(), spread, even) > 0.1


def test_nearest_by_hand():
    # About the style's mean (2, 1), its cells lie in the directions (1, 1), (-1, 1) and (0, -1).
    style = torch.tensor([[3.0, 2.0], [1.0, 2.0], [2.0, -1.0]])
    cells = torch.tensor([[2.0, 3.0], [2.0, 1.0]]).T.view(1, 2, 1, 2)
    loss = NearestLoss().against(style)
    # (0, 2) is 45 degrees from the first two; (0, 0) is in no direction.
    assert loss.measure(cells)[3].item() == pytest.approx(1 - 0.5**0.5 + 1)
    weight = torch.tensor([[[[3.0, 0.5]]]])
    assert loss.measure(cells, weight)[3].item() == pytest.approx(3 * (1 - 0.5**0.5) + 0.5)


def test_nearest_tells_apart_what_covariances_cannot():
    """Two filters that are never strong together, and two that are independent: equal moments."""
    turned = torch.tensor([[1.0, 1.0], [1.0, -1.0]]) / 2**0.5
    style = torch.tensor([[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]])
    ours, theirs = (turned @ style).view(1, 2, 2, 2), style.view(1, 2, 2, 2)
    assert _score(CovarianceLoss(), ours, theirs) < 1e-6
    assert _score(NearestLoss(), ours, theirs) > 1e-3


@pytest.mark.parametrize("channels", [3, 70])
def test_nearest_is_the_same_in_strips(monkeypatch: pytest.MonkeyPatch, channels: int):
    features, weight = _features(6, 8, channels), _features(6, 8, 1, seed=2)
    loss = _against(NearestLoss(), _features(5, 9, channels, seed=1))
    found = []
    for at_once in (10_000, 1):
        monkeypatch.setattr(nearest, "_CELLS_AT_ONCE", (at_once, at_once))
        ours = features.clone().requires_grad_()
        distance = loss.measure(ours, weight)[3]
        found.append((distance.detach(), *torch.autograd.grad(distance, ours)))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_nearest_has_a_finite_gradient_where_nothing_responds():
    flat = torch.zeros(1, 12, 2, 2, requires_grad=True)
    _score(NearestLoss(), flat, torch.zeros(1, 12, 2, 2)).backward()
    assert torch.isfinite(flat.grad).all()


def test_sliced_by_hand(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sliced, "_directions", lambda *_: torch.tensor([[1.0]]))
    # 0.75 fills all that lies below 0.5, and half of 0.5..1.
    at = sliced._EDGES.index(0.0)
    filled = SlicedLoss().measure(torch.full((1, 1, 1, 1), 0.75))[2][:, 0]
    assert filled[at - 1 : at + 3].tolist() == [1, 1, 0.5, 0]
    # The integral 0.5 * 1 + 0.5 * 0.25, and the means' 0.75^2.
    loss = _score(SlicedLoss(), torch.full((1, 1, 1, 1), 0.75), torch.zeros(1, 1, 1, 1))
    assert loss.item() == pytest.approx(0.625 + 0.75**2)


def test_sliced_tells_apart_what_covariances_cannot():
    """Equal means and covariances, but one lies on a square's corners and one on its axes."""
    turned = torch.tensor([[1.0, 1.0], [1.0, -1.0]]) / 2**0.5
    style = 2 * torch.tensor([[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]])
    ours, theirs = (turned @ style).view(1, 2, 2, 2), style.view(1, 2, 2, 2)
    assert _score(CovarianceLoss(), ours, theirs) < 1e-6
    assert _score(SlicedLoss(), ours, theirs) > 0.01


def test_directions_are_the_same_everywhere():
    one = sliced._directions(6, torch.float64, torch.device("cpu"))
    sliced._directions.cache_clear()
    other = sliced._directions(6, torch.float64, torch.device("cpu"))
    assert torch.equal(one, other)
    torch.testing.assert_close(one.norm(dim=0), torch.ones(6, dtype=torch.float64))


def test_smoothness_by_hand():
    # Light's squares 1.5 a channel over four pixels, against a style's 0.5 over one.
    detail = torch.tensor([[0.0, 1.0], [0.5, -0.5]]).expand(1, 4, 2, 2)
    own = torch.full((1, 4, 1, 1), 0.5**0.5)
    light, chequers = 1.5 / 4 / 0.5, 1.5 / 4 / 0.5
    assert _score(SmoothLoss(), detail, own).item() == pytest.approx(light + chequers)


@pytest.mark.parametrize(
    "kind", [(1.0, 1.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.5, -0.5, 0.0, 0.0)]
)
def test_each_kind_of_detail_costs_by_itself(kind: tuple[float, ...]):
    style = torch.full((1, 4, 1, 1), 0.1) + torch.tensor([0.05, -0.05, 0.0, 0.0])[:, None, None]
    plain = style * 0
    detail = torch.tensor(kind)[:, None, None] * 0.3
    costs = [_score(SmoothLoss(), plain + times * detail, style).item() for times in (0, 1, 2)]
    assert costs[0] == 0 < costs[1]
    assert costs[2] == pytest.approx(4 * costs[1])


def test_a_flat_style_leaves_smoothness_finite():
    flat = torch.zeros(1, 3, 4, 4)
    assert _score(SmoothLoss(), flat, flat) == 0
    assert torch.isfinite(_score(SmoothLoss(), flat + 0.1, flat))


def test_several_styles_are_mixed_by_share_not_by_size():
    small, large = (GramLoss().measure(_features(*size)) for size in ((2, 2), (20, 30)))
    mixed = Moments(*added((shared(small, 0.25), shared(large, 0.75))))
    expected = 0.25 * Moments(*small).gram() + 0.75 * Moments(*large).gram()
    torch.testing.assert_close(mixed.gram(), expected)
