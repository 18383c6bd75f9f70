"""What the picture is compared with: one level's targets, measured through the same tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from impasto.engine.objective import Term
from impasto.engine.storage import Storage
from impasto.engine.tiling import Tile
from impasto.engine.view import View
from impasto.losses import ContentLoss, GramLoss, Moments, Sums, added
from impasto.settings import Settings


@torch.no_grad()
def make_terms(
    view: View,
    content: Tensor,
    styles: Sequence[tuple[Tensor, float]],
    settings: Settings,
    content_emphasis: float = 1.0,
    storage: Storage | None = None,
) -> list[Term]:
    """Measure one level's pictures, (1,3,H,W) each, and bind them to the settings' weights.

    The two weights enter as shares of their sum, so that only their ratio matters; the
    content's is multiplied by `content_emphasis`. `storage` keeps the content's features.
    """
    whole = settings.content_weight + settings.style_weight
    share = settings.content_weight * content_emphasis / whole
    storage = storage or Storage(content.device)
    content_terms = _content_terms(view, content, settings, share, storage)
    style_terms = _style_terms(view, styles, settings, settings.style_weight / whole)
    return [term for term in content_terms + style_terms if term.weight]


def _content_terms(
    view: View, content: Tensor, settings: Settings, share: float, storage: Storage
) -> list[Term]:
    layers = dict(settings.content_layers)
    references: dict[str, Tensor] = {}

    def keep(name: str, features: Tensor, tile: Tile) -> None:
        if name not in references:
            references[name] = _empty_map(view, name, content, features, storage)
        rows, columns = tile.cells(view.stride(name))
        references[name][:, :, rows, columns] = features

    _look(view, content, set(layers), keep)
    return [
        Term(f"content {name}", ContentLoss(), name, share * weight, reference=references[name])
        for name, weight in layers.items()
    ]


def _style_terms(
    view: View,
    styles: Sequence[tuple[Tensor, float]],
    settings: Settings,
    share: float,
) -> list[Term]:
    layers, loss = dict(settings.style_layers), GramLoss()
    goals: dict[str, Sums] = {}
    for image, part in styles:
        measured: dict[str, Sums] = {}

        def add(name: str, features: Tensor, tile: Tile, to: dict[str, Sums] = measured) -> None:
            sums = loss.measure(features)
            to[name] = added((to[name], sums)) if name in to else sums

        _look(view, image, set(layers), add)
        for name, sums in measured.items():
            moments = Moments(*sums)
            # Each style counts by its share, not by its number of pixels.
            goal = Moments(moments.cells.new_full((), part), moments.gram() * part)
            goals[name] = added((goals[name], goal)) if name in goals else goal
    return [
        Term(f"style {name}", loss, name, share * weight, goal=goals[name])
        for name, weight in layers.items()
    ]


def _look(
    view: View, image: Tensor, names: set[str], see: Callable[[str, Tensor, Tile], None]
) -> None:
    """Show `see` the inner features of every layer and tile of a picture."""
    for tile in view.tiles(image):
        rows, columns = tile.seen
        for name, features in view.walk(image[..., rows, columns], tile, names):
            see(name, features, tile)


def _empty_map(view: View, name: str, image: Tensor, features: Tensor, storage: Storage) -> Tensor:
    height, width = (-(-side // view.stride(name)) for side in image.shape[-2:])
    shape = (1, height, width, features.shape[1])
    return storage.zeros(*shape, dtype=features.dtype).permute(0, 3, 1, 2)  # as the network's
