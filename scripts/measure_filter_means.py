"""Measure the mean activation of every filter of the network over a folder of photographs.

Gatys et al. 2016 (section 2) scale the network so that each filter's mean activation over
images and positions is 1. This makes the numbers for it: the network as trained, max pooling,
all layers, zero padding. Run it with any few hundred natural photographs, for the weights that
come with the install or for a file (docs/networks.md), beside which the numbers are then kept:

    python scripts/measure_filter_means.py FOLDER [--weights FILE] [--output JSON]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from impasto.errors import ImpastoError
from impasto.network.normalisation import means_path
from impasto.network.trained import layers_of, weights_digest
from impasto.network.vgg import VGG, build
from impasto.reading.load import load
from impasto.settings.settings import Settings

OUTPUT = Path(__file__).parents[1] / "src/impasto/network/filter_means.json"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
# A filter that hardly ever fires keeps this share of its layer's mean: dividing by less
# would blow up noise.
LEAST_SHARE = 1e-3


def measure(paths: list[Path], network: VGG) -> dict[str, Tensor]:
    """Return layer -> mean activation of each filter (C,), over all cells of all pictures."""
    totals = {
        name: torch.zeros(layer.channels, dtype=torch.float64)
        for name, layer in network.layers.items()
    }
    cells = dict.fromkeys(totals, 0)
    for path in paths:
        image = load(path).tensor()[None]
        with torch.no_grad():
            maps = network.features(image, list(network.layers))
        for name, features in maps.items():
            totals[name] += features.double().sum(dim=(0, 2, 3))
            cells[name] += features.shape[2] * features.shape[3]
    return {name: _floored(total / cells[name]) for name, total in totals.items()}


def _floored(means: Tensor) -> Tensor:
    return means.clamp(min=LEAST_SHARE * means.mean().item())


def main() -> None:
    """Measure a folder and write the JSON file that impasto reads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default="auto", help="a file, as in impasto paint")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    paths = sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        parser.error(f"no photographs in {arguments.folder}")
    settings = Settings(weights=arguments.weights, network="original", pooling="max")
    try:
        means = measure(paths, build(settings, list(layers_of(settings))))
    except ImpastoError as fault:
        parser.exit(fault.exit_code, f"{parser.prog}: {fault}\n")
    output = arguments.output or _output(arguments.weights)
    output.write_text(page(means, len(paths), weights_digest(settings)), "utf-8")


def page(means: dict[str, Tensor], photographs: int, sha256: str) -> str:
    """Return the JSON: what it is, the weights it was measured for, one layer a line."""
    note = (
        f"Mean activation of each filter of the network as trained (max pooling, zero padding, "
        f"features after ReLU) over all positions of {photographs} natural photographs; made by "
        f"scripts/measure_filter_means.py; at least {LEAST_SHARE:g} of the layer's mean."
    )
    rows = ",\n".join(_row(name, values) for name, values in means.items())
    head = f'"note": {json.dumps(note)},\n"sha256": "{sha256}"'
    return f'{{{head},\n"means": {{\n{rows}\n}}}}\n'


def _output(weights: str) -> Path:
    return OUTPUT if weights == "auto" else means_path(Path(weights))


def _row(name: str, values: Tensor) -> str:
    # One layer a line, so that a new measurement can be compared with the old.
    rounded = [float(f"{value:.6g}") for value in values.tolist()]
    return f'"{name.replace("relu", "conv")}": {json.dumps(rounded)}'


if __name__ == "__main__":
    main()
