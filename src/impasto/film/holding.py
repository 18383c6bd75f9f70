"""What a frame starts from and is held to: the frames before it, moved to where things are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from impasto.engine.following import Start
from impasto.film.borrowing import borrowed
from impasto.film.flow import Mask, Pixels, flow_between, warped
from impasto.film.manner import brought_back, detail_of
from impasto.film.seen import Painted, Seen, kept
from impasto.film.trust import likeness, trust
from impasto.scene.anchor import Anchor

# So much less than all may lack before an earlier frame is asked.
_ENOUGH = 0.995
# What an earlier frame must add, of all, by pictures of this longer side.
_WORTH, _SMALL_PX = 0.002, 256
# So sure counts as not known.
_HARDLY = 0.1
# Evaluations after which a place is as it stays: those of a level.
RIPE = 30
# What stands still grows riper yet than what moves.
_OLD, _OLDEST = 2.0, 3.0
# How far what is lent may look otherwise, of 0..1, until none of it counts.
_UNLIKE = 0.2
# Strokes are smaller than this share of the shorter side.
_LARGE = 12


@dataclass(frozen=True, eq=False)
class Held:
    """What earlier frames say of one: a painting, and how sure each pixel of it is (H,W), 0..1.

    `nearest` is how sure the frame before alone is, and `like` how far things look as they did
    there: good enough to start from, as at the edges of what moves.
    """

    painted: Painted
    sure: Mask
    nearest: Mask
    like: Mask

    @property
    def mask(self) -> Mask:
        """How much each pixel is held (H,W): as it is sure, and was painted for long.

        What came in a moment ago is not done yet; held at once, it would stay as it began. What
        stands still is held the more the longer it has: each frame would turn it another way.
        """
        found: Mask = self.sure * np.square(self.painted.ripe)
        return found

    def ripened(self, image: Pixels, evaluations: int) -> Painted:
        """Return what was made of it by so many evaluations."""
        ripe = self.sure * self.painted.ripe + np.float32(evaluations / RIPE)
        return Painted(image, kept(np.minimum(ripe, _OLDEST)))


def held_by(nearest: Seen, others: Iterable[Seen], filmed: Pixels) -> Held:
    """Move earlier paintings to where things are in a frame.

    What the nearest is sure of counts first, the others fill in, as far as they are wanted.
    """
    image, ripe, near, like = _moved(nearest, filmed)
    sure = near
    for other in others:
        if sure.mean() >= _ENOUGH:
            break
        if not _fills(other, filmed, sure):
            continue
        moved, riper, known, _ = _moved(other, filmed)
        part = np.minimum(known, 1 - sure)
        share = part / np.maximum(sure + part, 1e-6)
        image = image + share[..., None] * (moved - image)
        ripe, sure = ripe + share * (riper - ripe), sure + part
    return Held(Painted(image, ripe), sure, near, like)


def held_again(own: Seen, beside: Seen, filmed: Pixels) -> Held:
    """Blend a frame's own painting with its neighbour's, moved to it: Ruder et al. 2016, eq. 10.

    What was painted for longer counts more.
    """
    moved, riper, known, _ = _moved(beside, filmed)
    image, ripe = own.painted.image, own.painted.ripe
    share = known * riper / np.maximum(riper + ripe, 1e-6)
    blended = Painted(image + share[..., None] * (moved - image), ripe + share * (riper - ripe))
    everywhere = np.ones_like(known)
    return Held(blended, everywhere, known, everywhere)


def led_to(held: Held, first: Seen, filmed: Pixels, share: float) -> Held:
    """Lead what holds a frame to a loop's first one, moved to it, by a share.

    It is held the more for it: between two paintings is none, and each frame would slip back.
    """
    moved, _, known, _ = _moved(first, filmed)
    part = np.float32(share) * known
    share_of = part / np.maximum(part + (1 - part) * held.sure, 1e-6)
    image, ripe = held.painted.image, held.painted.ripe
    oldest: Mask = np.maximum(ripe, np.float32(_OLDEST)).astype(np.float32)
    blended = Painted(
        image + share_of[..., None] * (moved - image), ripe + share_of * (oldest - ripe)
    )
    return Held(blended, held.sure + part * (1 - held.sure), held.nearest, held.like)


def between(left: Seen, right: Seen, way: float, filmed: Pixels, seed: int) -> Pixels:
    """Blend two keyframes, moved to where things are so far on the way from one to the other."""
    (one, _, sure, _), (other, _, surer, _) = (_moved(seen, filmed) for seen in (left, right))
    sure, surer = sure * np.float32(1 - way), surer * np.float32(way)
    both = sure + surer
    image = one + (surer / np.maximum(both, 1e-6))[..., None] * (other - one)
    known = both / np.float32(max(way, 1 - way))
    last = left if way < 0.5 else right
    image = brought_back(image, last.painted.image, last.manner, filmed)
    return _begun(image, (2 * known).clip(0, 1), last, filmed, seed)


def start_of(held: Held, last: Seen, filmed: Pixels, weight: float, seed: int) -> Start:
    """Return where painting a frame starts: what is held, and where little is, what was filmed.

    That is brought to the painting's colours, with strokes and grain as it has, by the `seed`.
    """
    image = held.painted.image
    # What is half sure, or only looks alike, is a better start than none.
    share = np.maximum(2 * held.sure, held.like).clip(0, 1)
    start = _begun(image, share, last, filmed, seed)
    anchor = Anchor(_tensor(image), torch.from_numpy(held.mask)[None, None], weight)
    return Start(_tensor(start), anchor)


def _begun(image: Pixels, share: Mask, last: Seen, filmed: Pixels, seed: int) -> Pixels:
    """Return a picture by its share (H,W), and else what was filmed as a painting begins.

    That is how the like of it was painted, or, where there is none, what was filmed in the
    painting's colours and with strokes of its own.
    """
    if (share >= 1).all():
        return image.clip(0, 1)
    under = _recoloured(filmed, last) + _strokes(image)
    lent, apart = borrowed(image, filmed, share)
    unlike = (apart / _UNLIKE).clip(0, 1)[..., None]
    new = _grained(lent + unlike * (under - lent), last.painted.image, seed)
    share = share[..., None]
    start = new * (1 - share) + image * share
    found: Pixels = start.clip(0, 1)
    return found


def _fills(other: Seen, filmed: Pixels, sure: Mask) -> bool:
    """Return whether a frame knows of what is not sure yet, by small pictures where they are large.

    Flow takes longest of all but painting, and most frames of a pan know nothing new.
    """
    scale = _SMALL_PX / max(sure.shape)
    if scale >= 1:
        return True
    size = max(1, round(scale * sure.shape[1])), max(1, round(scale * sure.shape[0]))
    now, then, here = (
        cv2.resize(one, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
        for one in (filmed, other.filmed, sure)
    )
    known = trust(flow_between(now, then), flow_between(then, now), now, then)
    return float((known * (here < _HARDLY)).mean()) >= _WORTH


def _moved(seen: Seen, filmed: Pixels) -> tuple[Pixels, Mask, Mask, Mask]:
    """Return a painting moved to where things are now, how ripe, how sure and how like it is."""
    back = flow_between(filmed, seen.filmed)
    forth = flow_between(seen.filmed, filmed)
    known = trust(back, forth, filmed, seen.filmed)
    own = seen.painted.image
    image = brought_back(warped(own, back), own, seen.manner, filmed)
    ripe = warped(seen.painted.ripe, back).clip(0, None)
    ripe = np.where(back.any(2), np.minimum(ripe, _OLD), ripe)
    return image, ripe, known, likeness(back, filmed, seen.filmed)


def _recoloured(filmed: Pixels, last: Seen) -> Pixels:
    """Return a frame in the colours that the last one was painted in: the best linear change."""
    known = np.concatenate([last.filmed.reshape(-1, 3), np.ones((last.filmed[..., 0].size, 1))], 1)
    change = np.linalg.lstsq(known, last.painted.image.reshape(-1, 3), rcond=None)[0]
    found: Pixels = (filmed @ change[:3] + change[3]).clip(0, 1).astype(np.float32)
    return found


def _strokes(painted: Pixels) -> Pixels:
    """Return what a painting has beside its large forms, of half a width away.

    As it moves along with what is seen, what comes in bit by bit gets strokes that belong together.
    """
    side = max(3, min(painted.shape[:2]) // _LARGE | 1)
    strokes = painted - cv2.blur(painted, (side, side), borderType=cv2.BORDER_REFLECT_101)
    found: Pixels = np.roll(strokes, painted.shape[1] // 2, axis=1)
    return found


def _grained(image: Pixels, painted: Pixels, seed: int) -> Pixels:
    """Return a picture with noise as strong as a painting's fine detail is beyond its own."""
    own, wanted = (float(np.square(detail_of(one)).mean()) for one in (image, painted))
    noise = np.random.default_rng(seed).standard_normal(image.shape[:2], dtype=np.float32)
    found: Pixels = image + (np.float32(max(wanted - own, 0.0) ** 0.5) * noise)[..., None]
    return found


def _tensor(image: Pixels) -> Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None].contiguous()
