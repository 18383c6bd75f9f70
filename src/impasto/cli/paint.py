"""impasto paint: one photograph, one or more paintings, one result."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.inputs import map_options, map_paths, read_styles
from impasto.cli.options import GroupedCommand, given, output_options, settings_options
from impasto.cli.progress import Reporter, make_reporter
from impasto.errors import ImpastoError, NonFiniteError

if TYPE_CHECKING:
    from impasto.engine import Run
    from impasto.pictures import Picture


class Interrupted(ImpastoError):
    """The person stopped the run; what was painted is saved."""

    exit_code = 130

    def __init__(self, message: str, picture: Picture | None) -> None:
        super().__init__(message)
        self.picture = picture


class PaintCommand(GroupedCommand):
    """The paint command's examples."""

    examples = (
        ("A 512 px picture:", "impasto paint photo.jpg painting.jpg -o painted.png"),
        (
            "Larger, with more of the photograph:",
            "impasto paint photo.jpg painting.jpg -o painted.jpg --size 1024 --style-weight 200",
        ),
        (
            "Two styles, the photograph's own colours:",
            "impasto paint photo.jpg one.jpg two.jpg -o both.png --style-blend 0.7,0.3 "
            "--colour luminance",
        ),
        (
            "As in the paper:",
            "impasto paint photo.jpg painting.jpg -o paper.png --preset paper",
        ),
    )


@click.command(cls=PaintCommand, no_args_is_help=True)
@click.argument("content", metavar="CONTENT", type=click.Path(path_type=Path))
@click.argument(
    "styles", metavar="STYLE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@output_options
@map_options
@settings_options
def paint(
    content: Path,
    styles: tuple[Path, ...],
    output: Path,
    overwrite: bool,
    quiet: bool,
    json_progress: bool,
    regions: Path | None,
    style_regions: tuple[str, ...],
    protect: Path | None,
    **flags: Any,
) -> None:
    """Paint the photograph CONTENT in the style of one or more pictures STYLE.

    The photograph's forms are kept, the painting's colours, strokes and textures are taken.
    Ctrl-C stops early and saves what is there.
    """
    settings, resources = given(flags)
    # After the settings, so that a wrong flag is answered before torch is loaded.
    from impasto.engine import prepare
    from impasto.pictures import as_picture, check_output

    maps = map_paths(regions, style_regions, protect)
    check_output(output, overwrite=overwrite, inputs=(content, *styles, *maps))
    run = prepare(
        as_picture(content), read_styles(styles, style_regions), settings, resources,
        regions=regions, protect=protect,
    )  # fmt: skip
    paint_to(run, output, make_reporter(quiet=quiet, json_lines=json_progress))


def paint_to(run: Run, output: Path, reporter: Reporter) -> None:
    """Paint a run into a file; what is there when it stops early is saved all the same."""
    from impasto.pictures import save

    began = time.monotonic()
    with reporter:
        try:
            picture = _follow(run, reporter)
        except (NonFiniteError, Interrupted) as fault:
            if fault.picture is not None:
                save(fault.picture, output)
            raise
        save(picture, output)
        reporter.done(output, picture.size, time.monotonic() - began)


def _follow(run: Run, reporter: Reporter) -> Picture:
    from impasto.engine import paint as paint_run

    step = None
    try:
        for step in paint_run(run):
            reporter.step(step)
    except KeyboardInterrupt as fault:
        where = "before the first evaluation; nothing was written"
        if step is not None:
            where = f"at evaluation {step.iteration} of level {step.level}; saved what was there"
        raise Interrupted(f"interrupted {where}", step.picture if step else None) from fault
    assert step is not None
    return step.picture
