"""A film's frames in whatever order they are asked for, each read as seldom as memory allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from impasto.pictures.picture import Picture

# So much is kept of what is read again for going backwards.
_KEPT_BYTES = 512 << 20
_MOST = 64
# Of a pixel's three numbers.
_PIXEL_BYTES = 12


class Reel:
    """Frames by number, from 0; `read` reads them from one on. Cheap forwards, not backwards."""

    def __init__(self, read: Callable[[int], Iterator[Picture]]) -> None:
        self._read = read
        self._frames: Iterator[Picture] | None = None
        self._next = 0
        self._kept: dict[int, Picture] = {}

    def picture(self, number: int) -> Picture:
        """Return a frame; raise PictureError where it is damaged or lacks."""
        if number in self._kept:
            return self._kept[number]
        wanted = number
        if self._frames is None or number < self._next:
            wanted = number if self._frames is None else self._earliest(number)
            self._frames, self._next = self._read(wanted), wanted
        self._kept = {}
        while self._next <= number:
            picture = next(self._frames)
            if self._next >= wanted:
                self._kept[self._next] = picture
            self._next += 1
        return picture

    def _earliest(self, number: int) -> int:
        """Return the frame to read from, so that those before a frame are kept, too."""
        if not self._kept:
            return number
        height, width = next(iter(self._kept.values())).size
        room = _KEPT_BYTES // (height * width * _PIXEL_BYTES)
        return max(0, number - min(max(room, 1), _MOST) + 1)
