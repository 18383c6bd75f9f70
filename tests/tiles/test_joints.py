"""Two layers seen as one, at the deeper's cells."""

import pytest
import torch

from impasto.errors import UsageError
from impasto.tiles.joints import joined, joint, parts


def _map(height: int, width: int, channels: int = 1) -> torch.Tensor:
    numbers = torch.arange(channels * height * width, dtype=torch.float64)
    return numbers.reshape(1, channels, height, width)


def test_a_joint_is_the_deeper_and_the_shallower_averaged_over_its_cells():
    walked = [("shallow", _map(3, 5)), ("deep", _map(2, 3, channels=2))]
    name = joint("shallow", "deep")
    assert parts(name) == ["deep", "shallow"]
    assert parts("deep") == ["deep"]
    ((found, features),) = joined(walked, [name], {"shallow": 4, "deep": 8})
    assert found == name
    assert torch.equal(features[:, :2], walked[1][1])
    # Cells at the lower and right border have two of the shallower's, the corner has one.
    means = [[(0 + 1 + 5 + 6) / 4, (2 + 3 + 7 + 8) / 4, (4 + 9) / 2], [10.5, 12.5, 14]]
    assert features[0, 2].tolist() == means


def test_layers_come_by_themselves_and_in_joints_shallow_first():
    walked = [("one", _map(8, 8)), ("two", _map(4, 4)), ("three", _map(4, 4))]
    names = [joint("two", "three"), joint("one", "two"), "one", "three"]
    found = joined(walked, names, {"one": 1, "two": 2, "three": 2})
    assert [name for name, _ in found] == ["one", joint("one", "two"), "three", names[0]]


def test_joints_of_tiles_are_those_of_the_whole():
    shallow, deep = _map(13, 9), _map(4, 3)
    strides = {"shallow": 2, "deep": 8}
    name = joint("shallow", "deep")

    def features(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        ((_, found),) = joined([("shallow", one), ("deep", other)], [name], strides)
        return found

    tiles = [
        torch.cat([features(shallow[..., y, x], deep[..., v, u]) for x, u in columns], 3)
        for (y, v), columns in (
            ((slice(0, 8), slice(0, 2)), [(slice(0, 4), slice(0, 1)), (slice(4, 9), slice(1, 3))]),
            ((slice(8, 13), slice(2, 4)), [(slice(0, 8), slice(0, 2)), (slice(8, 9), slice(2, 3))]),
        )
    ]
    assert torch.equal(torch.cat(tiles, 2), features(shallow, deep))


@pytest.mark.parametrize("strides", [{"shallow": 2, "deep": 3}, {"shallow": 4, "deep": 2}])
def test_layers_whose_cells_do_not_fit_are_not_joined(strides: dict[str, int]):
    walked = [("shallow", _map(6, 6)), ("deep", _map(4, 4))]
    with pytest.raises(UsageError, match="shallow and deep cannot be seen as one: cells of"):
        list(joined(walked, [joint("shallow", "deep")], strides))
