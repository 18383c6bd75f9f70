"""How pictures are looked at: through which encoder, in which frame, cut into which tiles."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from torch import Tensor

from impasto.engine.padding import Frame, frame
from impasto.engine.tiling import Tile, Tiling, tiling
from impasto.network import Encoder
from impasto.settings import Settings


@dataclass(frozen=True, eq=False)
class View:
    """Features of a picture, one tile at a time; a picture's tiles together are the picture."""

    encoder: Encoder
    frame: Frame
    tiling: Tiling

    def tiles(self, image: Tensor) -> tuple[Tile, ...]:
        """Cut a picture (1,3,H,W)."""
        height, width = image.shape[-2:]
        return self.tiling.tiles(height, width)

    def walk(
        self, window: Tensor, tile: Tile, names: Collection[str]
    ) -> Iterator[tuple[str, Tensor]]:
        """Encode a tile's window; yield layers, shallow first, with only their inner cells."""
        for name, features in self.encoder.walk(self.frame.extend(window, tile), names):
            yield name, self.frame.cells(features, tile, self.stride(name))

    def stride(self, name: str) -> int:
        """Return a layer's pixels a cell."""
        return self.encoder.layers[name].stride


def make_view(encoder: Encoder, settings: Settings, tile_px: int | None = None) -> View:
    """Return the view of the settings' padding, in tiles of at most `tile_px` or undivided."""
    layers = [encoder.layers[name] for name in settings.layers]
    border = frame(settings.padding)
    return View(encoder, border, tiling(layers, tile_px, border.margin))
