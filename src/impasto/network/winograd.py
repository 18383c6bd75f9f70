"""Winograd's F(4x4, 3x3): 3x3 convolution with a quarter of the multiplications.

Lavin and Gray 2015 (arXiv 1509.09308): a 4x4 block of outputs comes from a 6x6 patch of
inputs; both are transformed so that convolving becomes one product over channels at each of
36 points. Everything is plain tensor operations, done for a few rows of patches at a time so
that what is in hand stays in the cache. The transforms are sums along one axis and then the
other: as products with 36x36 matrices they cost as much as the products over channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impasto.memory.arena import empty, empty_map
from impasto.network.pausing import pause

# The kernels' transform for the points 0, 1, -1, 2, -2 and infinity.
_KERNEL = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
# The point (1, 1) alone enters every output of a block once, which is where a bias goes in.
_ONE = 7
# Patches in a block: few, so that they stay in the cache, but not so few that the products over
# channels are thin and the calls count.
_BLOCK_PATCHES = 256


def transform_kernels(kernels: Tensor) -> Tensor:
    """Return kernels (O,C,3,3) at the 36 points: (36,C,O)."""
    return at_points(kernels.permute(2, 3, 1, 0))


def at_points(kernels: Tensor) -> Tensor:
    """Return kernels (3,3,...) at the 36 points: (36,...)."""
    matrix = torch.tensor(_KERNEL, dtype=torch.float64)
    points = torch.kron(matrix, matrix).to(kernels) @ kernels.reshape(9, -1)
    return points.view(36, *kernels.shape[2:])


def convolve(
    features: Tensor, points: Tensor, biases: Tensor | None = None, gate: Tensor | None = None
) -> Tensor:
    """Convolve (1,C,h,w) with transformed kernels (36,C,O), zero padded: (1,O,h,w).

    With `biases` (O,), they are added and the result rectified. With `gate` (1,C,h,w),
    features count only where the gate is positive. All maps are channels_last.
    """
    height, width = features.shape[2:]
    source = features[0].permute(1, 2, 0)  # (h, w, C)
    mask = None if gate is None else gate[0].permute(1, 2, 0)
    rows, columns = -(-height // 4), -(-width // 4)
    result = empty_map((points.shape[2], height, width), features)
    kept = result[0].permute(1, 2, 0)
    step = max(1, min(rows, _BLOCK_PATCHES // columns))
    work = _Block(features, points, step, columns)
    for first in range(0, rows, step):
        if first + step > rows:  # the last rows
            work = _Block(features, points, rows - first, columns)
        work.run(source, mask, biases, first, kept[4 * first : 4 * (first + step)])
        pause()
    return result


class _Block:
    """Buffers for some rows of patches, and the steps from inputs to outputs."""

    def __init__(self, features: Tensor, points: Tensor, rows: int, columns: int) -> None:
        channels, filters = points.shape[1:]
        self._rows = rows
        self._points = points
        # The border of the strip stays zero: that is the padding.
        self._strip = empty((4 * rows + 2, 4 * columns + 2, channels), features).zero_()
        halfway_in = empty((6, rows, 4 * columns + 2, channels), features)
        patches = empty((6, 6, rows, columns, channels), features)
        products = empty((6, 6, rows, columns, filters), features)
        halfway_out = empty((4, 6, rows, columns, filters), features)
        self._outputs = empty((4 * rows, 4 * columns, filters), features)
        # What each step reads and writes: along the rows first, then along the columns.
        self._rows_in = [self._strip[i : i + 4 * rows - 3 : 4] for i in range(6)]
        self._rows_in_to = halfway_in.unbind(0)
        self._columns_in = [halfway_in[:, :, j : j + 4 * columns - 3 : 4] for j in range(6)]
        self._columns_in_to = patches.unbind(1)
        self._patches = patches.view(36, rows * columns, channels)
        self._products = products.view(36, rows * columns, filters)
        self._rows_out, self._rows_out_to = products.unbind(0), halfway_out.unbind(0)
        self._columns_out = halfway_out.unbind(1)
        blocks = self._outputs.view(rows, 4, columns, 4, filters).permute(1, 0, 2, 3, 4)
        self._columns_out_to = blocks.unbind(3)

    def run(
        self, source: Tensor, mask: Tensor | None, biases: Tensor | None, first: int, kept: Tensor
    ) -> None:
        """Convolve from row of patches `first` into `kept` (h, w, O)."""
        self._fill_strip(source, mask, first)
        _transform_inputs(self._rows_in, self._rows_in_to)
        _transform_inputs(self._columns_in, self._columns_in_to)
        torch.bmm(self._patches, self._points, out=self._products)
        if biases is not None:
            self._products[_ONE] += biases
        _transform_outputs(self._rows_out, self._rows_out_to)
        _transform_outputs(self._columns_out, self._columns_out_to)
        outputs = self._outputs[: kept.shape[0], : kept.shape[1]]
        if biases is None:
            kept.copy_(outputs)
        else:
            torch.clamp(outputs, min=0, out=kept)

    def _fill_strip(self, source: Tensor, mask: Tensor | None, first: int) -> None:
        height, width = source.shape[:2]
        top, bottom = 4 * first - 1, min(height, 4 * (first + self._rows) + 1)
        begin = max(0, top)
        strip = self._strip[begin - top : bottom - top, 1 : width + 1]
        if begin > top:
            self._strip[0].zero_()
        self._strip[bottom - top :].zero_()
        if mask is None:
            strip.copy_(source[begin:bottom])
        else:
            torch.ops.aten.threshold_backward.grad_input(
                source[begin:bottom], mask[begin:bottom], 0, grad_input=strip
            )


def _transform_inputs(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
    """Bring six inputs of a patch, along one axis, to the six points."""
    spare = torch.empty_like(outputs[0])
    torch.sub(inputs[4], inputs[2], alpha=5, out=outputs[0])
    outputs[0].add_(inputs[0], alpha=4)
    torch.sub(inputs[5], inputs[3], alpha=5, out=outputs[5])
    outputs[5].add_(inputs[1], alpha=4)
    for near, (plus, minus) in ((4, outputs[1:3]), (1, outputs[3:5])):
        even, odd = plus, spare
        torch.sub(inputs[4], inputs[2], alpha=near, out=even)
        torch.sub(inputs[3], inputs[1], alpha=near, out=odd)
        scale = 1 if near == 4 else 2
        torch.sub(even, odd, alpha=scale, out=minus)
        plus.add_(odd, alpha=scale)


def _transform_outputs(products: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
    """Bring six points back to four outputs, along one axis."""
    near_sum, near_gap = products[1] + products[2], products[1] - products[2]
    far_sum, far_gap = products[3] + products[4], products[3] - products[4]
    torch.add(products[0], near_sum, out=outputs[0])
    outputs[0].add_(far_sum)
    torch.add(near_gap, far_gap, alpha=2, out=outputs[1])
    torch.add(near_sum, far_sum, alpha=4, out=outputs[2])
    torch.add(near_gap, far_gap, alpha=8, out=outputs[3])
    outputs[3].add_(products[5])
