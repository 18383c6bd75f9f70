"""The files that go into a run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from impasto.engine.networks import Networks
from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.errors import UsageError
from impasto.pictures.labels import Colour, read_colour
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.load import load
from impasto.scene.styles import Style
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

# Reads a picture file.
Load = Callable[[Path, Reading], Picture]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Which pictures and maps are read, and what is let in of them.

    Without styles the content is its own, as in a reconstruction. `style_regions` says for each
    style what serves the regions of the content's map: a map of its own, #RRGGBB, or "all".
    """

    styles: tuple[Path, ...]
    content: Path | None = None
    regions: Path | None = None
    style_regions: tuple[str, ...] = ()
    protect: Path | None = None
    reading: Reading = field(default_factory=Reading)

    def paths(self, settings: Settings) -> list[str]:
        """Return the whole paths of all files, the settings' `init` and weights included."""
        maps = [Path(text) for text in self.style_regions if text != "all" and text[:1] != "#"]
        pictures = (self.content, *self.styles, self.regions, self.protect, *maps)
        named = (*pictures, settings.init_file, Path(settings.weights))
        return [str(path.absolute()) for path in named if path is not None and os.path.isfile(path)]

    def prepare(self, settings: Settings, resources: Resources, *, must_fit: bool = True) -> Run:
        """Read them all and prepare a run; see `read` and `Read.prepare`."""
        return self.read().prepare(settings, resources, must_fit=must_fit)

    def read(self, known: Load = load) -> Read:
        """Read them all; raise UsageError where maps and styles do not pair.

        `known` reads all but the content: pictures that other runs have as well.
        """
        content = None if self.content is None else load(self.content, self.reading)
        own = (Style(content),) if content is not None and not self.styles else ()
        return Read(
            inputs=self,
            content=content,
            styles=own or tuple(self._styles(known)),
            regions=self.first_frame(self.regions, known),
            protect=self.first_frame(self.protect, known),
        )

    def first_frame(self, path: Path | None, known: Load = load) -> Picture | None:
        """Read a picture, if any; the frame that is asked for is the content's."""
        return None if path is None else known(path, replace(self.reading, frame=0))

    def _styles(self, known: Load) -> list[Style]:
        count, maps = len(self.styles), self.style_regions
        if maps and len(maps) != count:
            raise UsageError(
                f"--style-regions is given {len(maps)} times for {count} styles; give it once "
                "for each, 'all' where a style serves every region"
            )
        regions = [self._style_map(text, known) for text in maps or ("all",) * count]
        first = replace(self.reading, frame=0)
        pairs = zip(self.styles, regions, strict=True)
        return [Style(known(path, first), regions=map_) for path, map_ in pairs]

    def _style_map(self, text: str, known: Load) -> Picture | Colour | None:
        if text == "all":
            return None
        colour = read_colour(text)
        if colour is None and text.startswith("#") and not os.path.exists(text):
            raise UsageError(f"--style-regions cannot be {text!r}; give a map, #RRGGBB or all")
        return colour or self.first_frame(Path(text), known)


@dataclass(frozen=True, eq=False, kw_only=True)
class Read:
    """Inputs in memory, from which any number of runs are prepared."""

    inputs: Inputs
    content: Picture | None
    styles: tuple[Style, ...]
    regions: Picture | None = None
    protect: Picture | None = None

    def prepare(
        self,
        settings: Settings,
        resources: Resources,
        *,
        must_fit: bool = True,
        networks: Networks | None = None,
    ) -> Run:
        """Read the settings' start picture, if any, and prepare a run; see `prepare`."""
        init = settings.init_file
        return prepare(
            self.content,
            self.styles,
            settings,
            resources,
            init=self.inputs.first_frame(init if init and os.path.exists(init) else None),
            regions=self.regions,
            protect=self.protect,
            must_fit=must_fit,
            networks=networks,
        )
