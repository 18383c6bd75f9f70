"""Where faces are kept: a soft mask around each, wholly 1 over the features."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from impasto.errors import UsageError, WeightsError
from impasto.pictures.picture import Picture
from impasto.scene.detector import Face, check_installed, find_faces, is_installed
from impasto.settings.settings import Settings

_log = logging.getLogger(__name__)

# Half axes of the ellipse that is 1, against the box's sides; its middle, above the box's; and how
# much larger the ellipse is that the mask ends at: with the hair, and some of the neck.
_REACH, _RAISED, _OUTER = 0.6, 0.06, 1.6


def settle_faces(photo: Picture | None, settings: Settings) -> tuple[tuple[Face, ...], Settings]:
    """Return the faces to keep, and settings that say whether any are looked for.

    'auto' becomes 'keep' where there are faces and the extra to find them. Raises UsageError for
    'keep' without the extra.
    """
    if photo is None or settings.faces == "style":
        return (), replace(settings, faces="style")
    faces = _found(photo, must=settings.faces == "keep")
    if faces:
        _log.info("faces found and kept: %d; --faces style paints them as all else", len(faces))
        return faces, replace(settings, faces="keep")
    if settings.faces == "keep":
        _log.info("no face was found in the photograph: there is none to keep")
        return faces, settings
    return faces, replace(settings, faces="style")


def _found(photo: Picture, *, must: bool) -> tuple[Face, ...]:
    """Return a photograph's faces; none where they cannot be looked for, unless they `must` be."""
    if must:
        check_installed()
        return find_faces(photo)
    if not is_installed():
        return ()
    try:
        return find_faces(photo)
    except (UsageError, WeightsError) as fault:
        _log.info("no faces are looked for: %s", fault)
        return ()


def faces_kept(photo: Picture, settings: Settings) -> tuple[Face, ...]:
    """Return the faces of another photograph of a settled run, without a word about them."""
    return () if settings.faces == "style" else _found(photo, must=False)


def faces_mask(faces: Sequence[Face], size: tuple[int, int], device: torch.device) -> Tensor | None:
    """Draw the mask (1,1,H,W), 0..1, at a (height, width); None without faces."""
    if not faces:
        return None
    rows, columns = ((torch.arange(side) + 0.5) / side for side in size)
    mask = torch.zeros(size)
    for face in faces:
        torch.maximum(mask, _drawn(face, rows[:, None], columns[None]), out=mask)
    return mask[None, None].to(device)


def _drawn(face: Face, rows: Tensor, columns: Tensor) -> Tensor:
    """Draw one face (H,W), at places in shares of the sides: 1 inside, down to 0 outside."""
    width, height = face.right - face.left, face.bottom - face.top
    across = (columns - (face.left + face.right) / 2) / (_REACH * width)
    down = (rows - (face.top + face.bottom) / 2 + _RAISED * height) / (_REACH * height)
    inside = (_OUTER - (across.square() + down.square()).sqrt()) / (_OUTER - 1)
    inside = inside.clamp(0, 1)
    return inside.square() * (3 - 2 * inside)  # without an edge at either end
