"""A change of settings in the middle of a run."""

from __future__ import annotations

from typing import Any

from impasto.engine.checkpoint import Checkpoint
from impasto.engine.step import Step
from impasto.errors import UsageError


def change(step: Step, options: dict[str, Any]) -> None:
    """Let the run go on from this step by other settings."""
    if not hasattr(step, "change"):
        raise UsageError("settings cannot change yet while a job is painted")
    step.change(**options)


def light(step: Step, notes: dict[str, Any]) -> Checkpoint | None:
    """Return a small state that can be gone back to."""
    try:
        return step.checkpoint(notes, light=True)  # type: ignore[call-arg]
    except TypeError:
        return None
