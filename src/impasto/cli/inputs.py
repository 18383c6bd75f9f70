"""The files that go into a run, as they are named on the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.options import at_least, of_group
from impasto.errors import UsageError
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

if TYPE_CHECKING:
    from impasto.engine.run import Run
    from impasto.pictures.limits import Reading
    from impasto.pictures.picture import Picture
    from impasto.scene.styles import Style

_PATH = click.Path(path_type=Path, readable=False)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Which pictures and maps are read, and what is let in of them, as a command was told."""

    content: Path | None = None
    styles: tuple[Path, ...]
    regions: Path | None = None
    style_regions: tuple[str, ...] = ()
    protect: Path | None = None
    let_in: dict[str, Any]

    def paths(self, settings: Settings) -> list[str]:
        """Return the whole paths of all files, the settings' start and weights included."""
        maps = [Path(text) for text in self.style_regions if text != "all" and text[:1] != "#"]
        named = (
            self.content, *self.styles, self.regions, self.protect, *maps,
            settings.init_file, Path(settings.weights),
        )  # fmt: skip
        return [str(path.absolute()) for path in named if path is not None and os.path.isfile(path)]

    def prepare(self, settings: Settings, resources: Resources, *, must_fit: bool = True) -> Run:
        """Read them all and prepare a run; raise UsageError where maps and styles do not pair."""
        from impasto.engine.prepare import prepare
        from impasto.reading.load import load

        start = settings.init_file
        return prepare(
            None if self.content is None else load(self.content, self.reading), self._styles(),
            settings, resources, must_fit=must_fit,
            regions=first_frame(self.regions, self.reading),
            protect=first_frame(self.protect, self.reading),
            init=first_frame(start if start and os.path.exists(start) else None, self.reading),
        )  # fmt: skip

    @property
    def reading(self) -> Reading:
        """What is let in of the files."""
        return reading_of(self.let_in)

    def _styles(self) -> list[Style]:
        from impasto.reading.load import load
        from impasto.scene.styles import Style

        count, maps = len(self.styles), self.style_regions
        if maps and len(maps) != count:
            raise UsageError(
                f"--style-regions is given {len(maps)} times for {count} styles; give it once "
                "for each, 'all' where a style serves every region"
            )
        regions = [self._style_map(text) for text in maps or ("all",) * count]
        first = replace(self.reading, frame=0)
        return [
            Style(load(path, first), regions=map_)
            for path, map_ in zip(self.styles, regions, strict=True)
        ]

    def _style_map(self, text: str) -> Any:
        from impasto.pictures.labels import read_colour

        if text == "all":
            return None
        colour = read_colour(text)
        if colour is None and text.startswith("#") and not os.path.exists(text):
            raise UsageError(f"--style-regions cannot be {text!r}; give a map, #RRGGBB or all")
        return colour or first_frame(Path(text), self.reading)


def inputs_of(flags: dict[str, Any]) -> Inputs:
    """Take the fields of Inputs out of a command's flags."""
    names = [name for name in Inputs.__dataclass_fields__ if name in flags]
    let_in = {name: flags.pop(name) for name in READING}
    return Inputs(**{name: flags.pop(name) for name in names}, let_in=let_in)


def first_frame(path: Path | None, reading: Reading) -> Picture | None:
    """Read a picture of which there is one or none; the frame asked for is the photograph's."""
    from impasto.reading.load import load

    return None if path is None else load(path, replace(reading, frame=0))


def content_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the photograph."""
    return click.argument("content", metavar="CONTENT", type=_PATH)(command)


def styles_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the paintings, at least one."""
    add = click.argument("styles", metavar="STYLE...", nargs=-1, required=True, type=_PATH)
    return add(command)


def map_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of the maps of regions and of what is protected."""
    for option in reversed(_MAPS):
        command = option(command)
    return command


_MAPS = (
    click.option(
        "--regions", metavar="MAP", type=_PATH,
        help="A map of CONTENT in flat colours, a colour for each region.",
    ),
    click.option(
        "--style-regions", metavar="MAP|#RRGGBB|all", multiple=True,
        help="Once for each STYLE, in their order: its map in the colours of --regions, or the "
        "one colour that all of it serves, or 'all' for every region.",
    ),
    click.option(
        "--protect", metavar="MASK", type=_PATH,
        help="Where MASK is white CONTENT stays as it is; greys blend.",
    ),
)  # fmt: skip


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what is let in as an input picture."""
    for option in reversed(_READING):
        command = option(command)
    return command


READING = ("max_pixels", "frame", "allow_truncated")

_READING = (
    click.option(
        "--max-pixels", metavar="N", callback=at_least(1), cls=of_group("Files"),
        help="Refuse input pictures of more pixels, before they are decoded. [default: 134217728]",
    ),
    click.option(
        "--frame", metavar="N", callback=at_least(0), cls=of_group("Files"),
        help="Which picture of an animation or of a TIFF's pages, from 0. [default: 0]",
    ),
    click.option(
        "--allow-truncated", is_flag=True, cls=of_group("Files"),
        help="Paint what is there of a file that was cut short.",
    ),
)  # fmt: skip


def reading_of(flags: dict[str, Any]) -> Reading:
    """Make what is let in of the flags that `reading_options` adds."""
    from impasto.pictures.limits import Reading

    return Reading(**{name: flags[name] for name in READING if flags[name] is not None})
