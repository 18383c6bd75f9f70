"""Gradients of sums that wait at the layer whose responses were summed up, to be added in place.

By itself autograd would write each as a map of its own, continue it to what a border cut off, and
add it to the others: three passes over the largest maps. Here the sums' backward step only leaves
a note, and the layer's own, which comes after those of all who took its responses, sees to it.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from impasto.memory.arena import empty_map
from impasto.native import operations as native

_NAME = "_impasto_waiting"


class Sums(NamedTuple):
    """What asks for a gradient: a map or a part of one, how its cells count, and the slopes."""

    features: Tensor
    weight: Tensor | None
    of_total: Tensor
    of_outer: Tensor


Waiting = list[Sums]


def may_wait(responses: Tensor, at: Waiting) -> Tensor:
    """Let sums of a layer's responses, and of what is cut from them, wait at the layer."""
    setattr(responses, _NAME, at)
    return responses


def waiting_of(features: Tensor) -> Waiting | None:
    """Return where sums of these features may wait, if they may."""
    found: Waiting | None = getattr(features, _NAME, None)
    return found


def settled(gradient: Tensor | None, waiting: Waiting, shape: tuple[int, int, int]) -> Tensor:
    """Return the gradient on a layer's responses (1,*shape) with all that waits added to it."""
    if gradient is None:
        gradient = empty_map(shape, waiting[0].features).zero_()
    gradient = native.laid_out(gradient)
    while waiting:
        features, weight, of_total, of_outer = waiting.pop()
        # Cells of a map lie where they lie in its gradient.
        part = gradient.as_strided(features.shape, features.stride(), features.storage_offset())
        native.sums_gradient(features, weight, of_total, of_outer, into=part)
    return gradient
