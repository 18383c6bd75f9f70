import pytest
import torch

from impasto.losses import ContentLoss, GramLoss, Moments, measure_moments, moments


def _features(height: int = 5, width: int = 4, channels: int = 3, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, channels, height, width, generator=generator, dtype=torch.float64)


def test_gram_is_zero_at_its_own_target():
    sums = GramLoss().measure(_features())
    assert GramLoss().score(sums, sums) == 0


def test_content_is_zero_at_its_own_reference():
    assert ContentLoss().score(ContentLoss().measure(_features(), _features())) == 0


def test_gram_by_hand_on_two_by_two():
    features = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 0.0]]]])
    # Sums of products over four cells: 1+4+0+1 = 6, 0+2+0+0 = 2, 0+1+9+0 = 10; over M = 4.
    gram = measure_moments(features).gram()
    assert torch.equal(gram, torch.tensor([[1.5, 0.5], [0.5, 2.5]]))
    goal = Moments(torch.tensor(1.0), torch.zeros(2, 2))
    # Mean over N^2 = 4 of 2.25, 0.25, 0.25, 6.25.
    assert GramLoss().score(GramLoss().measure(features), goal) == 2.25


def test_content_by_hand_on_two_by_two():
    features = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]]]])
    reference = torch.tensor([[[[1.0, 0.0], [3.0, 2.0]]]])
    loss = ContentLoss()
    assert loss.score(loss.measure(features, reference)) == (4 + 9 + 1) / 4


def test_gram_gradient_matches_finite_differences():
    goal = GramLoss().measure(_features(3, 7, seed=1))
    features = _features().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda f: GramLoss().score(GramLoss().measure(f), goal), features
    )


def test_content_gradient_matches_finite_differences():
    loss, reference = ContentLoss(), _features(seed=1)
    features = _features().requires_grad_()
    assert torch.autograd.gradcheck(lambda f: loss.score(loss.measure(f, reference)), features)


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("loss", [GramLoss(), ContentLoss()])
def test_sums_over_halves_equal_the_whole(loss: GramLoss | ContentLoss, axis: int):
    features, reference = _features(6, 8), _features(6, 8, seed=1)
    size = features.shape[axis]

    def measure(first: int, count: int) -> tuple[torch.Tensor, ...]:
        return loss.measure(
            features.narrow(axis, first, count), reference.narrow(axis, first, count)
        )

    for one, other, whole in zip(
        measure(0, 2), measure(2, size - 2), measure(0, size), strict=True
    ):
        torch.testing.assert_close(one + other, whole)


def test_half_precision_features_are_summed_in_float32(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(moments, "_CELLS_AT_ONCE", 7)
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
