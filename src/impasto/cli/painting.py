"""What paint, rerun and resume do once their flags are right; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.cli.files import from_flags
from impasto.cli.progress import make_reporter
from impasto.cli.telling import quoted
from impasto.cli.together import Lead, leading
from impasto.engine.checkpoint import State, read_checkpoint
from impasto.engine.fitting import check_fits
from impasto.engine.run import Run
from impasto.engine.turns import handed_out
from impasto.errors import OutputError
from impasto.jobs.inputs import Inputs
from impasto.jobs.job import Job
from impasto.jobs.notes import read_notes
from impasto.jobs.outputs import Outputs
from impasto.jobs.pantry import Pantry
from impasto.jobs.rerun import again, read_recipe
from impasto.jobs.stopping import Stopped
from impasto.pictures.limits import Reading
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings
from impasto.sheets.record import recipe_in
from impasto.sheets.subjects import EXAMPLES


def paint(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> None:
    """Paint what the flags name."""
    inputs = from_flags(Inputs, flags, reading=from_flags(Reading, flags))
    outputs = from_flags(Outputs, flags)
    paths = inputs.paths(settings)
    outputs.check(paths)
    with leading(resources) as lead:
        run = inputs.prepare(settings, lead.resources)
        paint_to(run, outputs, paths, flags, lead)


def rerun(
    picture: Path,
    content: Path | None,
    styles: Sequence[Path],
    size: str | None,
    flags: Mapping[str, Any],
    *,
    cell: tuple[int, int] | None = None,
) -> None:
    """Paint by the recipe in a picture, or of a sheet's cell, maybe otherwise."""
    outputs = from_flags(Outputs, flags)
    # Without a picture of its own a cell has its photograph's depth.
    found, depth = read_recipe(picture) if cell is None else (recipe_in(picture, *cell), None)
    # Those of figures that were painted of the examples are found as well.
    pantry = Pantry([picture.parent, Path(), EXAMPLES])
    outputs.check([str(picture)])
    outputs = outputs if depth is None else outputs.with_depth(depth)
    with leading(Resources()) as lead:
        processes = lead.group.size
        run = again(found, pantry, content=content, styles=styles, size=size, processes=processes)
        outputs.check(pantry.used)
        paint_to(run, outputs, pantry.used, flags, lead)


def resume(
    checkpoint: Path, output: Path | None, flags: Mapping[str, Any], *, overwrite: bool
) -> None:
    """Paint the rest of a run from its checkpoint."""
    kept = read_checkpoint(checkpoint)
    notes = read_notes(kept.notes, checkpoint)
    pantry = Pantry([checkpoint.parent, Path()], notes.inputs)
    outputs = notes.resumed(checkpoint, output, overwrite=overwrite)
    own = notes.own(checkpoint)
    outputs.check([], own)
    with leading(Resources()) as lead:
        run = again(kept.recipe, pantry, processes=lead.group.size)
        check_fits(kept.state, run)
        outputs.check(pantry.used, own)
        paint_to(run, outputs, pantry.used, flags, lead, kept.state)


def paint_to(
    run: Run,
    outputs: Outputs,
    inputs: Sequence[str],
    flags: Mapping[str, Any],
    lead: Lead,
    resume: State | None = None,
) -> None:
    """Paint a run into its file, with what `telling_options` ask to be shown; see Job."""
    run = handed_out(run, resume, lead.group)
    reporter = make_reporter(quiet=flags["quiet"], json_lines=flags["json_progress"])
    job = Job(
        run=run,
        outputs=outputs,
        inputs=inputs,
        observers=[reporter, *lead.observers],
        resume=resume,
    )
    try:
        with reporter:
            done = job.paint()
            reporter.done(done)
    except (Exception, Stopped) as fault:
        if checkpoint := getattr(fault, "checkpoint", None):
            # What the checkpoint does not know yet, where another place was asked for.
            there = f" -o {quoted(outputs.output)}" if resume is not None else ""
            fault.add_note(f"to go on: impasto resume {quoted(checkpoint)}{there} --overwrite")
        raise
    if done.moved:
        raise OutputError(f"{done.moved}; the result is in {done.path}")
