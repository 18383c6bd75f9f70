"""How pictures are looked at: through which encoder, with which margin, cut into which tiles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.errors import UsageError
from impasto.network.architecture import Layer
from impasto.network.encoder import Encoder, NarrowingEncoder
from impasto.pictures.resample import crossed_detail, fine_detail
from impasto.settings.settings import Settings
from impasto.sharing.group import ALONE, Group
from impasto.tiles.joints import joined, parts
from impasto.tiles.padding import Margin, margin_of
from impasto.tiles.tiling import Tile, Tiling, tiling

# The picture's own fine detail, as the shallowest layer.
DETAIL = "fine detail"
DETAIL_LAYER = Layer(channels=4, stride=1, reach=1)
# The picture itself, shallower still.
PIXELS = "pixels"


@dataclass(frozen=True, eq=False)
class View:
    """Features of a picture, one tile at a time; a picture's tiles together are the picture.

    Each process of the `group` has its own of them.
    """

    encoder: Encoder
    margin: Margin
    tiling: Tiling
    group: Group = ALONE

    def tiles(self, image: Tensor) -> tuple[Tile, ...]:
        """Cut a picture (1,3,H,W)."""
        height, width = image.shape[-2:]
        return self.tiling.tiles(height, width)

    def own_tiles(self, image: Tensor) -> Sequence[Tile]:
        """Return this process's tiles of a picture (1,3,H,W)."""
        return self.group.share(self.tiles(image))

    def cut(self, image: Tensor, tile: Tile) -> Tensor:
        """Return a tile's window (1,3,h,w) of a picture; a view where it does not wrap."""
        return _joined(_joined(image, tile.rows.parts, 2), tile.columns.parts, 3)

    def add(self, window: Tensor, tile: Tile, image: Tensor) -> None:
        """Add a tile's window to the picture it was cut from, in place."""
        top = 0
        for rows in tile.rows.parts:
            left, bottom = 0, top + rows.stop - rows.start
            for columns in tile.columns.parts:
                right = left + columns.stop - columns.start
                image[..., rows, columns] += window[..., top:bottom, left:right]
                left = right
            top = bottom

    def walk(
        self, window: Tensor, tile: Tile, names: Collection[str]
    ) -> Iterator[tuple[str, Tensor]]:
        """Encode a tile's window; yield layers, shallow first, with only their inner cells.

        `names` may be of joints too.
        Raises UsageError for an encoder that leaves one of `names` out.
        """
        extended = self.margin.extend(window, tile)
        if PIXELS in names:
            yield PIXELS, self.margin.cells(extended, tile, 1)
        if DETAIL in names:
            yield DETAIL, self.margin.cells(_detail(extended), tile, 1)
        deeper = {layer for name in names for layer in parts(name)} - {DETAIL, PIXELS}
        if deeper:
            strides = {layer: self.stride(layer) for layer in deeper}
            yield from joined(self._encoded(extended, tile, deeper), names, strides)

    def _encoded(
        self, extended: Tensor, tile: Tile, names: Collection[str]
    ) -> Iterator[tuple[str, Tensor]]:
        missing = set(names)
        seen = tile  # with what is left of its halo

        def narrow(features: Tensor, beyond_px: int, stride: int) -> Tensor:
            nonlocal seen
            wider, seen = seen, tile.narrowed(beyond_px, self.tiling.stride)
            return self.margin.narrow(features, wider, seen, stride)

        if isinstance(self.encoder, NarrowingEncoder):
            walked = self.encoder.walk_narrowing(extended, tuple(names), narrow)
        else:
            walked = self.encoder.walk(extended, names)
        for name, features in walked:
            yield name, self.margin.cells(features, seen, self.stride(name))
            missing.discard(name)
        if missing:
            raise UsageError(f"the network gave no {', '.join(sorted(missing))}")

    def map_bytes(self, image: Tensor) -> int:
        """Return the bytes of all layers' maps of the largest tile, and of as many gradients.

        More than are ever held at once.
        """
        floats = sum(layer.channels / layer.stride**2 for layer in self.encoder.layers.values())
        margin = 2 * self.margin.px
        sizes = (tile.seen_size for tile in self.tiles(image))
        largest = max((rows + margin) * (columns + margin) for rows, columns in sizes)
        return int(2 * floats * largest * image.dtype.itemsize)

    def stride(self, name: str) -> int:
        """Return the pixels a cell of a layer, or of a joint of layers."""
        if name in (DETAIL, PIXELS):
            return 1
        return self.encoder.layers[parts(name)[0]].stride


def make_view(
    encoder: Encoder, settings: Settings, tile_px: int | None = None, group: Group = ALONE
) -> View:
    """Return the view of the settings' padding, in tiles of at most `tile_px` or undivided."""
    cut = cutting(encoder.layers, settings, tile_px, group.size)
    return View(encoder, margin_of(settings.padding), cut, group)


def cutting(
    table: Mapping[str, Layer], settings: Settings, tile_px: int | None = None, among: int = 1
) -> Tiling:
    """Return how pictures are cut for the settings' layers of a network's `table`."""
    layers = [DETAIL_LAYER, *(table[name] for name in settings.layers)]
    margin = margin_of(settings.padding).px
    return tiling(layers, tile_px, margin, wraps=settings.padding == "wrap", among=among)


def _detail(image: Tensor) -> Tensor:
    """Return fine detail of a picture (1,3,h,w), and its light's chequers: (1,4,h,w)."""
    light = image.sum(1, keepdim=True) / 3**0.5
    return torch.cat([fine_detail(image), crossed_detail(light)], 1)


def _joined(image: Tensor, parts: tuple[slice, ...], axis: int) -> Tensor:
    found = [image.narrow(axis, part.start, part.stop - part.start) for part in parts]
    return torch.cat(found, axis) if len(found) > 1 else found[0]
