"""The pictures that figures are made of, and the example pictures that stand in for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from impasto.engine.networks import Networks
from impasto.engine.prepare import prepare
from impasto.pictures.picture import Picture
from impasto.reading.load import load
from impasto.settings.option import options
from impasto.settings.presets import from_options
from impasto.settings.reconstruction import reconstruction
from impasto.settings.resources import Resources
from impasto.sheets.sheet import Cell

CONTENT = "coffee.jpg"
STYLES = ("swirl.jpg", "woodblock.jpg", "ink.jpg")
PHOTO = "rocket.jpg"


# Installed they are in the package; in a checkout, whose source is imported, beside it.
_PACKAGED = Path(__file__).parent / "examples"
EXAMPLES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[3] / "examples"


def example(name: str) -> Picture:
    """Read one of the example pictures that come with impasto."""
    return load(EXAMPLES / name)


@dataclass(frozen=True, eq=False, kw_only=True)
class Subjects:
    """A photograph, styles, another photograph, and what all cells of figures have in common.

    `options` are named as those of `iterate`; `networks` keeps what was loaded and measured.
    """

    content: Picture
    styles: tuple[Picture, ...]
    photo: Picture
    options: Mapping[str, Any]
    networks: Networks = field(default_factory=Networks)

    @property
    def measuring(self) -> dict[str, Any]:
        """Those of the options that say by which weights, and how, all is computed."""
        return {
            name: value
            for name, value in self.options.items()
            if name == "weights" or name in options(Resources)
        }

    def transfer(
        self, name: str, title: str, content: Picture, style: Picture, ratio: float, **own: Any
    ) -> Cell:
        """Return a cell painted by the paper's method, at a ratio of content to style weight."""
        asked = {"preset": "paper", **self.options, "style_weight": 1 / ratio, **own}
        values = {"ratio": ratio, **own}
        return self._cell(name, title, content, style, from_options(asked), values)

    def cured(self, name: str, title: str, content: Picture, style: Picture) -> Cell:
        """Return a cell painted by our own method for two photographs."""
        own = {"preset": "photo", "iterations": "auto", "objective": "means"}
        asked = {**self.options, **own}
        return self._cell(name, title, content, style, from_options(asked), {"preset": "photo"})

    def reconstruction(self, name: str, title: str, picture: Picture, **kept: str) -> Cell:
        """Return a cell that shows what layers keep of a picture: `content` or `style`."""
        asked = reconstruction(**self.options, **kept)
        return self._cell(name, title, picture, picture, asked, kept)

    def _cell(
        self,
        name: str,
        title: str,
        content: Picture,
        style: Picture,
        asked: tuple[Any, Any],
        values: Mapping[str, Any],
    ) -> Cell:
        make = partial(prepare, content, style, *asked, networks=self.networks)
        return Cell(name=name, title=title, values=values, prepare=make)


def shown(name: str, title: str, picture: Picture) -> Cell:
    """Return a cell of a picture as it is."""
    return Cell(name=name, title=title, shown=picture)


def called(picture: Picture) -> str:
    """Return the name of a picture's file, without its ending."""
    source = picture.origin.source
    return Path(source.name).stem if source is not None else "picture"
