"""Pictures named on the command line, with the maps that say where each style applies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.errors import UsageError

if TYPE_CHECKING:
    from impasto.pictures import Style


def map_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of the maps of regions and of what is protected."""
    for option in reversed(_MAPS):
        command = option(command)
    return command


_MAPS = (
    click.option(
        "--regions", metavar="MAP", type=click.Path(path_type=Path),
        help="A map of CONTENT in flat colours, a colour for each region.",
    ),
    click.option(
        "--style-regions", metavar="MAP|#RRGGBB|all", multiple=True,
        help="Once for each STYLE, in their order: its map in the colours of --regions, or the "
        "one colour that all of it serves, or 'all' for every region.",
    ),
    click.option(
        "--protect", metavar="MASK", type=click.Path(path_type=Path),
        help="Where MASK is white CONTENT stays as it is; greys blend.",
    ),
)  # fmt: skip


def read_styles(paths: tuple[Path, ...], maps: tuple[str, ...]) -> list[Style]:
    """Read the style pictures, each with its map; raise UsageError unless there is one for each."""
    from impasto.pictures import Style, as_picture

    if maps and len(maps) != len(paths):
        raise UsageError(
            f"--style-regions is given {len(maps)} times for {len(paths)} styles; give it once "
            "for each, 'all' where a style serves every region"
        )
    regions = [_read_map(text) for text in maps or ("all",) * len(paths)]
    return [
        Style(as_picture(path), regions=map_) for path, map_ in zip(paths, regions, strict=True)
    ]


def map_paths(regions: Path | None, maps: tuple[str, ...], protect: Path | None) -> list[Path]:
    """Return the files among the maps, which no output may replace."""
    named = [Path(text) for text in maps if text != "all" and not text.startswith("#")]
    return [path for path in (regions, protect, *named) if path is not None]


def _read_map(text: str) -> Any:
    from impasto.pictures import as_picture, read_colour

    return None if text == "all" else read_colour(text) or as_picture(Path(text))
