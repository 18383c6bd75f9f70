"""What a frame starts from and is held to: the frames before it, moved to where things are now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from impasto.engine.following import Start
from impasto.film.flow import Mask, Pixels, flow_between, warped
from impasto.film.manner import Manner, brought_back, detail_of
from impasto.film.trust import trust
from impasto.scene.anchor import Anchor

# How many frames back is looked, nearest first: what is covered now may have been seen then.
BACK = (1, 2, 4)
# So much less than all may lack before an earlier frame is asked.
_ENOUGH = 0.995
# Strokes are smaller than this share of the shorter side.
_LARGE = 12


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame: what was filmed, and what was painted of it, both (H,W,3) of the painting's size.

    `manner` is that of the scene's first painting.
    """

    filmed: Pixels
    painted: Pixels
    manner: Manner


@dataclass(frozen=True, eq=False)
class Held:
    """What earlier frames say of one: a painting (H,W,3), and how sure each pixel is (H,W).

    `nearest` is how sure the frame before alone is.
    """

    image: Pixels
    sure: Mask
    nearest: Mask


def held_by(before: Mapping[int, Seen], filmed: Pixels) -> Held:
    """Move paintings of so many frames back to where things are in a frame; 1 must be among them.

    What the nearest is sure of counts first, the others fill in.
    """
    image, near = _moved(before[1], filmed)
    sure = near
    for back in BACK[1:]:
        if back in before and sure.mean() < _ENOUGH:
            moved, known = _moved(before[back], filmed)
            part = np.minimum(known, 1 - sure)
            whole = sure + part
            image = image + (part / np.maximum(whole, 1e-6))[..., None] * (moved - image)
            sure = whole
    return Held(image, sure, near)


def start_of(held: Held, last: Seen, filmed: Pixels, weight: float, seed: int) -> Start:
    """Return where painting a frame starts: what is held, and where little is, what was filmed.

    That is brought to the painting's colours, with strokes of what is held there, and with grain
    by the `seed`.
    """
    share = (2 * held.sure).clip(0, 1)[..., None]  # what is half sure is a better start than none
    under = _recoloured(filmed, last) + _strokes(held.image)
    start = _grained(under, last.painted, seed) * (1 - share) + held.image * share
    anchor = Anchor(_tensor(held.image), torch.from_numpy(held.sure)[None, None], weight)
    return Start(_tensor(start.clip(0, 1)), anchor)


def _moved(seen: Seen, filmed: Pixels) -> tuple[Pixels, Mask]:
    back = flow_between(filmed, seen.filmed)
    forth = flow_between(seen.filmed, filmed)
    known = trust(back, forth, filmed, seen.filmed)
    return brought_back(warped(seen.painted, back), seen.manner), known


def _recoloured(filmed: Pixels, last: Seen) -> Pixels:
    """Return a frame in the colours that the last one was painted in: the best linear change."""
    known = np.concatenate([last.filmed.reshape(-1, 3), np.ones((last.filmed[..., 0].size, 1))], 1)
    change = np.linalg.lstsq(known, last.painted.reshape(-1, 3), rcond=None)[0]
    found: Pixels = (filmed @ change[:3] + change[3]).clip(0, 1).astype(np.float32)
    return found


def _strokes(painted: Pixels) -> Pixels:
    """Return what a painting has beside its large forms."""
    side = max(3, min(painted.shape[:2]) // _LARGE | 1)
    found: Pixels = painted - cv2.blur(painted, (side, side), borderType=cv2.BORDER_REFLECT_101)
    return found


def _grained(image: Pixels, painted: Pixels, seed: int) -> Pixels:
    """Return a picture with noise as strong as a painting's fine detail is beyond its own."""
    own, wanted = (float(np.square(detail_of(one)).mean()) for one in (image, painted))
    noise = np.random.default_rng(seed).standard_normal(image.shape[:2], dtype=np.float32)
    found: Pixels = image + (np.float32(max(wanted - own, 0.0) ** 0.5) * noise)[..., None]
    return found


def _tensor(image: Pixels) -> Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None].contiguous()
