"""What the picture is compared with: one level's targets, measured through the same tiles."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch

from impasto.memory.storage import Storage
from impasto.objective.anchor_terms import anchor_terms
from impasto.objective.content_terms import content_terms
from impasto.objective.look import Look, Measured
from impasto.objective.style_terms import style_terms
from impasto.objective.term import Term
from impasto.scene.scene import Scene
from impasto.settings.settings import Settings
from impasto.tiles.view import View


@torch.no_grad()
def make_terms(
    view: View,
    scene: Scene,
    settings: Settings,
    *,
    emphasis: float = 1.0,
    storage: Storage | None = None,
    measured: Measured | None = None,
) -> list[Term]:
    """Measure one level's pictures and bind them to the settings' weights.

    The two weights enter as shares of their sum, so that only their ratio matters; the
    content's is multiplied by `emphasis`. `storage` keeps the content's features, `measured` what
    is measured of style pictures, for other levels and runs with the same network.
    """
    content_share, style_share = settings.shares
    look = Look(view, scene, settings, WeakKeyDictionary() if measured is None else measured)
    terms = [
        *content_terms(look, content_share * emphasis, storage),
        *style_terms(look, style_share),
        *anchor_terms(scene.anchor),
    ]
    return [term for term in terms if term.weight]
