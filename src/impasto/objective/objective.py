"""The objective: weighted losses of the picture's features, and their gradient on its pixels.

Every loss is a number made of sums over cells, so a picture may be measured tile by tile: once
without a gradient to know the sums, and once more, tile by tile, with the slope of the loss on
those sums. The result is the whole picture's, in a tile's memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import torch
from torch import Tensor

from impasto.losses.loss import Sums, added
from impasto.memory.arena import Arena, cutting_from
from impasto.memory.free import give_back
from impasto.memory.storage import Storage
from impasto.network.encoder import Encoder
from impasto.objective.look import Measured
from impasto.objective.term import Term
from impasto.objective.terms import make_terms
from impasto.scene.scene import Scene
from impasto.settings.settings import Settings
from impasto.sharing.group import ALONE, Group
from impasto.tiles.tiling import Tile
from impasto.tiles.view import View, make_view


class Objective:
    """Called with a picture (1,3,H,W) that requires a gradient, fills it; returns the losses."""

    def __init__(self, view: View, terms: Sequence[Term]) -> None:
        """Bind terms of one level to how the picture is looked at."""
        self._view = view
        self._terms = terms
        self._layers = {term.layer for term in terms}
        self._arena: Arena | None = None

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return each term's weighted loss (), and put their sum's gradient in image.grad."""
        image.grad = None
        with cutting_from(self._arena_for(image)):
            losses = self._evaluate(image)
        return {term.name: loss.detach() for term, loss in zip(self._terms, losses, strict=True)}

    def _evaluate(self, image: Tensor) -> list[Tensor]:
        tiles = self._view.tiles(image)
        if len(tiles) == 1 and self._view.group.is_alone:
            window = self._view.cut(image, tiles[0])
            losses = self._scores(self._measure(window, tiles[0]))
            _total(losses).backward()  # type: ignore[no-untyped-call]
            return losses
        return self._in_two_passes(image, tiles)

    def _arena_for(self, image: Tensor) -> Arena | None:
        if self._arena is None and image.device.type == "cpu":
            # It reserves more than is ever used; a limit of addresses (ulimit -v) may forbid that.
            with contextlib.suppress(MemoryError):
                self._arena = Arena(self._view.map_bytes(image))
        return self._arena

    def capturable(self, image: Tensor) -> bool:
        """Return whether a CUDA graph can hold the evaluation of a picture (1,3,H,W)."""
        whole = len(self._view.tiles(image)) == 1 and self._view.group.is_alone
        return whole and all(term.loss.capturable for term in self._terms)

    @torch.no_grad()
    def losses(self, image: Tensor, *, weighted: bool = True) -> dict[str, Tensor]:
        """Return each term's loss () of a picture (1,3,H,W), without a gradient."""
        tiles, group = self._view.tiles(image), self._view.group
        with cutting_from(self._arena_for(image)):
            with group.together():
                parts = self._sum_up(image, group.share(tiles))
            sums = self._totals(parts, len(tiles))
        return {
            term.name: (term.weight if weighted else 1.0) * term.loss.score(own, term.goal)
            for term, own in zip(self._terms, sums, strict=True)
        }

    def _in_two_passes(self, image: Tensor, tiles: Sequence[Tile]) -> list[Tensor]:
        pixels, group = image.detach(), self._view.group
        # A process among others that has one tile at most keeps what it sees for both passes.
        keeps = self._view.tiling.passes(len(tiles)) == 1
        own = group.share(tiles)
        with group.together():
            seen = [self._seen(pixels, tile) for tile in own] if keeps else []
            parts = seen[0][1] if seen else self._sum_up(pixels, own)
        totals = self._totals(parts, len(tiles))
        losses = self._scores(totals)
        _total(losses).backward()  # type: ignore[no-untyped-call]
        image.grad = gradient = torch.zeros_like(pixels)
        with group.together():
            for tile in own:
                window, measured = seen.pop() if seen else self._seen(pixels, tile)
                _along(measured, totals).backward()  # type: ignore[no-untyped-call]
                del measured
                assert window.grad is not None
                # The halo's gradient counts too: its pixels move the inner cells.
                self._view.add(window.grad, tile, gradient)
        group.add(gradient)
        # Those of all processes are alike to within rounding, and are decided by.
        return group.leaders(losses)

    def _seen(self, pixels: Tensor, tile: Tile) -> tuple[Tensor, list[Sums]]:
        """Return a tile's window of pixels, which takes a gradient, and what is measured of it."""
        window = self._view.cut(pixels, tile).clone().requires_grad_()
        return window, self._measure(window, tile)

    @torch.no_grad()
    def _sum_up(self, pixels: Tensor, tiles: Sequence[Tile]) -> list[Sums]:
        """Measure some tiles; return each term's sums."""
        totals: list[Sums] = []
        for tile in tiles:
            parts = self._measure(self._view.cut(pixels, tile), tile)
            totals = [added(pair) for pair in zip(totals, parts, strict=True)] if totals else parts
        return totals

    def _totals(self, parts: Sequence[Sums], tiles: int) -> list[Sums]:
        """Return each term's sums over everybody's tiles, as leaves that take a gradient."""
        totals = self._view.group.total(parts, tiles)
        return [tuple(entry.detach().requires_grad_() for entry in sums) for sums in totals]

    def _measure(self, window: Tensor, tile: Tile) -> list[Sums]:
        measured: dict[Term, Sums] = {}
        for name, features in self._view.walk(window, tile, self._layers):
            for term in self._terms:
                if term.layer == name:
                    rows, columns = tile.cells(self._view.stride(name))
                    wholes = (term.guide, term.reference)
                    guide, reference = (w if w is None else w[:, :, rows, columns] for w in wholes)
                    measured[term] = term.loss.measure(features, guide, reference)
        return [measured[term] for term in self._terms]

    def _scores(self, measured: Sequence[Sums]) -> list[Tensor]:
        return [
            term.weight * term.loss.score(sums, term.goal)
            for term, sums in zip(self._terms, measured, strict=True)
        ]


def make_objective(
    encoder: Encoder,
    scene: Scene,
    settings: Settings,
    *,
    tile_px: int | None = None,
    emphasis: float = 1.0,
    storage: Storage | None = None,
    measured: Measured | None = None,
    group: Group = ALONE,
) -> Objective:
    """Measure a scene through an encoder, in tiles of at most `tile_px` or undivided.

    Everybody's way to an objective; the other arguments are those of `make_terms`. Each process
    of a `group` measures its own tiles.
    """
    view = make_view(encoder, settings, tile_px, group)
    terms = make_terms(view, scene, settings, emphasis=emphasis, storage=storage, measured=measured)
    give_back()  # the maps of what was measured, before as many are cut from the arena
    return Objective(view, terms)


def _total(losses: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(losses)).sum()


def _along(measured: Sequence[Sums], totals: Sequence[Sums]) -> Tensor:
    """Return the inner product of a tile's sums with the loss's slope on the whole's."""
    return _total(
        [
            (part * whole.grad).sum()
            for parts, wholes in zip(measured, totals, strict=True)
            for part, whole in zip(parts, wholes, strict=True)
            if part.requires_grad and whole.grad is not None  # not what is only counted
        ]
    )
