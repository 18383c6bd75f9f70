"""The one way to evaluate a level's pictures: in the fastest way there is, within the memory."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from impasto.errors import DeviceError
from impasto.objective import cuda_graph
from impasto.objective.objective import Objective
from impasto.optimizers.stepper import Evaluate
from impasto.planning.levels import Size
from impasto.settings.numbers import SMALLEST_TILE_PX
from impasto.sharing.group import ALONE, Group
from impasto.shortage import reason_of

_log = logging.getLogger(__name__)

# Faster ways than the objective's own: each returns None for a picture that it does not pay for.
_WAYS: tuple[Callable[[Objective, Tensor], Evaluate | None], ...] = (cuda_graph.captured,)


class Evaluator:
    """Evaluates pictures of one size; where memory runs out, once more in smaller tiles.

    The tile is halved, never the picture: the evaluation that failed is repeated on the same one,
    so the run goes on as if it had been planned so.
    """

    def __init__(
        self,
        make: Callable[[int | None], Objective],
        tile_px: int | None,
        size: Size,
        *,
        may_shrink: bool,
        group: Group = ALONE,
    ) -> None:
        """Take how to make the objective for a tile size, and the picture's (height, width).

        All processes of a `group` halve their tiles where one of them runs out of memory.
        """
        self._make = make
        self._size = size
        self._may_shrink = may_shrink
        self._group = group
        self._evaluate: Evaluate | None = None
        self.tile_px = tile_px

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Evaluate as Objective does; raise DeviceError when no smaller tile is allowed."""
        while True:
            try:
                if self._evaluate is None:
                    self._evaluate = self._made(image)
                return self._evaluate(image)
            except (MemoryError, RuntimeError, OSError) as fault:
                if not self._group.can_mend(fault):
                    raise
                reason = reason_of(fault)
            # Outside the handler, which would keep the failed evaluation's tensors alive.
            self._shrink(reason)

    def _made(self, image: Tensor) -> Evaluate:
        objective = self._make(self.tile_px)
        faster = (way(objective, image) for way in _WAYS)
        return next((way for way in faster if way is not None), objective)

    def _shrink(self, reason: str) -> None:
        height, width = self._size
        self._evaluate = None
        now = self.tile_px or max(self._size)
        smaller = max(SMALLEST_TILE_PX, -(-now // 2 // 16) * 16)
        if not self._may_shrink or smaller >= now:
            raise DeviceError(
                f"memory ran out at {width} x {height} px in tiles of {now} px ({reason}); "
                "give a smaller --tile or a smaller --size"
            )
        told = "memory ran out at %d x %d px; going on in tiles of %d px"
        _log.info(told, width, height, smaller)
        self.tile_px = smaller
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
