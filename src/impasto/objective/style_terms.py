"""What is taken from the styles: their statistics in every region, and how smooth they are."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from impasto.losses.loss import Loss, style_loss
from impasto.losses.smooth import SmoothLoss
from impasto.objective.look import Look
from impasto.objective.term import Term
from impasto.scene.masks import at_stride, is_enough, without
from impasto.settings.numbers import STRENGTH_DEFAULT
from impasto.settings.settings import Settings
from impasto.tiles.joints import joints_of
from impasto.tiles.view import DETAIL


class _Compared(NamedTuple):
    """A loss on what one style layer is seen as, with its weight before any region's share."""

    title: str
    of: str
    loss: Loss
    layer: str
    weight: float


def style_terms(look: Look, share: float) -> list[Term]:
    """Bind what is compared with the styles, in each region with those that serve it."""
    compared = _compared(look, share)
    losses = {one.layer: one.loss for one in compared}
    left_out: str | None = None
    if look.scene.faces is not None:
        _, left_out = look.settings.face_layers(look.view.encoder.layers)
    terms = []
    for region in look.scene.regions:
        goals, bound = look.goals(region, losses), look.bound(region, losses)
        label = f" {region.name}" if region.name else ""
        beside = replace(region, mask=without(region.mask, look.scene.faces))
        for title, of, loss, layer, weight in compared:
            part = beside if of == left_out else region
            if not is_enough(part.mask):
                continue
            own = weight * loss.factor * part.share
            guide = at_stride(part.mask, look.view.stride(layer))
            terms.append(Term(title + label, bound[layer], layer, own, goals[layer], guide=guide))
    return terms


def _compared(look: Look, share: float) -> list[_Compared]:
    loss = style_loss(look.settings.style_loss)
    # 1/(4 N^2 M^2) of Gram matrices summed over M cells (Gatys et al. 2016, eq. 4) is a quarter
    # of our mean, each picture divided by its own M; a region counts by its share all the same.
    printed = 1 / 4 if look.settings.objective == "literal" else 1.0
    weights = {layer: weight for layer, weight in look.settings.style_layers if weight}
    depths = look.view.encoder.layers
    seen = joints_of(weights, depths) if loss.joins else {layer: layer for layer in weights}
    compared = [
        _Compared(f"style {layer}", layer, loss, seen[layer], printed * share * weight)
        for layer, weight in weights.items()
    ]
    smoothness = _smoothness(look.settings)
    compared.append(_Compared("smoothness", "", SmoothLoss(), DETAIL, smoothness))
    return [one for one in compared if one.weight]


def _smoothness(settings: Settings) -> float:
    """Return the weight of smoothness, which grows with the content's, as its square root.

    Content that weighs more leaves the styles less to say of flat skies, where a pattern of single
    pixels may then stand for a light that no filter forbids.
    """
    usual, _ = replace(settings, strength=float(STRENGTH_DEFAULT)).shares
    growth = settings.shares[0] / usual if usual else 1.0
    return settings.smoothness * math.sqrt(max(1.0, growth))
