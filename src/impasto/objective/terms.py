"""What the picture is compared with: one level's targets, measured through the same tiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impasto.losses.content import ContentLoss
from impasto.losses.gram import CovarianceLoss, GramLoss
from impasto.losses.histogram import HistogramLoss
from impasto.losses.loss import Loss, Sums, added, shared
from impasto.losses.smooth import SmoothLoss
from impasto.losses.wasserstein import WassersteinLoss
from impasto.memory.storage import Storage
from impasto.objective.objective import Term
from impasto.scene.masks import Region, at_stride, whole
from impasto.settings.settings import Settings
from impasto.tiles.tiling import Tile
from impasto.tiles.view import DETAIL, View, make_view

STYLE_LOSSES: dict[str, Loss] = {
    "gram": GramLoss(),
    "covariance": CovarianceLoss(),
    "wasserstein": WassersteinLoss(),
    "histogram": HistogramLoss(),
}


@dataclass(frozen=True, eq=False)
class Scene:
    """One level's pictures, (1,3,H,W) each: the photograph, if any, the styles, the regions.

    `visible` (1,1,H,W), 0..1, is where the photograph is not transparent; None is everywhere.
    """

    content: Tensor | None
    styles: Sequence[Tensor]
    regions: Sequence[Region]
    visible: Tensor | None = None


def plain_scene(content: Tensor, styles: Sequence[tuple[Tensor, float]]) -> Scene:
    """Return a scene of one region, with each style's share."""
    shares = tuple(share for _, share in styles)
    return Scene(content, [image for image, _ in styles], [whole(shares)])


@torch.no_grad()
def make_terms(
    view: View,
    scene: Scene,
    settings: Settings,
    content_emphasis: float = 1.0,
    storage: Storage | None = None,
) -> list[Term]:
    """Measure one level's pictures and bind them to the settings' weights.

    The two weights enter as shares of their sum, so that only their ratio matters; the
    content's is multiplied by `content_emphasis`. `storage` keeps the content's features.
    """
    content_share, style_share = settings.shares
    terms = [
        *_content_terms(view, scene, settings, content_share * content_emphasis, storage),
        *_style_terms(view, scene, settings, style_share),
    ]
    return [term for term in terms if term.weight]


def _content_terms(
    view: View, scene: Scene, settings: Settings, share: float, storage: Storage | None
) -> list[Term]:
    if scene.content is None or not share:
        return []
    content, layers = scene.content, dict(settings.content_layers)
    storage = storage or Storage(content.device)
    references: dict[str, Tensor] = {}

    def keep(name: str, features: Tensor, tile: Tile) -> None:
        if name not in references:
            references[name] = _empty_map(view, name, content, features, storage)
        rows, columns = tile.cells(view.stride(name))
        references[name][:, :, rows, columns] = features

    _look(view, content, set(layers), keep)
    return [
        Term(
            f"content {name}", ContentLoss(), name, share * weight,
            reference=references[name], guide=_carried(scene.visible, view.stride(name)),
        )
        for name, weight in layers.items()
    ]  # fmt: skip


def _style_terms(view: View, scene: Scene, settings: Settings, share: float) -> list[Term]:
    """Bind what is compared with the styles, in each region with those that serve it."""
    style_loss = STYLE_LOSSES[settings.style_loss]
    compared: list[tuple[str, Loss, str, float]] = [
        *(
            (f"style {layer}", style_loss, layer, share * weight)
            for layer, weight in settings.style_layers
        ),
        ("smoothness", SmoothLoss(), DETAIL, settings.smoothness),
    ]
    losses = {layer: loss for _, loss, layer, weight in compared if weight}
    terms = []
    for region in scene.regions:
        goals = _goals(view, scene, region, settings, losses)
        label = f" {region.name}" if region.name else ""
        terms += [
            Term(
                title + label, loss, layer, weight * loss.factor * region.share,
                goal=goals[layer], guide=_carried(region.mask, view.stride(layer)),
            )
            for title, loss, layer, weight in compared if weight
        ]  # fmt: skip
    return terms


def _goals(
    view: View, scene: Scene, region: Region, settings: Settings, losses: Mapping[str, Loss]
) -> dict[str, Sums]:
    """Measure what serves a region, each style by its share, not by its number of pixels."""
    # A style picture is no seamless tile, even where the result is.
    seen_as = view if settings.padding != "wrap" else _reflected(view, settings)
    mixed: dict[str, Sums] = {}
    for number, share, mask in region.styles:
        measured = _measured(seen_as, scene.styles[number], mask, losses)
        for layer, sums in measured.items():
            part = shared(sums, share)
            mixed[layer] = added((mixed[layer], part)) if layer in mixed else part
    return {layer: losses[layer].goal(sums) for layer, sums in mixed.items()}


def _measured(
    view: View, image: Tensor, mask: Tensor | None, losses: Mapping[str, Loss]
) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    guides = {layer: _carried(mask, view.stride(layer)) for layer in losses}

    def add(layer: str, features: Tensor, tile: Tile) -> None:
        guide, (rows, columns) = guides[layer], tile.cells(view.stride(layer))
        sums = losses[layer].measure(
            features, None if guide is None else guide[:, :, rows, columns]
        )
        found[layer] = added((found[layer], sums)) if layer in found else sums

    _look(view, image, set(losses), add)
    return found


def _carried(mask: Tensor | None, stride: int) -> Tensor | None:
    return None if mask is None else at_stride(mask, stride)


def _reflected(view: View, settings: Settings) -> View:
    return make_view(view.encoder, replace(settings, padding="reflect"), view.tiling.size)


def _look(
    view: View, image: Tensor, names: set[str], see: Callable[[str, Tensor, Tile], None]
) -> None:
    """Show `see` the inner features of every layer and tile of a picture."""
    for tile in view.tiles(image):
        for name, features in view.walk(view.cut(image, tile), tile, names):
            see(name, features, tile)


def _empty_map(view: View, name: str, image: Tensor, features: Tensor, storage: Storage) -> Tensor:
    height, width = (-(-side // view.stride(name)) for side in image.shape[-2:])
    shape = (1, height, width, features.shape[1])
    return storage.zeros(*shape, dtype=features.dtype).permute(0, 3, 1, 2)  # as the network's
