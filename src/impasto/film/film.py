"""A film to paint: what goes in, which of its frames, and by which settings. Checked, not begun."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any

import msgspec

from impasto.engine.networks import Networks
from impasto.engine.recipe import ingredient, style_ingredients, versions
from impasto.engine.run import Run
from impasto.errors import PictureError, UsageError
from impasto.film.clip import Clip
from impasto.film.timing import Pick, Timing
from impasto.jobs.inputs import Read
from impasto.pictures.picture import Picture
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

# Bytes at either end of a film that tell it from others, with its length.
_ENDS = 1 << 20


@dataclass(frozen=True, eq=False, kw_only=True)
class Film:
    """A clip in the manner of styles.

    `maps` are films of maps, a map for each frame, by what they are of: "regions" and "protect".
    `steady` is how much a frame is held to those before. It is painted in so many `passes`, forward
    and backward; every so manyth frame, the `keyframes`, is painted, the rest blended; a `loop` is
    closed.
    """

    clip: Clip
    read: Read
    settings: Settings
    resources: Resources
    timing: Timing
    steady: float
    passes: int = 1
    keyframes: int = 1
    loop: bool = False
    maps: Mapping[str, Clip] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse maps that are fewer than frames."""
        for name, maps in self.maps.items():
            if len(maps.times) < len(self.clip.times):
                raise UsageError(
                    f"--{name} has {len(maps.times)} maps, {self.clip.path} has "
                    f"{len(self.clip.times)} frames; give a map for each frame, or one for all"
                )

    @cached_property
    def picks(self) -> list[Pick]:
        """The frames that are painted; raises UsageError where there are none."""
        return self.timing.picks(self.clip)

    def frames(self, first: int = 0, of: Clip | None = None) -> Iterator[Picture]:
        """Read the frames that are painted, from a number on, or those of another film.

        Raises PictureError where one is damaged or lacks.
        """
        clip = self.clip if of is None else of
        wanted = iter(self.picks[first:])
        pick = next(wanted)
        for number, picture in enumerate(clip.read(pick.number), pick.number):
            while pick.number == number:  # again and again where more are shown than there are
                yield picture
                if (following := next(wanted, None)) is None:
                    return
                pick = following
        told = f"{clip.path} ends at frame {pick.number} of {len(clip.times)}"
        raise PictureError(f"{told}, or is damaged there; get all of it, or give --end")

    @cached_property
    def run(self) -> Run:
        """The run of the first frame, prepared, from which those of all others follow.

        It gives up no threads to other programs: picked up later, frames are to have the same bits.
        """
        maps: dict[str, Any] = {
            name: next(self.frames(of=clip)) for name, clip in self.maps.items()
        }
        read = replace(self.read, content=next(self.frames()), **maps)
        run = read.prepare(self.settings, self.resources, networks=Networks())
        return replace(run, may_yield=False)

    def identity(self) -> dict[str, Any]:
        """Return what tells this film from every other, as plain values."""
        values = {
            "input": _digest(self.clip),
            "styles": style_ingredients(self.read.styles),
            "regions": ingredient(self.read.regions),
            "protect": ingredient(self.read.protect),
            "maps": {name: _digest(clip) for name, clip in self.maps.items()},
            "settings": self.settings,
            "timing": self.timing,
            "steady": self.steady,
            "passes": self.passes,
            "keyframes": self.keyframes,
            "loop": self.loop,
            "versions": {
                **versions(self.settings),
                **{name: version(name) for name in ("av", "opencv-python-headless")},
            },
        }
        found: dict[str, Any] = json.loads(json.dumps(msgspec.to_builtins(values)))
        return found


def _digest(clip: Clip) -> str:
    """Return a digest of a film's ends and length, or of a sequence's names and lengths."""
    found = hashlib.sha256()
    for path in clip.files:
        size = path.stat().st_size
        found.update(f"{path.name} {size} ".encode("utf-8", "surrogateescape"))
        with path.open("rb") as stream:
            found.update(stream.read(_ENDS))
            stream.seek(max(0, size - _ENDS))
            found.update(stream.read(_ENDS))
    return found.hexdigest()
