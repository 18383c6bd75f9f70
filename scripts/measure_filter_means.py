"""Measure the mean activation of every VGG-19 filter over a folder of photographs.

Gatys et al. 2016 (section 2) scale the network so that each filter's mean activation over
images and positions is 1. This makes the numbers for it: the original network, max pooling,
all 16 layers, zero padding. Run it again with any few hundred natural photographs:

    python scripts/measure_filter_means.py FOLDER [--output src/impasto/network/filter_means.json]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from impasto import pictures
from impasto.network import VGG19
from impasto.network.vgg import for_rgb
from impasto.network.weights import load
from impasto.settings import VGG19_LAYERS

OUTPUT = Path(__file__).parents[1] / "src/impasto/network/filter_means.json"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
# A filter that hardly ever fires keeps this share of its layer's mean: dividing by less
# would blow up noise.
LEAST_SHARE = 1e-3


def measure(paths: list[Path], network: VGG19) -> dict[str, Tensor]:
    """Return layer -> mean activation of each filter (C,), over all cells of all pictures."""
    totals = {
        name: torch.zeros(layer.channels, dtype=torch.float64)
        for name, layer in network.layers.items()
    }
    cells = dict.fromkeys(totals, 0)
    for path in paths:
        image = pictures.load(path).tensor()[None]
        with torch.no_grad():
            maps = network.features(image, VGG19_LAYERS)
        for name, features in maps.items():
            totals[name] += features.double().sum(dim=(0, 2, 3))
            cells[name] += features.shape[2] * features.shape[3]
    return {name: _floored(total / cells[name]) for name, total in totals.items()}


def _floored(means: Tensor) -> Tensor:
    return means.clamp(min=LEAST_SHARE * means.mean().item())


def main() -> None:
    """Measure a folder and write the JSON file that the package carries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    paths = sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        parser.error(f"no photographs in {arguments.folder}")
    convolutions = [name.replace("relu", "conv") for name in VGG19_LAYERS]
    means = measure(paths, VGG19(for_rgb(load(convolutions)), "max"))
    note = (
        f"Mean activation of each filter of the original VGG-19 (max pooling, zero padding, "
        f"features after ReLU) over all positions of {len(paths)} natural photographs; made by "
        f"scripts/measure_filter_means.py; at least {LEAST_SHARE:g} of the layer's mean."
    )
    rows = ",\n".join(_row(name, values) for name, values in means.items())
    arguments.output.write_text(f'{{"note": {json.dumps(note)},\n"means": {{\n{rows}\n}}}}\n')


def _row(name: str, values: Tensor) -> str:
    # One layer a line, so that a new measurement can be compared with the old.
    rounded = [float(f"{value:.6g}") for value in values.tolist()]
    return f'"{name.replace("relu", "conv")}": {json.dumps(rounded)}'


if __name__ == "__main__":
    main()
