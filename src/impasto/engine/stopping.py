"""When a level ends early: its loss has settled, or its numbers broke."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, TypedDict

import torch
from msgspec import Meta
from torch import Tensor

from impasto.errors import NonFiniteError
from impasto.pictures import Picture

# Evaluations between two readings of the losses, so that a GPU seldom waits for the host.
READ_EVERY = 10


class Watched(TypedDict):
    """A watch in plain values, as they may stand in a file."""

    unread: Annotated[list[dict[str, float]], Meta(max_length=READ_EVERY - 1)]
    seen: Annotated[int, Meta(ge=0)]
    best: float
    settled: bool
    restarts: Annotated[int, Meta(ge=0)]


class Watch:
    """Follows one level's losses, read every ten evaluations and at the last."""

    def __init__(
        self, tolerance: float, limit: int, image: Tensor, finish: Callable[[Tensor], Picture]
    ) -> None:
        """Watch a level of at most `limit` evaluations that starts at `image`, which is finite.

        `finish` makes the picture that is kept of one when numbers break.
        """
        self._tolerance = tolerance
        self._limit = limit
        self.good = image
        self._finish = finish
        self._unread: list[dict[str, Tensor]] = []
        self._seen = 0
        self._best = math.inf
        self.settled = False
        self.restarts = 0

    def see(self, losses: dict[str, Tensor], image: Tensor) -> None:
        """Take in one evaluation; raise NonFiniteError when a reading shows NaN or infinity."""
        self._unread.append(losses)
        self._seen += 1
        if self._seen % READ_EVERY == 0 or self._seen == self._limit:
            self._read()
            self.good = image

    def restart(self) -> Tensor:
        """Watch on from the last picture known to be finite, and return it."""
        self.restarts += 1
        self._best = math.inf
        return self.good

    def state(self) -> Watched:
        """Return plain values, from which with `good` a watch goes on."""
        unread = [{name: loss.item() for name, loss in row.items()} for row in self._unread]
        return {
            "unread": unread, "seen": self._seen, "best": self._best,
            "settled": self.settled, "restarts": self.restarts,
        }  # fmt: skip

    def restore(self, state: Watched, good: Tensor) -> None:
        """Go on from another watch's state and its last picture known to be finite."""
        # As exact as plain numbers are; MPS has no more.
        dtype = torch.float32 if good.device.type == "mps" else torch.float64
        self._unread = [
            {
                name: torch.tensor(loss, dtype=dtype, device=good.device)
                for name, loss in row.items()
            }
            for row in state["unread"]
        ]
        self._seen, self._best = state["seen"], state["best"]
        self.settled, self.restarts = state["settled"], state["restarts"]
        self.good = good

    def _read(self) -> None:
        names = list(self._unread[0])
        rows = torch.stack([torch.stack(list(losses.values())) for losses in self._unread]).tolist()
        self._unread.clear()
        for row in rows:
            broken = [
                name for name, loss in zip(names, row, strict=True) if not math.isfinite(loss)
            ]
            if broken:
                message = _message(broken[0], row[names.index(broken[0])])
                raise NonFiniteError(message, self._finish(self.good))
        best = min(self._best, *(sum(row) for row in rows))
        if self._tolerance and math.isfinite(self._best):
            self.settled = self._best - best < self._tolerance * self._best
        self._best = best


def _message(term: str, loss: float) -> str:
    return (
        f"the {term} loss became {loss:g}; the last finite picture is kept: "
        "try a smaller style weight or another start"
    )
