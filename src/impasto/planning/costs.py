"""What the levels of a run take: memory, scratch files and pixels to encode. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from impasto.losses.loss import style_loss
from impasto.memory.free import held_bytes
from impasto.network.architecture import Layer
from impasto.network.convolution import transforms
from impasto.network.trained import layers_of
from impasto.planning.levels import Level, Size, history
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.settings.numbers import SMALLEST_TILE_PX
from impasto.settings.settings import Settings
from impasto.tiles.joints import joints_of, parts
from impasto.tiles.padding import margin_of
from impasto.tiles.tiling import Tiling
from impasto.tiles.view import cutting

# Whole pictures in memory at once: the one evaluated, its gradient, the best so far and the one
# chosen between the two, and what sizing them up takes. Measured in docs/benchmarks.md.
_PICTURES = 7
_PICTURE_BYTES = 12  # a pixel: three float32
# What an evaluation holds at once: all layers' maps (290 floats a pixel to relu5_1), or in machine
# code a bit of each number and the maps that losses look at (139); and on top so many of the first
# layer's size, gradients on their way and the picture's own. And what does not grow: a layer's
# buffers, what the allocator loses. All measured (benchmarks/memory.py) from 256 to 2048 px, within
# a few per cent.
_ON_THEIR_WAY = {"tensor": 1.4, "native": 0.8}
_FIXED_BYTES = 190_000_000
# Numbers of a kernel: nine, or 36 where it is transformed (Winograd).
_PLAIN, _TRANSFORMED = 9, 36


@dataclass(frozen=True)
class Needs:
    """Bytes of one level: what the pictures and state take, and what one tile takes."""

    pictures: int
    state: int
    tile: int


@dataclass(frozen=True)
class Forecast:
    """What a level will take: tiles, bytes in memory and in scratch files, encoded pixels."""

    tiles: int
    memory: int
    scratch: int
    pixels: float  # of all evaluations, halos and first passes included


@dataclass(frozen=True)
class Costs:
    """What levels take by the settings, and by the layers of the network that paints them.

    `layers` are all of the network's, in depth order; `is_loaded` says that it is in memory. All
    is of one of so many `processes` that paint a picture together.
    """

    settings: Settings
    precision: str
    layers: Mapping[str, Layer]
    kernel: str = "tensor"
    is_loaded: bool = False
    processes: int = 1

    def needs(self, level: Level, tile_px: int | None) -> Needs:
        """Estimate a level's memory, tiles at most `tile_px`."""
        settings, feature_bytes = self.settings, DTYPES[self.precision].itemsize
        pixels = level.height * level.width
        vectors = 3 + 2 * history(level, settings) if settings.optimizer == "lbfgs" else 5
        content = sum(_floats(self.layers[name]) for name in self._referred_to)
        tile = int(self._floats_a_pixel * feature_bytes * self._largest(level, tile_px))
        return Needs(
            pictures=_PICTURES * _PICTURE_BYTES * pixels,
            state=int(
                (vectors * _PICTURE_BYTES / self.processes + feature_bytes * content) * pixels
            ),
            tile=tile + _FIXED_BYTES + self._shown_bytes,
        )

    def floor(self, level: Level) -> int:
        """Return the least memory a level can be computed in, beside what the process holds."""
        least = self.needs(level, SMALLEST_TILE_PX)
        return least.pictures + least.tile

    def baseline(self, device: torch.device) -> int:
        """Return what the process holds before a level begins: itself, pictures, the network."""
        return held_bytes(device) + self.network_bytes(device)

    def network_bytes(self, device: torch.device) -> int:
        """Return what the network takes down to its deepest layer, both directions."""
        if self.is_loaded:
            return 0
        dtype, numbers, incoming = DTYPES[self.precision], 0, 3
        for layer in self._built:
            products = layer.channels * incoming
            size = _TRANSFORMED if transforms(products, device, dtype) else _PLAIN
            numbers += products * size
            incoming = layer.channels
        return 2 * dtype.itemsize * numbers

    def forecast(self, levels: Sequence[Level], plan: Plan) -> list[Forecast]:
        """Say what each level of a plan takes."""
        return [
            self._forecast(level, tile_px, scratch is not None)
            for level, tile_px, scratch in zip(levels, plan.tiles, plan.scratch, strict=True)
        ]

    def _forecast(self, level: Level, tile_px: int | None, spills: bool) -> Forecast:
        need = self.needs(level, tile_px)
        rows, columns = self._encoded(tile_px, (level.height, level.width))
        tiles, cut = len(rows) * len(columns), self._cutting(tile_px)
        # Of the process that has most.
        share = cut.turns(tiles) / tiles * cut.passes(tiles)
        return Forecast(
            tiles=tiles,
            memory=need.pictures + need.tile + (0 if spills else need.state),
            scratch=need.state if spills else 0,
            pixels=sum(rows) * sum(columns) * share * level.iterations,
        )

    @property
    def _referred_to(self) -> set[str]:
        """The layers whose maps of the whole photograph are kept."""
        names = set(dict(self.settings.content_layers))
        if self.settings.faces == "keep":
            names.add(self.settings.face_layers(self.layers)[0])
        return names

    @property
    def _built(self) -> list[Layer]:
        """The layers down to the deepest that a loss asks for."""
        names = list(self.layers)
        deepest = max(names.index(name) for name in self.settings.layers)
        return [self.layers[name] for name in names[: deepest + 1]]

    @property
    def _floats_a_pixel(self) -> float:
        """The floats that an evaluation holds for each pixel it encodes at once."""
        built = self._built
        held = sum(map(_floats, built))
        if self.kernel == "native":
            looked_at = [self.layers[name] for name in set(self.settings.layers)]
            held = sum(map(_floats, looked_at)) + held / 32
        return held + _ON_THEIR_WAY[self.kernel] * built[0].channels + self._joined

    @property
    def _joined(self) -> float:
        """The floats a pixel of joined layers, and of gradients on their way back from there.

        Measured as _ON_THEIR_WAY: what joins its layers takes 186 more than what does not.
        """
        if not style_loss(self.settings.style_loss).joins:
            return 0.0
        seen = joints_of({name for name, _ in self.settings.style_layers}, self.layers)
        joints = [found for found in map(parts, seen.values()) if len(found) > 1]
        return sum(
            2
            * sum(self.layers[part].channels for part in found)
            / self.layers[found[0]].stride ** 2
            for found in joints
        )

    @property
    def _shown_bytes(self) -> int:
        """The bytes of style cells that the style loss compares with, as float32."""
        count = style_loss(self.settings.style_loss).cells_a_filter
        channels = (self.layers[name].channels for name, _ in self.settings.style_layers)
        return 4 * count * sum(number**2 for number in channels)

    def _largest(self, level: Level, tile_px: int | None) -> int:
        """Return the pixels encoded with the largest tile, halo and margin included."""
        shapes = [(level.height, level.width), *level.style_sizes]
        encoded = (self._encoded(tile_px, shape) for shape in shapes)
        return max(max(rows) * max(columns) for rows, columns in encoded)

    def _encoded(self, tile_px: int | None, shape: Size) -> tuple[list[int], list[int]]:
        """Return the tiles' heights and widths, halo and margin included; never every tile."""
        margin = 2 * margin_of(self.settings.padding).px
        rows, columns = (
            [span.seen_stop - span.seen_start + margin for span in spans]
            for spans in self._cutting(tile_px).axes(*shape)
        )
        return rows, columns

    def _cutting(self, tile_px: int | None) -> Tiling:
        return cutting(self.layers, self.settings, tile_px, self.processes)


def costs_of(
    settings: Settings,
    precision: str,
    kernel: str,
    own_layers: Mapping[str, Layer] | None = None,
    processes: int = 1,
) -> Costs:
    """Return the costs of the settings' network, or of a caller's own, which is loaded."""
    if own_layers is not None:
        return Costs(settings, precision, own_layers, is_loaded=True, processes=processes)
    return Costs(settings, precision, layers_of(settings), kernel, processes=processes)


def _floats(layer: Layer) -> float:
    return layer.channels / layer.stride**2
