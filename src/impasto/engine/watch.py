"""What a level is left with: its best picture; and when it ends early."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, TypedDict

import torch
from msgspec import Meta
from torch import Tensor

from impasto.errors import NonFiniteError
from impasto.pictures.picture import Picture

# Evaluations between two readings of the losses, so that a GPU seldom waits for the host.
READ_EVERY = 10


class Watched(TypedDict):
    """A watch in plain values, as they may stand in a file."""

    unread: Annotated[list[dict[str, float]], Meta(max_length=READ_EVERY - 1)]
    losses: dict[str, float]
    seen: Annotated[int, Meta(ge=0)]
    lowest: float
    known: float
    settled: bool
    restarts: Annotated[int, Meta(ge=0)]


class Watch:
    """Follows one level's losses, read every ten evaluations and at the last; keeps its best.

    `image` and `losses` are of the evaluation with the lowest loss so far: a step that is tried
    may be one that the optimizer will take back. Both are chosen on the device, unread.
    """

    def __init__(
        self,
        tolerance: float,
        limit: int,
        image: Tensor,
        finish: Callable[[Tensor], Picture],
        seen: int = 0,
    ) -> None:
        """Watch a level of at most `limit` evaluations on from `image`, which is finite.

        `finish` makes the picture that is kept of one when numbers break. So many evaluations were
        `seen` before, of another objective.
        """
        self._tolerance = tolerance
        self._limit = limit
        self.image = image
        self.losses: dict[str, Tensor] = {}
        self._finish = finish
        self._lowest: Tensor | None = None
        self._unread: list[dict[str, Tensor]] = []
        self._seen = seen
        self._known = math.inf  # the lowest loss at the last reading
        self.settled = False
        self.restarts = 0

    def see(self, losses: dict[str, Tensor], image: Tensor) -> None:
        """Take in one evaluation; raise NonFiniteError when a reading shows NaN or infinity."""
        self._keep_the_better(losses, image)
        self._unread.append(losses)
        self._seen += 1
        if self._seen % READ_EVERY == 0 or self._seen == self._limit:
            self._read()

    def restart(self) -> Tensor:
        """Watch on from the best picture, and return it."""
        self.restarts += 1
        self._known = math.inf
        return self.image

    def state(self) -> Watched:
        """Return plain values, from which with `image` a watch goes on."""
        assert self._lowest is not None
        return {
            "unread": [_read_out(row) for row in self._unread],
            "losses": _read_out(self.losses),
            "seen": self._seen,
            "lowest": self._lowest.item(),
            "known": self._known,
            "settled": self.settled,
            "restarts": self.restarts,
        }

    def restore(self, state: Watched, image: Tensor) -> None:
        """Go on from another watch's state and its best picture."""
        # As exact as plain numbers are; MPS has no more.
        dtype = torch.float32 if image.device.type == "mps" else torch.float64

        def on_device(row: Mapping[str, float]) -> dict[str, Tensor]:
            return {
                name: torch.tensor(loss, dtype=dtype, device=image.device)
                for name, loss in row.items()
            }

        self._unread = [on_device(row) for row in state["unread"]]
        self.losses = on_device(state["losses"])
        self._lowest = on_device({"all": state["lowest"]})["all"]
        self._seen, self._known = state["seen"], state["known"]
        self.settled, self.restarts = state["settled"], state["restarts"]
        self.image = image

    def _keep_the_better(self, losses: dict[str, Tensor], image: Tensor) -> None:
        loss = torch.stack(list(losses.values())).sum()
        if self._lowest is None:
            self._lowest, self.losses = torch.full_like(loss, math.inf), losses
        better = loss < self._lowest  # False for NaN
        self._lowest = torch.where(better, loss, self._lowest)
        self.image = torch.where(better, image, self.image)
        self.losses = {
            name: torch.where(better, own, self.losses[name]) for name, own in losses.items()
        }

    def _read(self) -> None:
        names = list(self._unread[0])
        rows = torch.stack([torch.stack(list(losses.values())) for losses in self._unread]).tolist()
        self._unread.clear()
        for row in rows:
            for name, loss in zip(names, row, strict=True):
                if not math.isfinite(loss):
                    raise NonFiniteError(_message(name, loss), self._finish(self.image))
        assert self._lowest is not None
        lowest = self._lowest.item()
        if self._tolerance and math.isfinite(self._known):
            self.settled = self._known - lowest < self._tolerance * self._known
        self._known = lowest


def _read_out(losses: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: loss.item() for name, loss in losses.items()}


def _message(term: str, loss: float) -> str:
    return (
        f"the {term} loss became {loss:g}; the last finite picture is kept: "
        "try a smaller style weight or another start"
    )
