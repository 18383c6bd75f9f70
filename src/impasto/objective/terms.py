"""What the picture is compared with: one level's targets, measured through the same tiles."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from impasto.losses.content import ContentLoss
from impasto.losses.gram import GramLoss
from impasto.losses.loss import Loss, Sums, added, shared, style_loss
from impasto.losses.moments import Moments
from impasto.losses.smooth import SmoothLoss
from impasto.memory.storage import Storage
from impasto.objective.draw import draw
from impasto.objective.focus import focus_of
from impasto.objective.matching import match
from impasto.pictures.picture import Picture
from impasto.scene.masks import Region, at_stride, both, is_enough, without
from impasto.scene.scene import Scene
from impasto.settings.settings import Settings
from impasto.tiles.joints import joints_of
from impasto.tiles.tiling import Tile
from impasto.tiles.view import DETAIL, View, make_view

# How many times more the content counts over faces that are kept, there also by a shallower layer:
# 4 lose large faces under strong styles, 15 leave a photograph in a painting (docs/faces.md).
FACE_EMPHASIS = 8.0

# The sums of whole style pictures that were measured before, by what they were measured with.
Measured = WeakKeyDictionary[Picture, dict[Hashable, Mapping[str, Sums]]]


@dataclass(frozen=True, eq=False)
class Term:
    """One loss on one layer, bound to its weight, its region and what it is compared with."""

    name: str
    loss: Loss
    layer: str
    weight: float
    goal: Sums = ()
    reference: Tensor | None = None  # (1,C,h,w) of the whole picture
    guide: Tensor | None = None  # (1,1,h,w) of the whole picture: how much each cell counts


@torch.no_grad()
def make_terms(
    view: View,
    scene: Scene,
    settings: Settings,
    *,
    emphasis: float = 1.0,
    storage: Storage | None = None,
    measured: Measured | None = None,
) -> list[Term]:
    """Measure one level's pictures and bind them to the settings' weights.

    The two weights enter as shares of their sum, so that only their ratio matters; the
    content's is multiplied by `emphasis`. `storage` keeps the content's features, `measured` what
    is measured of style pictures, for other levels and runs with the same network.
    """
    content_share, style_share = settings.shares
    look = _Look(view, scene, settings, WeakKeyDictionary() if measured is None else measured)
    terms = [
        *look.content_terms(content_share * emphasis, storage),
        *look.style_terms(style_share),
    ]
    return [term for term in terms if term.weight]


@dataclass(frozen=True)
class _Look:
    """One level's pictures, and how they are looked at."""

    view: View
    scene: Scene
    settings: Settings
    measured: Measured = field(repr=False)

    def content_terms(self, share: float, storage: Storage | None) -> list[Term]:
        content = self.scene.content
        if content is None or not share:
            return []
        kept = self._kept()
        layers = {layer for _, _, weights in kept for layer in weights}
        references = self._content_maps(content, layers, storage or Storage(content.device))
        if self.settings.content_statistics == "style" and self.settings.shares[1]:
            self._match(references)
        terms = []
        for title, mask, weights in kept:
            for layer, weight in weights.items():
                reference = references[layer]
                guide = at_stride(mask, self.view.stride(layer))
                if title == "content":
                    guide = both(guide, focus_of(reference, self.settings.content_focus))
                own = share * weight * self._content_factor(reference, guide)
                name, loss = f"{title} {layer}", ContentLoss()
                terms.append(Term(name, loss, layer, own, reference=reference, guide=guide))
        return terms

    def _match(self, references: Mapping[str, Tensor]) -> None:
        """Give the photograph's responses, in each region, its styles' mean and spread."""
        moments = dict.fromkeys(references, GramLoss())
        goals = [(region.mask, self._goals(region, moments)) for region in self.scene.regions]
        for layer, maps in references.items():
            stride = self.view.stride(layer)
            match(maps, [(at_stride(mask, stride), Moments(*goal[layer])) for mask, goal in goals])

    def _kept(self) -> list[tuple[str, Tensor | None, dict[str, float]]]:
        """Return what is kept of the photograph, by which layers: all that is seen, then faces."""
        visible, faces = self.scene.visible, self.scene.faces
        weights = dict(self.settings.content_layers)
        everything = ("content", visible, weights)
        if faces is None:
            return [everything]
        times = FACE_EMPHASIS
        if self.settings.objective == "means":
            # A mean over a face, which counts by its share of what is seen; sums do so themselves.
            times *= faces.mean().item() / (1.0 if visible is None else visible.mean().item())
        features, _ = self.settings.face_layers(self.view.encoder.layers)
        more = weights | {features: weights.get(features, 0.0) + sum(weights.values())}
        return [everything, ("faces", faces, {layer: times * w for layer, w in more.items()})]

    def _content_factor(self, reference: Tensor, guide: Tensor | None) -> float:
        """Return what turns a mean over entries into the loss that the settings ask for."""
        if self.settings.objective == "means":
            return 1.0
        # Half the sum (Gatys et al. 2016, eq. 1). Of a picture with transparent parts, over what
        # is seen of it: each entry by its cell's visible share, as in the mean.
        channels = reference.shape[1]
        return (reference.numel() if guide is None else channels * guide.sum().item()) / 2

    def style_terms(self, share: float) -> list[Term]:
        """Bind what is compared with the styles, in each region with those that serve it."""
        loss = style_loss(self.settings.style_loss)
        # 1/(4 N^2 M^2) of Gram matrices summed over M cells (Gatys et al. 2016, eq. 4) is a quarter
        # of our mean, each picture divided by its own M; a region counts by its share all the same.
        printed = 1 / 4 if self.settings.objective == "literal" else 1.0
        weights = {layer: weight for layer, weight in self.settings.style_layers if weight}
        depths = self.view.encoder.layers
        seen = joints_of(weights, depths) if loss.joins else {layer: layer for layer in weights}
        compared: list[tuple[str, Loss, str, float]] = [
            (f"style {layer}", loss, seen[layer], printed * share * weight)
            for layer, weight in weights.items()
        ]
        import os
        usual = replace(self.settings, strength=50.0).shares[0]
        scale = max(1.0, self.settings.shares[0] / usual) ** float(os.environ.get("SSCALE", "0")) if usual else 1.0
        compared.append(("smoothness", SmoothLoss(), DETAIL, self.settings.smoothness * scale))
        compared = [one for one in compared if one[-1]]
        losses = {layer: loss for _, loss, layer, _ in compared}
        left_out = None
        if self.scene.faces is not None:
            _, deepest = self.settings.face_layers(self.view.encoder.layers)
            left_out = seen.get(deepest)
        terms = []
        for region in self.scene.regions:
            goals = self._goals(region, losses)
            bound = self._bound(region, losses)
            label = f" {region.name}" if region.name else ""
            beside = replace(region, mask=without(region.mask, self.scene.faces))
            for title, loss, layer, weight in compared:
                part = beside if layer == left_out else region
                if not is_enough(part.mask):
                    continue
                own = weight * loss.factor * part.share
                guide = at_stride(part.mask, self.view.stride(layer))
                term = Term(title + label, bound[layer], layer, own, goals[layer], guide=guide)
                terms.append(term)
        return terms

    def _content_maps(
        self, content: Tensor, layers: set[str], storage: Storage
    ) -> dict[str, Tensor]:
        """Return each layer's map (1,C,h,w) of the whole photograph."""
        maps: dict[str, Tensor] = {}

        def keep(layer: str, features: Tensor, tile: Tile) -> None:
            stride = self.view.stride(layer)
            if layer not in maps:
                maps[layer] = _empty_map(content, features, stride, storage)
            rows, columns = tile.cells(stride)
            maps[layer][:, :, rows, columns] = features

        _show(self.view, content, layers, keep)
        return maps

    def _goals(self, region: Region, losses: Mapping[str, Loss]) -> dict[str, Sums]:
        """Measure what serves a region, each style by its share, not by its number of pixels."""
        mixed: dict[str, Sums] = {}
        for number, share, mask in region.styles:
            for layer, sums in self._style_sums(number, mask, losses).items():
                part = shared(sums, share)
                mixed[layer] = added((mixed[layer], part)) if layer in mixed else part
        return {layer: losses[layer].goal(sums) for layer, sums in mixed.items()}

    def _bound(self, region: Region, losses: Mapping[str, Loss]) -> dict[str, Loss]:
        """Show cells of what serves a region, of each style by its share, to who asks for some."""
        counts = {
            layer: loss.cells_a_filter * self.view.encoder.layers[layer].channels
            for layer, loss in losses.items()
            if loss.cells_a_filter
        }
        cells: dict[str, list[Tensor]] = {layer: [] for layer in counts}
        for number, share, mask in region.styles if counts else ():
            drawn = draw(self._style_view, self.scene.styles[number], mask, counts)
            for layer, count in counts.items():
                # The first of a draw are a draw.
                cells[layer].append(drawn[layer][: round(share * count)])
        shown = {layer: losses[layer].against(torch.cat(parts)) for layer, parts in cells.items()}
        return {**losses, **shown}

    def _style_sums(
        self, number: int, mask: Tensor | None, losses: Mapping[str, Loss]
    ) -> Mapping[str, Sums]:
        image, view = self.scene.styles[number], self._style_view
        if mask is not None or not self.scene.pictures:
            return _sums(view, image, mask, losses)
        kinds = tuple((layer, type(loss)) for layer, loss in losses.items())
        key = image.shape, image.device, image.dtype, view.tiling, view.margin, kinds
        known = self.measured.setdefault(self.scene.pictures[number], {})
        if key not in known:
            known[key] = _sums(view, image, mask, losses)
        return known[key]

    @cached_property
    def _style_view(self) -> View:
        """How styles are looked at: none is a seamless tile, even where the result is."""
        if self.settings.padding != "wrap":
            return self.view
        reflecting = replace(self.settings, padding="reflect")
        return make_view(self.view.encoder, reflecting, self.view.tiling.size)


def _sums(
    view: View, image: Tensor, mask: Tensor | None, losses: Mapping[str, Loss]
) -> dict[str, Sums]:
    """Measure a picture, where its mask (1,1,H,W) is, by each layer's loss."""
    found: dict[str, Sums] = {}
    guides = {layer: at_stride(mask, view.stride(layer)) for layer in losses}

    def add(layer: str, features: Tensor, tile: Tile) -> None:
        guide, (rows, columns) = guides[layer], tile.cells(view.stride(layer))
        weight = None if guide is None else guide[:, :, rows, columns]
        sums = losses[layer].measure(features, weight)
        found[layer] = added((found[layer], sums)) if layer in found else sums

    _show(view, image, set(losses), add)
    return found


def _show(
    view: View, image: Tensor, layers: set[str], see: Callable[[str, Tensor, Tile], None]
) -> None:
    """Show `see` the inner features of every layer and tile of a picture."""
    for tile in view.tiles(image):
        for layer, features in view.walk(view.cut(image, tile), tile, layers):
            see(layer, features, tile)


def _empty_map(image: Tensor, features: Tensor, stride: int, storage: Storage) -> Tensor:
    height, width = (-(-side // stride) for side in image.shape[-2:])
    shape = (1, height, width, features.shape[1])
    return storage.zeros(*shape, dtype=features.dtype).permute(0, 3, 1, 2)  # as the network's
