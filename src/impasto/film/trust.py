"""Where the motion between two frames is sure: not what was uncovered, nor the edges of motion.

After Ruder, Dosovitskiy and Brox 2016 (Artistic style transfer for videos), section 3.1, whose
limits these are; what looks otherwise there than where it came from is not sure either.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from impasto.film.flow import Flow, Mask, Pixels, difference, inside, warped

# How far a pixel may look otherwise than where it came from, wholly sure and not at all.
_ALIKE, _UNLIKE = 0.05, 0.12
# So little that is sure of a frame says that it shows something else: a cut.
CUT_SHARE = 0.2


def trust(back: Flow, forth: Flow, now: Pixels, before: Pixels) -> Mask:
    """Return how sure each pixel of `now` is where it was `before`: (H,W), 0..1.

    `back` leads from now to before, `forth` from before to now.
    """
    sure = ~_uncovered(back, forth) & ~_at_an_edge(back)
    # An edge of the mask is no edge in the painting.
    known = sure * likeness(back, now, before)
    inner = cv2.erode(known.astype(np.float32), np.ones((3, 3), np.uint8))
    return cv2.blur(inner, (3, 3)).astype(np.float32, copy=False)


def likeness(back: Flow, now: Pixels, before: Pixels) -> Mask:
    """Return how far each pixel of `now` looks as where it came from in `before`: (H,W), 0..1."""
    apart = difference(now, warped(before, back))
    found: Mask = inside(back) * ((_UNLIKE - apart) / (_UNLIKE - _ALIKE)).clip(0, 1)
    return found.astype(np.float32, copy=False)


def is_cut(sure: Mask) -> bool:
    """Return whether so little is sure that the frame begins another scene."""
    return float(sure.mean()) < CUT_SHARE


def _uncovered(back: Flow, forth: Flow) -> NDArray[np.bool_]:
    """Return where a way back and forth does not end where it began (eq. 4)."""
    there = warped(forth, back)
    return _square(there + back) > 0.01 * (_square(there) + _square(back)) + 0.5


def _at_an_edge(flow: Flow) -> NDArray[np.bool_]:
    """Return where neighbours move differently (eq. 5)."""
    slopes = np.stack([one for axis in (0, 1) for one in np.gradient(flow[..., axis])], 2)
    return _square(slopes) > 0.01 * _square(flow) + 0.002


def _square(flow: Flow) -> Mask:
    found: Mask = np.square(flow).sum(2)
    return found
