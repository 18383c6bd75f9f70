"""What a checkpoint remembers of its job: its outputs, and the pictures that went in."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from impasto.errors import UsageError
from impasto.files import fitting
from impasto.jobs.observers import checkpoint_beside, so_far_beside
from impasto.jobs.outputs import Outputs
from impasto.schema import fitted

_log = logging.getLogger(__name__)

# Raised only when an older version must not go on, not for another flag.
_FORM = 1

# Letters of a path: what Windows allows, and more than others do.
_LONGEST = 32_767


@dataclass(frozen=True, kw_only=True)
class Notes(Outputs):
    """The outputs of a run, with the paths that went in.

    What an older version did not write yet has its default.
    """

    inputs: Annotated[tuple[Path, ...], Meta(max_length=10_000)]
    form: int = 1  # which the first did not write
    checkpoint_every: Annotated[float, Meta(ge=0)] = Outputs.checkpoint_every
    save_every: Annotated[int, Meta(ge=1)] | None = None

    def resumed(self, checkpoint: Path, output: Path | None, *, overwrite: bool) -> Notes:
        """Return the flags of the rest of the run, which goes on in the same checkpoint."""
        # What was allowed to the run that wrote it here, not to a file from somewhere else.
        allowed = self.overwrite and self._began_in(checkpoint)
        return replace(
            self,
            output=self.output if output is None else output.absolute(),
            overwrite=allowed or overwrite,
            checkpoint=checkpoint,
            timelapse=_of_the_rest(self.timelapse),
            plot=_of_the_rest(self.plot),
        )

    def own(self, checkpoint: Path) -> tuple[Path, ...]:
        """Return the files that the rest of the run goes on to write."""
        so_far = so_far_beside(self.output)
        return (checkpoint, so_far) if self._began_in(checkpoint) else (checkpoint,)

    def _began_in(self, checkpoint: Path) -> bool:
        first = self.checkpoint or checkpoint_beside(self.output)
        return first.absolute() == checkpoint.absolute()


def _of_the_rest(path: Path | None) -> Path | None:
    """Return where the rest of a film or a curve goes: its first part stays."""
    return path and fitting(path.parent, path.stem, f"-resumed{path.suffix}")


def notes_of(outputs: Outputs, inputs: Sequence[str]) -> dict[str, Any]:
    """Return what a checkpoint remembers, for JSON, as `read_notes` reads it."""
    return {"form": _FORM, "inputs": list(inputs), **outputs.as_plain()}


def read_notes(values: Mapping[str, Any], checkpoint: Path) -> Notes:
    """Read what 'impasto paint' wrote into a checkpoint; raise UsageError for anything else."""
    if not {"inputs", "output"} <= set(values):
        raise UsageError(f"{checkpoint} was not written by 'impasto paint'; go on in Python")
    if values.get("depth") in ("8", "16"):  # which was a text once
        values = {**values, "depth": int(values["depth"])}
    try:
        notes = fitted(values, Notes, _made)
    except UsageError as fault:
        raise UsageError(f"the notes of {checkpoint} cannot be read: {fault}") from fault
    if notes.form > _FORM:
        raise UsageError(
            f"{checkpoint} was written by a newer version of impasto; go on with that one"
        )
    if unknown := sorted(set(values) - set(Notes.__dataclass_fields__)):
        told = ", ".join(name[:40] for name in unknown[:5])
        _log.info("%s asks for %s, which this version does not know", checkpoint, told)
    return notes


def _made(kind: type[Any], value: Any) -> Any:
    """Make a path, which JSON does not know, of whatever 'impasto paint' takes for one."""
    if not isinstance(value, str):
        raise UsageError(f"a path is a text, not {type(value).__name__}")
    if not 0 < len(value) <= _LONGEST:
        raise UsageError(f"a path of {len(value)} letters cannot be; 1 to {_LONGEST} can")
    try:
        if b"\0" not in os.fsencode(value):
            return kind(value)
    except UnicodeEncodeError:  # half a letter
        pass
    raise UsageError(f"no file has the name {value[:50]!r}")
