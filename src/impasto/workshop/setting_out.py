"""From a job's message to a run: its pictures read under the names that people gave them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.jobs.pantry import Pantry
from impasto.pictures.labels import read_colour
from impasto.pictures.origin import Source
from impasto.pictures.picture import Picture
from impasto.scene.styles import Style
from impasto.settings.presets import from_options
from impasto.settings.resources import Resources
from impasto.workshop.messages import Paint, PictureFile, StyleFile


class Named(Pantry):
    """The pictures of a job, in whose recipe they have the names that people know."""

    def __init__(self, asked: Paint) -> None:
        self.files = list(_files(asked))
        super().__init__([], self.paths)

    @property
    def paths(self) -> list[str]:
        """Where they lie."""
        return [file.path for file in self.files]

    def load(self, wanted: Source) -> Picture:
        """Read the picture of a recipe, under the name it has there."""
        found = super().load(wanted)
        return replace(found, origin=replace(found.origin, source=wanted))

    def of_file(self, file: PictureFile | None) -> Picture | None:
        """Read a picture that was handed in."""
        if file is None:
            return None
        picture = self.given(Path(file.path))
        source = picture.origin.source
        assert source is not None
        named = replace(source, name=file.name)
        return replace(picture, origin=replace(picture.origin, source=named))


def run_of(asked: Paint, pantry: Named, resources: Resources) -> Run:
    """Read a job's pictures and prepare its run."""
    settings, _ = from_options(asked.options)
    return prepare(
        pantry.of_file(asked.content),
        [_style(style, pantry) for style in asked.styles],
        settings,
        resources,
        regions=pantry.of_file(asked.regions),
        protect=pantry.of_file(asked.protect),
    )


def _style(asked: StyleFile, pantry: Named) -> Style:
    picture = pantry.of_file(asked.picture)
    assert picture is not None
    map_ = asked.regions
    regions = read_colour(map_) if isinstance(map_, str) else pantry.of_file(map_)
    return Style(picture, asked.weight, regions, asked.scale)


def _files(asked: Paint) -> Iterable[PictureFile]:
    for style in asked.styles:
        yield style.picture
        if isinstance(style.regions, PictureFile):
            yield style.regions
    for file in (asked.content, asked.regions, asked.protect, *asked.others):
        if file is not None:
            yield file
