"""Two layers seen as one: the shallower's responses averaged over the cells of the deeper."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from impasto.errors import UsageError

_WITH = " with "


def joint(shallow: str, deep: str) -> str:
    """Return the name of two layers seen as one, a layer of the deeper's stride."""
    return deep + _WITH + shallow


def parts(name: str) -> list[str]:
    """Return the layers of a joint, the deeper first; of any other name itself."""
    return name.split(_WITH)


def joints_of(names: Collection[str], depths: Iterable[str]) -> dict[str, str]:
    """Return what each layer is seen as: joined with the next shallower of `names`, if any.

    `depths` are all layers, shallow first.
    """
    chain = [layer for layer in depths if layer in names]
    found = {layer: joint(shallow, layer) for shallow, layer in pairwise(chain)}
    return {name: found.get(name, name) for name in names}


def joined(
    walked: Iterable[tuple[str, Tensor]], names: Collection[str], strides: Mapping[str, int]
) -> Iterator[tuple[str, Tensor]]:
    """Yield what was asked for of the layers walked: by itself, in a joint, or both.

    The parts of a tile are those of the whole picture's: tiles begin on cells of every layer, and
    a cell at the border, which has fewer of the shallower's, is the mean of those.

    Raises UsageError for layers whose cells do not fit.
    """
    pairs = [(name, *found) for name in names if len(found := parts(name)) == 2]
    waiting: dict[str, Tensor] = {}
    for layer, features in walked:
        if layer in names:
            yield layer, features
        for name, deep, shallow in pairs:
            if layer == shallow:
                waiting[name] = _averaged(features, _times(shallow, deep, strides))
            elif layer == deep:
                yield name, torch.cat((features, waiting.pop(name)), 1)


def _times(shallow: str, deep: str, strides: Mapping[str, int]) -> int:
    times, rest = divmod(strides[deep], strides[shallow])
    if rest:
        raise UsageError(
            f"{shallow} and {deep} cannot be seen as one: cells of {strides[shallow]} px do not "
            f"make up one of {strides[deep]} px; give other --style-layers or --style-loss"
        )
    return times


def _averaged(features: Tensor, times: int) -> Tensor:
    """Average (1,C,h,w) over squares of `times` cells a side, fewer at the border."""
    if times == 1:
        return features
    return functional.avg_pool2d(features, times, ceil_mode=True, count_include_pad=False)
