"""Does a preview predict the print? The same settings at several sizes, compared at the smallest.

    python benchmarks/sizes.py OUT_FOLDER CONTENT STYLE [--sizes 192,384,768]

Each larger result is scaled down to the smallest size and compared with the small result: by SSIM
(Wang et al. 2004, 7 px windows, luminance; 1 is equal), and by the mean squared difference of
relu3_1 responses, over their mean square (0 is equal). By default, and at a single scale.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

import impasto
from impasto import Settings
from impasto.network.vgg import VGG, build
from impasto.pictures.resample import resize

LAYER = "relu3_1"


def main() -> None:
    """Paint, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--sizes", default="192,384,768")
    options = parser.parse_args()
    encoder = build(Settings(), [LAYER])
    print("| | px | SSIM | difference at relu3_1 |\n|---|---|---|---|")
    for name, more in (("default", {}), ("single scale", {"levels": 1, "iterations": 60})):
        small: Tensor | None = None
        for size in map(int, options.sizes.split(",")):
            picture = impasto.stylize(options.content, options.style, size=size, **more)
            picture.save(options.folder / f"{name.replace(' ', '-')}-{size}.png", overwrite=True)
            image = picture.tensor()[None]
            if small is None:
                small = image
                continue
            image = resize(image, *small.shape[-2:])
            print(
                f"| {name} | {size} | {ssim(image, small):.3f} "
                f"| {difference(encoder, image, small):.3f} |",
                flush=True,
            )


def ssim(one: Tensor, other: Tensor) -> float:
    """Return the mean structural similarity of two pictures (1,3,H,W)."""
    light = torch.tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)
    a, b = ((picture * light).sum(1, keepdim=True) for picture in (one, other))

    def mean(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, 7, 1)

    mean_a, mean_b = mean(a), mean(b)
    spread = mean(a * b) - mean_a * mean_b
    first, second = 0.01**2, 0.03**2
    above = (2 * mean_a * mean_b + first) * (2 * spread + second)
    variances = mean(a * a) - mean_a**2 + mean(b * b) - mean_b**2
    return (above / ((mean_a**2 + mean_b**2 + first) * (variances + second))).mean().item()


@torch.no_grad()
def difference(encoder: VGG, one: Tensor, other: Tensor) -> float:
    """Return how different two pictures' responses are, against their own size."""
    a, b = (encoder.features(picture, [LAYER])[LAYER] for picture in (one, other))
    return ((a - b).square().mean() / b.square().mean()).item()


if __name__ == "__main__":
    main()
