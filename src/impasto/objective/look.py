"""One level's pictures seen by the network: the photograph's responses, the styles' sums."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from impasto.losses.loss import Loss, Sums, added, shared
from impasto.memory.storage import Storage
from impasto.objective.draw import draw
from impasto.pictures.picture import Picture
from impasto.scene.masks import Region, at_stride
from impasto.scene.scene import Scene
from impasto.settings.settings import Settings
from impasto.tiles.tiling import Tile
from impasto.tiles.view import View, make_view

# The sums of whole style pictures that were measured before, by what they were measured with.
Measured = WeakKeyDictionary[Picture, dict[Hashable, Mapping[str, Sums]]]
# Sizes of one picture whose sums are kept, 2.4 MB each: the last of them.
_MOST_SIZES = 32
# Held by the thread that measures: another one that paints in the same style waits for it.
_measuring = threading.Lock()


@dataclass(frozen=True)
class Look:
    """One level's pictures, and how they are looked at."""

    view: View
    scene: Scene
    settings: Settings
    measured: Measured = field(repr=False)

    def content_maps(
        self, content: Tensor, layers: set[str], storage: Storage
    ) -> dict[str, Tensor]:
        """Return each layer's map (1,C,h,w) of the whole photograph."""
        maps: dict[str, Tensor] = {}

        def keep(layer: str, features: Tensor, tile: Tile) -> None:
            stride = self.view.stride(layer)
            if layer not in maps:
                kind = features.shape[1], features.dtype
                maps[layer] = _empty_map(content, kind, stride, storage)
            rows, columns = tile.cells(stride)
            maps[layer][:, :, rows, columns] = features

        _show(self.view, content, layers, keep)
        if not self.view.group.is_alone:
            self._gather(maps, content, storage)
        return maps

    def _gather(self, maps: dict[str, Tensor], content: Tensor, storage: Storage) -> None:
        """Give every process the others' parts of maps."""
        group = self.view.group
        kinds = group.said({layer: (own.shape[1], own.dtype) for layer, own in maps.items()})
        for layer, kind in kinds.items():
            if layer not in maps:
                maps[layer] = _empty_map(content, kind, self.view.stride(layer), storage)
            group.add(maps[layer].permute(0, 2, 3, 1))

    def goals(self, region: Region, losses: Mapping[str, Loss]) -> dict[str, Sums]:
        """Measure what serves a region, each style by its share, not by its number of pixels."""
        mixed: dict[str, Sums] = {}
        for number, share, mask in region.styles:
            for layer, sums in self._style_sums(number, mask, losses).items():
                part = shared(sums, share)
                mixed[layer] = added((mixed[layer], part)) if layer in mixed else part
        return {layer: losses[layer].goal(sums) for layer, sums in mixed.items()}

    def bound(self, region: Region, losses: Mapping[str, Loss]) -> dict[str, Loss]:
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
                cells[layer].append(drawn[layer][: max(1, round(share * count))])
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
        with _measuring:
            found = known.pop(key, None) or _sums(view, image, mask, losses)
            known[key] = found  # now the last
            for oldest in list(known)[:-_MOST_SIZES]:
                del known[oldest]
        return found

    @cached_property
    def _style_view(self) -> View:
        """How styles are looked at: none is a seamless tile, even where the result is."""
        if self.settings.padding != "wrap":
            return self.view
        reflecting = replace(self.settings, padding="reflect")
        return make_view(self.view.encoder, reflecting, self.view.tiling.size, self.view.group)


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
    parts = [found[layer] for layer in losses] if found else []
    totals = view.group.total(parts, len(view.tiles(image)))
    return dict(zip(losses, totals, strict=True))


def _show(
    view: View, image: Tensor, layers: set[str], see: Callable[[str, Tensor, Tile], None]
) -> None:
    """Show `see` the inner features of every layer and every tile of ours of a picture."""
    with view.group.together():
        for tile in view.own_tiles(image):
            for layer, features in view.walk(view.cut(image, tile), tile, layers):
                see(layer, features, tile)


def _empty_map(
    image: Tensor, kind: tuple[int, torch.dtype], stride: int, storage: Storage
) -> Tensor:
    """Return a map of nothing, of so many channels of this type."""
    channels, dtype = kind
    height, width = (-(-side // stride) for side in image.shape[-2:])
    # As the network's.
    return storage.zeros(1, height, width, channels, dtype=dtype).permute(0, 3, 1, 2)
