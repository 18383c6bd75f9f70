"""Painting a batch's pictures one after another, without loading or measuring anything twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.batch.item import Item
from impasto.batch.shelf import Shelf
from impasto.engine.networks import Networks
from impasto.engine.recipe import Recipe
from impasto.engine.run import Run
from impasto.jobs.going_on import going_on
from impasto.jobs.job import Done, Job
from impasto.jobs.observers import Observer, checkpoint_beside
from impasto.jobs.outputs import Outputs
from impasto.planning.machine import sharing
from impasto.reading.carrying import read_recipe_text
from impasto.settings.numbers import CHECKPOINT_SECONDS


@dataclass(frozen=True, kw_only=True)
class Written:
    """How a batch's pictures are written, all alike."""

    metadata: bool = True
    fallback_dir: Path | None = None
    checkpoint_every: float = CHECKPOINT_SECONDS
    save_every: int | None = None

    def outputs(self, item: Item, *, replaces: bool) -> Outputs:
        """Return where a picture goes; what is there may be replaced, or not."""
        return Outputs(
            output=item.output,
            overwrite=replaces,
            depth=item.depth,
            metadata=self.metadata,
            fallback_dir=self.fallback_dir,
            checkpoint_every=self.checkpoint_every,
            save_every=self.save_every,
        )


class Worker:
    """Paints pictures: a network and the styles are loaded with the first that needs them."""

    def __init__(self, share: float = 1.0) -> None:
        """Take a share of the threads and of what memory is free; others have the rest."""
        self._share = share
        self._networks = Networks()
        self._shelf = Shelf()

    def paint(
        self,
        item: Item,
        outputs: Outputs,
        observers: Sequence[Observer] = (),
        *,
        was_begun: bool = False,
    ) -> Done:
        """Paint a picture to its file; raises what `Job.paint` does, and before it `prepare`.

        One that was begun goes on from its checkpoint, or is there already: whoever was painting it
        may have been killed between its last two actions.
        """
        read = item.inputs.read(self._shelf.load)
        resources = sharing(item.resources, self._share)
        run = read.prepare(item.settings, resources, networks=self._networks)
        if was_begun and _is_painted(outputs.output, run):
            finest = run.levels[-1]
            return Done(outputs.output, (finest.height, finest.width), 0.0, "")
        run, state = going_on(run, checkpoint_beside(outputs.output))
        job = Job(run=run, outputs=outputs, inputs=item.paths, observers=observers, resume=state)
        return job.paint()


def _is_painted(path: Path, run: Run) -> bool:
    """Return whether a file is the whole picture of a run, by its recipe."""
    try:
        recipe = Recipe.from_json(read_recipe_text(path) or "", str(path))
    except Exception:  # whatever it is, it is painted again
        return False
    return not recipe.interrupted and recipe.paints(run.settings, run.ingredients)
