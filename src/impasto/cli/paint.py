"""impasto paint: one photograph, one or more paintings, one result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.inputs import (
    content_argument,
    inputs_of,
    map_options,
    reading_options,
    styles_argument,
)
from impasto.cli.keeping import Keeper
from impasto.cli.options import GroupedCommand, given, settings_options, telling_options
from impasto.cli.progress import Reporter, make_reporter
from impasto.cli.results import Results, result_options, results_of
from impasto.cli.stopping import Interrupted, Stopped, stoppable
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine import Run, State, Step
    from impasto.pictures import Picture


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
@content_argument
@styles_argument
@result_options
@telling_options
@map_options
@reading_options
@settings_options
def paint(quiet: bool, json_progress: bool, **flags: Any) -> None:
    """Paint the photograph CONTENT in the style of one or more pictures STYLE.

    The photograph's forms are kept, the painting's colours, strokes and textures are taken.
    Ctrl-C stops early and saves what is there.
    """
    results, inputs = results_of(flags), inputs_of(flags)
    # Settings before pictures, so that a wrong flag is answered before torch is loaded.
    settings, resources = given(flags)
    paths = inputs.paths(settings)
    results.check(paths)
    with stoppable():
        run = inputs.prepare(settings, resources)
        paint_to(run, results, make_reporter(quiet=quiet, json_lines=json_progress), paths)


def paint_to(
    run: Run, results: Results, reporter: Reporter, inputs: list[str],
    resume: State | None = None,
) -> None:  # fmt: skip
    """Paint a run into a file; what is there when it stops early is saved all the same.

    `inputs` are the paths that went in, for a checkpoint to find again.
    """
    results.check_fits(run)
    began = time.monotonic()
    checkpoints = results.checkpoints({"inputs": inputs, **results.as_plain()}, resume is not None)
    keepers = results.keepers()
    with reporter:
        try:
            picture = _follow(run, results, reporter, [*keepers, checkpoints], resume)
        except ImpastoError as fault:
            if fault.picture is not None:
                results.save(fault.picture)
            raise
        finally:
            # After the picture, which matters more.
            for keeper in keepers:
                keeper.end()
        checkpoints.end()
        reporter.done(results.output, picture.size, time.monotonic() - began)


def _follow(
    run: Run, results: Results, reporter: Reporter, keepers: Sequence[Keeper], resume: State | None
) -> Picture:
    """Paint and save; what breaks on the way carries what was painted."""
    from impasto.engine import paint as paint_run

    step = None
    try:
        for step in paint_run(run, resume=resume):
            reporter.step(step)
            for keeper in keepers:
                keeper.see(step, reporter.seconds_left)
    except ImpastoError as fault:
        if fault.picture is None and step is not None:
            fault.picture = step.picture
        raise
    except Stopped as stop:
        raise _interrupted(stop, step, results, keepers) from stop
    assert step is not None
    try:
        picture = step.picture
        results.save(picture)
    except Stopped as stop:
        raise _interrupted(stop, step, results, keepers) from stop
    return picture


def _interrupted(
    stop: Stopped, step: Step | None, results: Results, keepers: Sequence[Keeper]
) -> Interrupted:
    """Say how far a run got, and how it goes on."""
    checkpoint = next((keeper.written for keeper in keepers if keeper.written), None)
    if step is None:
        message = f"stopped by {stop.name} before the first evaluation; nothing was written"
        return Interrupted(message, None, stop.number)
    message = (
        f"stopped by {stop.name} at evaluation {step.iteration} of level {step.level} of "
        f"{len(step.levels)}; saved what was there as {results.output}"
    )
    if checkpoint is not None:
        message += f"; to go on: impasto resume {checkpoint} --overwrite"
    return Interrupted(message, step.picture, stop.number)
