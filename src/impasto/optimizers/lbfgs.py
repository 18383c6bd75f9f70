"""L-BFGS, in blocks and without a line search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from impasto.memory.storage import BLOCK, Storage, blocks
from impasto.native.team import each, is_native
from impasto.optimizers.pixels import BOUNDED, Parameterization
from impasto.optimizers.stepper import Evaluate
from impasto.sharing.group import ALONE, Group
from impasto.sharing.shard import Kept, kept, take

# Root mean square of the first step, as a share of the pixel range: too short to overshoot,
# long enough for the first curvature pair to be well above rounding.
FIRST_STEP = 0.02
# No bounded pixel goes further at first than so many times that. Gradients have long tails: where a
# spire stands before the sky they are 20 times the mean, and what a step overshoots there becomes
# chequers that take 20 evaluations to go. While few pairs are remembered it goes no further than so
# many times the whole step's, and never further than the longest. The paper's free pixels, from
# noise, are better off without.
FIRST_AT_MOST = 2.0
EARLY_AT_MOST, EARLY_PAIRS = 3.0, 20
LONGEST_OF_PIXEL = 0.1
# Root mean square of any later one: the curvature that was seen says nothing of places so far away,
# and bounded pixels would go round their curve. Steps that a smooth loss asks for stay under it.
LONGEST_STEP = 0.15
# Numbers of a block that one of our threads works on: they stay in its cache.
_SHARED = 1 << 17


class LBFGS:
    """Limited-memory BFGS on the variable behind the pixels, without a line search.

    Liu and Nocedal 1989, in the compact form of Byrd, Nocedal and Schnabel 1994 (eq. 3.1): the
    whole memory is read twice a step, for one product of all inner products and one of the
    direction, and the algebra between is on (history, history) matrices in float64. A step that
    raises the loss is taken back and halved; one that more than doubles it (or makes it NaN)
    speaks against the memory as well, which is dropped. No step is longer than
    LONGEST_STEP, and none moves a bounded pixel far.
    All vectors are worked on in blocks, so that they may live in scratch files.
    """

    def __init__(
        self,
        image: Tensor,
        history: int,
        storage: Storage | None = None,
        first_step: float = FIRST_STEP,
        pixels: Parameterization = BOUNDED,
        group: Group = ALONE,
    ) -> None:
        """Start at `image` (1,3,H,W), 0..1; `storage` says where the vectors live.

        Each process of the `group` has its own range of them.
        """
        self._pixels = pixels
        self._group = group
        self._first_step = first_step
        storage = storage or Storage(image.device)
        self._shape = image.shape
        flat = group.own(image.detach()).reshape(-1)
        size = len(flat)
        # The last accepted point, the step from there to what is evaluated next, the gradient.
        self._point, self._step, self._gradient = (
            storage.zeros(size, dtype=image.dtype) for _ in range(3)
        )
        # Shared by threads of ours, or worked on by torch's.
        shared = is_native() and image.device.type == "cpu"
        self._parts = list(blocks(size, _SHARED if shared else BLOCK))
        for part in self._parts:
            self._point[part] = self._pixels.to_variable(flat[part])
        self._loss: Tensor | None = None  # at the point
        # A ring of steps, each with its gradient change below it: the newest pair stands in slot
        # `_newest`. Rows that were never filled are never read, so they take no memory.
        self._pairs = storage.empty(2 * history, size, dtype=image.dtype)
        self._newest, self._filled = -1, 0
        precise = torch.float32 if image.device.type == "mps" else torch.float64  # MPS has no more
        self._products = image.new_zeros(2, history, history, dtype=precise)  # S^T Y, Y^T Y
        self._valid = image.new_zeros(history, dtype=precise)  # 1 where a pair counts
        self._scale = image.new_ones((), dtype=precise)  # of the newest pair that counts

    def step(self, evaluate: Evaluate) -> tuple[Tensor, dict[str, Tensor]]:
        """Evaluate at the point plus the step, then choose the next step."""
        image = self._trial()
        losses = evaluate(image)
        loss = torch.stack(list(losses.values())).sum()
        assert image.grad is not None
        if self._loss is None:
            self._loss = loss
            self._start(image.grad)
        else:
            accepted, sound = loss <= self._loss, loss <= 2 * self._loss  # False for NaN
            self._loss = torch.where(accepted, loss, self._loss)
            self._advance(image.grad, accepted, sound)
        return image.detach(), losses

    def state(self) -> dict[str, Kept]:
        """Return what `restore` needs."""
        assert self._loss is not None
        return {
            **{name: self._kept(name, own) for name, own in self._vectors.items()},
            "products": self._products,
            "valid": self._valid,
            "pairs": self._kept("pairs", self._pairs[: 2 * self._filled]),
            "scale": self._scale,
            "loss": self._loss,
            "ring": torch.tensor((self._newest, self._filled)),
            "first_step": torch.tensor(self._first_step, dtype=torch.float64),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state of the same size and history."""
        self._newest, self._filled = (int(number) for number in state["ring"])
        self._first_step = state["first_step"].item()
        for name, mine in self._vectors.items():
            take(self._kept(name, mine), state.get(name))
        take(self._kept("pairs", self._pairs[: 2 * self._filled]), state.get("pairs"))
        self._products.copy_(state["products"])
        self._valid.copy_(state["valid"])
        self._scale = state["scale"].to(self._scale)
        self._loss = state["loss"].to(self._products.device)

    @property
    def _vectors(self) -> dict[str, Tensor]:
        """The long ones but for the pairs."""
        return {"point": self._point, "step": self._step, "gradient": self._gradient}

    def _kept(self, name: str, own: Tensor) -> Kept:
        length = self._shape.numel()
        return kept(name, own, (*own.shape[:-1], length), length, self._group)

    def _trial(self) -> Tensor:
        flat = self._point.new_empty(len(self._point), device=self._scale.device)

        def show(part: slice) -> None:
            flat[part] = self._pixels.to_picture(self._point[part] + self._step[part])

        each(show, self._parts)
        return self._group.whole(flat, self._shape).requires_grad_()

    def _start(self, slope: Tensor) -> None:
        slopes = self._group.own(slope).reshape(-1)

        def look(part: slice) -> Tensor:
            gradient = slopes[part] * self._pixels.slope(self._point[part])
            self._gradient[part] = gradient
            return gradient.square().sum()

        square = self._sum(each(look, self._parts))
        for part in self._parts:
            self._step[part] = self._first(self._gradient[part], square)

    def _advance(self, slope: Tensor, accepted: Tensor, sound: Tensor) -> None:
        """Accept the trial with the loss's `slope` on its pixels, or not; choose the next step.

        The memory is kept where `sound`.
        """
        fresh, square = self._remember(slope, accepted)
        self._weigh(fresh[..., :2], sound)
        moved, newton = self._direction(fresh[..., 2])

        def choose(part: slice) -> Tensor:
            gradient, step = self._gradient[part], self._step[part]
            direction = -(newton * gradient + moved @ self._pairs[: len(moved), part])
            first = self._first(gradient, square)
            chosen = torch.where(self._valid.any(), direction, first)
            chosen = torch.where(accepted, chosen, step / 2)
            self._step[part] = chosen
            return chosen.square().sum()

        self._shorten(self._sum(each(choose, self._parts)))

    def _shorten(self, square: Tensor) -> None:
        """Keep the next step, of this squared length (), to the longest that is sensible."""
        size = (square / self._shape.numel()).sqrt()
        shorter = (LONGEST_STEP / size).clamp(max=1)
        most = self._most(size * shorter).to(self._step)
        shorter = shorter.to(self._step)

        def shorten(part: slice) -> None:
            self._step[part] = (self._step[part] * shorter).clamp_(-most, most)

        each(shorten, self._parts)

    def _most(self, size: Tensor) -> Tensor:
        """Return how far a pixel may go in a step of this root mean square ()."""
        if self._pixels is not BOUNDED:
            return torch.full_like(size, math.inf)
        if self._filled < min(EARLY_PAIRS, len(self._valid)):
            size = EARLY_AT_MOST * size
        else:
            size = torch.full_like(size, math.inf)
        return size.clamp(max=LONGEST_OF_PIXEL)

    def _remember(self, slope: Tensor, accepted: Tensor) -> tuple[Tensor, Tensor]:
        """Move to the trial if accepted, and put the pair in the oldest one's slot.

        Returns the inner products of every step and change with the new step, change and
        gradient, (2, history, 3), and the gradient's squared length.
        """
        history = len(self._valid)
        self._newest = slot = (self._newest + 1) % history
        self._filled = filled = max(self._filled, slot + 1)
        slopes = self._group.own(slope).reshape(-1)

        def move(part: slice) -> tuple[Tensor, Tensor]:
            step, old = self._step[part], self._gradient[part]
            trial = self._point[part] + step
            gradient = slopes[part] * self._pixels.slope(trial)
            # Masked, not multiplied: a NaN times 0 would stay in the memory.
            change = torch.where(accepted, gradient - old, 0)
            gradient = torch.where(accepted, gradient, old)
            self._point[part] = torch.where(accepted, trial, self._point[part])
            self._gradient[part] = gradient
            self._pairs[2 * slot, part], self._pairs[2 * slot + 1, part] = step, change
            # Stacked as rows and turned: a product with three long columns takes twice as long.
            known = self._pairs[: 2 * filled, part] @ torch.stack((step, change, gradient)).T
            return known, gradient.square().sum()

        products, squares = zip(*each(move, self._parts), strict=True)
        fresh = self._products.new_zeros(history, 2, 3)
        for known in products:
            fresh[:filled] += known.view(filled, 2, 3)
        fresh = self._group.in_order(fresh)
        return fresh.transpose(0, 1), self._sum(squares)

    def _weigh(self, fresh: Tensor, sound: Tensor) -> None:
        """Enter the newest pair's inner products, (2, history, 2) with its step and change.

        All pairs count no longer unless `sound`.
        """
        slot = self._newest
        self._products[:, :, slot] = fresh[:, :, 1]
        self._products[:, slot] = torch.stack((fresh[1, :, 0], fresh[1, :, 1]))
        # Curvature must be positive beyond rounding for the memory to stay positive definite.
        curvature, change_square = self._products[:, slot, slot]
        curved = curvature > 1e-6 * (fresh[0, slot, 0] * change_square).sqrt()
        self._valid[slot] = curved
        self._scale = torch.where(curved, curvature / change_square, self._scale)
        self._valid *= sound

    def _direction(self, products: Tensor) -> tuple[Tensor, Tensor]:
        """Return H g as weights: of every filled row of pairs, and of g itself ().

        `products` (2, history) are theirs with g (Byrd et al., eq. 3.1).
        """
        valid = self._in_order(self._valid, 0)
        curvature, changes = self._in_order(self._products, 1, 2) * valid.outer(valid)
        along_steps, along_changes = self._in_order(products, 1) * valid
        upper = curvature.triu() + (1 - valid).diag()
        solved = _solve(upper, along_steps)
        bent = curvature.diagonal() * solved + self._scale * (changes @ solved - along_changes)
        weights = torch.stack((_solve(upper.T, bent, upper=False), -self._scale * solved))
        weights = weights.roll(self._newest + 1, 1)[:, : self._filled]  # back to slots
        return weights.T.flatten().to(self._pairs), self._scale.to(self._pairs)

    def _first(self, gradient: Tensor, square: Tensor) -> Tensor:
        """Return a block's first step, given the whole gradient's squared length ()."""
        # A zero gradient (a picture already at its goal) must not become 0 / 0.
        size = (square / self._shape.numel()).sqrt()
        size = size.clamp(min=torch.finfo(gradient.dtype).tiny)
        most = FIRST_AT_MOST * self._first_step if self._pixels is BOUNDED else math.inf
        return (gradient * (-self._first_step / size).to(gradient)).clamp_(-most, most)

    def _in_order(self, slots: Tensor, *axes: int) -> Tensor:
        """Turn rings into rows from oldest to newest."""
        return slots.roll([-(self._newest + 1)] * len(axes), axes)

    def _sum(self, parts: Sequence[Tensor]) -> Tensor:
        """Add up what blocks gave, in order and precisely."""
        total = torch.zeros_like(self._scale)
        for part in parts:
            total += part
        return self._group.in_order(total)


def _solve(matrix: Tensor, vector: Tensor, *, upper: bool = True) -> Tensor:
    solution: Tensor = torch.linalg.solve_triangular(matrix, vector[:, None], upper=upper)
    return solution[:, 0]
