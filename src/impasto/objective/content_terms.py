"""What is kept of the photograph: its responses, where it shows something, and faces."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from impasto.losses.content import ContentLoss
from impasto.losses.gram import GramLoss
from impasto.losses.moments import Moments
from impasto.memory.storage import Storage
from impasto.objective.focus import focus_of
from impasto.objective.look import Look
from impasto.objective.matching import match
from impasto.objective.term import Term
from impasto.scene.masks import at_stride, both

# How much more the content counts over faces that are kept, and as much again by a shallower layer:
# with 2 there is a photograph in the painting (docs/faces.md).
FACE_EMPHASIS = 0.5


def content_terms(look: Look, share: float, storage: Storage | None) -> list[Term]:
    """Bind what is kept of the photograph, if any, at this share of the weights."""
    content = look.scene.content
    if content is None or not share:
        return []
    kept = _kept(look)
    layers = {layer for _, _, weights in kept for layer in weights}
    references = look.content_maps(content, layers, storage or Storage(content.device))
    if look.settings.content_statistics == "style" and look.settings.shares[1]:
        _match(look, references)
    terms = []
    for title, mask, weights in kept:
        for layer, weight in weights.items():
            reference = references[layer]
            guide = at_stride(mask, look.view.stride(layer))
            if title == "content":
                guide = both(guide, focus_of(reference, look.settings.content_focus))
            own = share * weight * _content_factor(look, reference, guide)
            name, loss = f"{title} {layer}", ContentLoss()
            terms.append(Term(name, loss, layer, own, reference=reference, guide=guide))
    return terms


def _match(look: Look, references: Mapping[str, Tensor]) -> None:
    """Give the photograph's responses, in each region, its styles' mean and spread."""
    moments = dict.fromkeys(references, GramLoss())
    goals = [(region.mask, look.goals(region, moments)) for region in look.scene.regions]
    for layer, maps in references.items():
        stride = look.view.stride(layer)
        match(maps, [(at_stride(mask, stride), Moments(*goal[layer])) for mask, goal in goals])


def _kept(look: Look) -> list[tuple[str, Tensor | None, dict[str, float]]]:
    """Return what is kept of the photograph, by which layers: all that is seen, then faces."""
    visible, faces = look.scene.visible, look.scene.faces
    weights = dict(look.settings.content_layers)
    everything = ("content", visible, weights)
    if faces is None:
        return [everything]
    times = FACE_EMPHASIS
    if look.settings.objective == "means":
        # A mean over a face, which counts by its share of what is seen; sums do so themselves.
        times *= faces.mean().item() / (1.0 if visible is None else visible.mean().item())
    features, _ = look.settings.face_layers(look.view.encoder.layers)
    more = weights | {features: weights.get(features, 0.0) + sum(weights.values())}
    return [everything, ("faces", faces, {layer: times * w for layer, w in more.items()})]


def _content_factor(look: Look, reference: Tensor, guide: Tensor | None) -> float:
    """Return what turns a mean over entries into the loss that the settings ask for."""
    if look.settings.objective == "means":
        return 1.0
    # Half the sum (Gatys et al. 2016, eq. 1). Of a picture with transparent parts, over what
    # is seen of it: each entry by its cell's visible share, as in the mean.
    channels = reference.shape[1]
    return (reference.numel() if guide is None else channels * guide.sum().item()) / 2
