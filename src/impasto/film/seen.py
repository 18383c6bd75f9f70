"""What is kept of a frame for others: as it was filmed, and as it was painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from impasto.film.flow import Mask, Pixels
from impasto.film.manner import Manner


@dataclass(frozen=True, eq=False)
class Painted:
    """A painting (H,W,3), and how long each pixel was painted, of what it takes (H,W)."""

    image: Pixels
    ripe: Mask


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame: what was filmed, (H,W,3) of the painting's size, and what was painted of it.

    `manner` is that of the scene's first painting.
    """

    filmed: Pixels
    painted: Painted
    manner: Manner

    def save(self, stream: IO[bytes]) -> None:
        """Write it, in half precision."""
        painted = self.painted
        planes = {"filmed": self.filmed, "image": painted.image, "ripe": painted.ripe}
        halves: dict[str, Any] = {name: one.astype(np.float16) for name, one in planes.items()}
        np.savez(stream, **halves, manner=np.array(msgspec.structs.astuple(self.manner)))

    @staticmethod
    def load(stream: IO[bytes]) -> Seen:
        """Read it; raises ValueError, KeyError, EOFError or BadZipFile for what it is not."""
        with np.load(stream, allow_pickle=False) as planes:
            filmed, image, ripe = (
                planes[name].astype(np.float32) for name in ("filmed", "image", "ripe")
            )
            return Seen(filmed, Painted(image, ripe), Manner(*planes["manner"].tolist()))


def kept(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values as they are when they have been written and read."""
    return values.astype(np.float16).astype(np.float32)
