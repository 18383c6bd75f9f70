"""The paper's losses of a finished picture, unweighted, so that pictures can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from impasto.computing.modes import computing
from impasto.memory.storage import Storage
from impasto.objective.single import single_objective
from impasto.pictures.picture import Picture
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.scene.styles import Style
from impasto.settings.readers import Layers
from impasto.settings.settings import Settings

# What makes losses the paper's (docs/papers.md), whatever the defaults of painting become.
PAPER = Settings(
    network="normalised",
    pooling="average",
    content_layers=(("relu4_2", 1.0),),
    style_layers=tuple((f"relu{block}_1", 1 / 5) for block in range(1, 6)),
    style_loss="gram",
    content_statistics="photograph",
    content_focus=0.0,
    content_weight=1.0,
    style_weight=1000.0,
    strength=50.0,
    smoothness=0.0,
)


@dataclass(frozen=True)
class LayerLosses:
    """Losses by layer, and their sum by the layers' weights: means of squares, unweighted."""

    total: float
    layers: Mapping[str, float]


@dataclass(frozen=True)
class Losses:
    """Content and style losses; None where there was nothing to compare with."""

    content: LayerLosses | None
    style: LayerLosses | None


def paper_losses(
    result: Picture,
    content: Picture | None,
    styles: Sequence[Style],
    settings: Settings,
    plan: Plan,
) -> Losses:
    """Measure a result, the content at its size, and the styles at the sizes of a run."""
    image = _on_device(result, plan)
    # What is not there is replaced by the picture itself, and its losses are left out.
    photo = image if content is None else _on_device(content, plan)
    paintings = [(_on_device(style.picture, plan), style.weight) for style in styles]
    paintings = paintings or [(image, 1.0)]
    with computing(plan):
        dtype, tile_px, storage = DTYPES[plan.precision], plan.tiles[0], _storage(plan)
        objective = single_objective(
            settings, photo, paintings, dtype, tile_px=tile_px, storage=storage
        )
        found = objective.losses(image, weighted=False)
        losses = {name: loss.item() for name, loss in found.items()}
    return Losses(
        None if content is None else _summed("content", losses, settings.content_layers),
        _summed("style", losses, settings.style_layers) if styles else None,
    )


def _on_device(picture: Picture, plan: Plan) -> Tensor:
    return picture.tensor()[None].to(plan.device)


def _storage(plan: Plan) -> Storage:
    folder = plan.scratch[0]
    return Storage(plan.device, None if folder is None else Path(folder))


def _summed(kind: str, losses: Mapping[str, float], weights: Layers) -> LayerLosses:
    layers = {name: losses[f"{kind} {name}"] for name, weight in weights if weight}
    return LayerLosses(sum(dict(weights)[name] * loss for name, loss in layers.items()), layers)
