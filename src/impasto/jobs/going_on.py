"""Whether a run goes on from the checkpoint beside its result, which must be its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from impasto.engine.checkpoint import State, read_checkpoint
from impasto.engine.fitting import check_fits
from impasto.engine.run import Run
from impasto.errors import UsageError


def going_on(run: Run, checkpoint: Path) -> tuple[Run, State | None]:
    """Return a run as its checkpoint's plan has it, and where it goes on; None from the start."""
    if not checkpoint.exists():
        return run, None
    try:
        kept = read_checkpoint(checkpoint)
        planned = dataclasses.replace(run, plan=kept.recipe.plan)
        check_fits(kept.state, planned)
    except UsageError:
        return run, None
    same = kept.recipe.paints(run.settings, run.ingredients)
    return (planned, kept.state) if same else (run, None)
