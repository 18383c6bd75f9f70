"""What moves a picture: one evaluation of the objective a step, state kept between steps.

Nothing here reads a number back from the device: decisions are masks, so that a GPU never
waits. Nothing depends on the scale of the loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor

from impasto.sharing.shard import Kept

# Returns the losses of a picture (1,3,H,W), and puts their sum's gradient in its `grad`.
Evaluate = Callable[[Tensor], dict[str, Tensor]]


class Stepper(Protocol):
    """Moves a picture, one evaluation a step."""

    def step(self, evaluate: Evaluate) -> tuple[Tensor, dict[str, Tensor]]:
        """Evaluate once; return that picture (1,3,H,W), never changed later, and its losses."""
        ...

    def state(self) -> dict[str, Kept]:
        """Return all that the next steps depend on; the tensors change with the next step."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on as the stepper of the same size whose state this was."""
        ...
