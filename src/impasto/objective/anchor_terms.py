"""What the painting is held to: pixels of another, as far as a mask says."""

from __future__ import annotations

from impasto.losses.content import ContentLoss
from impasto.objective.term import Term
from impasto.scene.anchor import Anchor
from impasto.scene.masks import is_enough
from impasto.tiles.view import PIXELS


def anchor_terms(anchor: Anchor | None) -> list[Term]:
    """Bind what the pixels are held to, if anything.

    Every pixel is held as strongly as its mask says, however many others are: the loss is a mean
    over those that are held, and its weight grows with their share.
    """
    if anchor is None or not is_enough(anchor.mask):
        return []
    weight = anchor.weight * anchor.mask.mean().item()
    held, where = anchor.image, anchor.mask
    return [Term("anchor", ContentLoss(), PIXELS, weight, reference=held, guide=where)]
