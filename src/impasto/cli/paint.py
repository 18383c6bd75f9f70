"""impasto paint: one photograph, one or more paintings, one result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.inputs import (
    content_argument,
    inputs_of,
    map_options,
    reading_options,
    styles_argument,
)
from impasto.cli.options import GroupedCommand, given, settings_options, telling_options
from impasto.cli.progress import Reporter, make_reporter
from impasto.cli.results import result_options, results_of
from impasto.cli.signals import Interrupted, Stopped, stoppable
from impasto.cli.telling import quoted
from impasto.errors import NonFiniteError, OutputError
from impasto.jobs.observers import Keepers
from impasto.jobs.outputs import Results

if TYPE_CHECKING:
    from impasto.engine.checkpoint import State
    from impasto.engine.run import Run
    from impasto.engine.step import Step
    from impasto.pictures.picture import Picture


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
    """Paint a run into a file; what is there when it ends early is saved all the same.

    `inputs` are the paths that went in, for a checkpoint to find again.
    """
    results.check_fits(run)
    began = time.monotonic()
    checkpoints = results.checkpoints({"inputs": inputs, **results.as_plain()}, resume is not None)
    keepers = Keepers([*results.keepers(resume is not None), checkpoints])
    with reporter:
        try:
            picture = _follow(run, results, reporter, keepers, resume)
        except (Exception, Stopped) as fault:
            # The same numbers would break again.
            if checkpoints.written is not None and not isinstance(fault, NonFiniteError):
                # What the checkpoint does not know yet, where another place was asked for.
                there = f" -o {quoted(results.output)}" if resume is not None else ""
                resuming = f"impasto resume {quoted(checkpoints.written)}{there} --overwrite"
                fault.add_note(f"to go on: {resuming}")
            raise
        finally:
            # After the picture, which matters more.
            keepers.end()
        checkpoints.remove()
        reporter.done(results.place.path, picture.size, time.monotonic() - began)
    if moved := results.place.moved:
        raise OutputError(f"{moved}; the result is in {results.place.path}")


def _follow(
    run: Run, results: Results, reporter: Reporter, keepers: Keepers, resume: State | None
) -> Picture:
    """Paint and save; what ends the run early, its own or not, says where the picture is."""
    from impasto.engine.iterate import paint as paint_run

    step = None
    try:
        for step in paint_run(run, resume=resume):
            reporter.step(step)
            keepers.see(step, reporter.seconds_left)
        assert step is not None
        picture = step.picture
    except Stopped as stop:
        raise _saved(_interrupted(stop, step), step, results) from stop
    except Exception as fault:
        _saved(fault, step, results)
        raise
    try:
        results.save(picture)
    except Stopped as stop:
        raise _saved(_interrupted(stop, step), step, results) from stop
    return picture


def _saved(fault: Exception, step: Step | None, results: Results) -> Exception:
    """Save what was painted before a fault, and note in it where that is."""
    try:
        picture = _sound(fault, step)
        if picture is not None:
            results.save(picture)
            why = f", for {results.place.moved}" if results.place.moved else ""
            fault.add_note(f"saved what was there as {results.place.path}{why}")
    except Stopped:  # the next one would end the process
        return _saved(fault, step, results)
    except Exception as other:
        fault.add_note(str(other))
    return fault


def _sound(fault: Exception, step: Step | None) -> Picture | None:
    """Return the last picture that is fit to be seen, if there is one."""
    # A step's has its recipe.
    picture: Picture | None = getattr(fault, "picture", None) if step is None else step.picture
    return picture


def _interrupted(stop: Stopped, step: Step | None) -> Interrupted:
    """Say how far a run got."""
    where = (
        "before the first evaluation; nothing was written"
        if step is None
        else f"at evaluation {step.iteration} of level {step.level} of {len(step.levels)}"
    )
    return Interrupted(f"stopped by {stop.name} {where}", stop.number)
