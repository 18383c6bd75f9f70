"""Pictures named on the command line, with the maps that say where each style applies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.options import of_group
from impasto.errors import UsageError
from impasto.settings import Settings

if TYPE_CHECKING:
    from impasto.pictures import Picture, Reading, Style


def map_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of the maps of regions and of what is protected."""
    for option in reversed(_MAPS):
        command = option(command)
    return command


_MAPS = (
    click.option(
        "--regions", metavar="MAP", type=click.Path(path_type=Path, readable=False),
        help="A map of CONTENT in flat colours, a colour for each region.",
    ),
    click.option(
        "--style-regions", metavar="MAP|#RRGGBB|all", multiple=True,
        help="Once for each STYLE, in their order: its map in the colours of --regions, or the "
        "one colour that all of it serves, or 'all' for every region.",
    ),
    click.option(
        "--protect", metavar="MASK", type=click.Path(path_type=Path, readable=False),
        help="Where MASK is white CONTENT stays as it is; greys blend.",
    ),
)  # fmt: skip


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what is let in as an input picture."""
    for option in reversed(_READING):
        command = option(command)
    return command


_READING = (
    click.option(
        "--max-pixels", metavar="N", type=click.IntRange(min=1), cls=of_group("Files"),
        help="Refuse input pictures of more pixels, before they are decoded. [default: 134217728]",
    ),
    click.option(
        "--frame", metavar="N", type=click.IntRange(min=0), cls=of_group("Files"),
        help="Which picture of an animation or of a TIFF's pages, from 0. [default: 0]",
    ),
    click.option(
        "--allow-truncated", is_flag=True, cls=of_group("Files"),
        help="Paint what is there of a file that was cut short.",
    ),
)  # fmt: skip


def reading_of(flags: dict[str, Any]) -> Reading:
    """Take what is let in out of a command's flags."""
    from impasto.pictures import Reading

    asked = {name: flags.pop(name) for name in ("max_pixels", "frame", "allow_truncated")}
    return Reading(**{name: value for name, value in asked.items() if value is not None})


def read_styles(
    paths: tuple[Path, ...], maps: tuple[str, ...], reading: Reading | None = None
) -> list[Style]:
    """Read the style pictures, each with its map; raise UsageError unless there is one for each."""
    from impasto.pictures import Reading, Style, load

    # The frame that was asked for is the photograph's.
    reading = replace(reading or Reading(), frame=0)
    if maps and len(maps) != len(paths):
        raise UsageError(
            f"--style-regions is given {len(maps)} times for {len(paths)} styles; give it once "
            "for each, 'all' where a style serves every region"
        )
    regions = [_read_map(text) for text in maps or ("all",) * len(paths)]
    return [
        Style(load(path, reading), regions=map_) for path, map_ in zip(paths, regions, strict=True)
    ]


def read_map(path: Path | None, reading: Reading) -> Picture | None:
    """Read a picture of which there is one or none, its first frame."""
    from impasto.pictures import load

    return None if path is None else load(path, replace(reading, frame=0))


def map_paths(regions: Path | None, maps: tuple[str, ...], protect: Path | None) -> list[Path]:
    """Return the files among the maps, which no output may replace."""
    named = [Path(text) for text in maps if text != "all" and not text.startswith("#")]
    return [path for path in (regions, protect, *named) if path is not None]


def named(paths: Sequence[Path], settings: Settings) -> list[str]:
    """Return the whole paths of all files that go into a run, its start and weights included."""
    files = [*paths, *(Path(text) for text in (settings.init, settings.weights))]
    return [str(path.absolute()) for path in files if path.is_file()]


def _read_map(text: str) -> Any:
    from impasto.pictures import as_picture, read_colour

    return None if text == "all" else read_colour(text) or as_picture(Path(text))
