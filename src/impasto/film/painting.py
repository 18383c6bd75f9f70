"""Frame after frame: each painted from those before it, or anew where another scene begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch

from impasto.engine.following import following
from impasto.engine.iterate import paint
from impasto.engine.run import Run
from impasto.engine.step import Step
from impasto.film.film import Film
from impasto.film.flow import Mask, Pixels
from impasto.film.holding import BACK, Painted, Seen, held_by, start_of
from impasto.film.journal import Journal, Scene
from impasto.film.manner import manner_of
from impasto.film.trust import is_cut
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.scene.finish import finish

# Evaluations of a later frame: where all of it is held, more for what is not, and the most.
_LEAST, _UNKNOWN, _MOST = 8, 60, 30
# Where a camera moves slowly.
USUAL = 12

See = Callable[[Step], None]


@dataclass(eq=False)
class Painter:
    """Paints the frames of a film, in order; those that the journal has are only looked at."""

    film: Film
    journal: Journal
    see: See
    _last: dict[int, tuple[Pixels, Painted]] = field(default_factory=dict)

    @cached_property
    def run(self) -> Run:
        """The first frame's run, by the plan that the film was begun by."""
        return replace(self.film.run, plan=self.journal.words.plan)

    def show(self, number: int, picture: Picture) -> int | None:
        """Paint a frame into the journal, unless it is there; return how many evaluations it took.

        None says that it was there.
        """
        filmed = _at_size(picture, self.run)
        if number < self.journal.done:
            if number >= self.journal.done - max(BACK):
                self._remember(number, filmed, self.journal.painted(number))
            return None
        painted, run, evaluations = self._painted(number, picture, filmed)
        image = torch.from_numpy(painted.image).permute(2, 0, 1)[None]
        self.journal.add(number, painted, finish(run.originals, run.settings.surface, image))
        self._remember(number, filmed, painted)
        return evaluations

    def _painted(self, number: int, picture: Picture, filmed: Pixels) -> tuple[Painted, Run, int]:
        """Return a frame's painting, the run that it is of, and the evaluations."""
        before = self._before(number)
        if 1 in before:
            last = before[1]
            if np.array_equal(last.filmed, filmed):
                return last.painted, following(self.run, picture, None), 0
            held = held_by(before, filmed)
            if not is_cut(held.nearest):
                start = start_of(held, last, filmed, self.film.steady, number)
                most = min(_limit(held.mask), self.run.levels[-1].iterations)
                run = following(self.run, picture, start, most)
                image, evaluations = self._evaluated(run)
                return held.ripened(image, evaluations), run, evaluations
        run = following(self.run, picture, None) if number else self.run
        image, evaluations = self._evaluated(run)
        self.journal.begin_scene(Scene(number, manner_of(image)))
        return Painted(image, np.ones_like(image[..., 0])), run, evaluations

    def _evaluated(self, run: Run) -> tuple[Pixels, int]:
        for step in paint(run):
            self.see(step)
        image = step.image[0].permute(1, 2, 0).cpu().numpy()
        return np.ascontiguousarray(image), sum(step.evaluations)

    def _before(self, number: int) -> dict[int, Seen]:
        """Return the frames of the same scene that a frame may be held to, by how far back."""
        scene = self.journal.scene_of(number)
        if scene is None:
            return {}
        backs = [back for back in BACK if number - back >= scene.first]
        return {back: Seen(*self._last[number - back], scene.manner) for back in backs}

    def _remember(self, number: int, filmed: Pixels, painted: Painted) -> None:
        self._last[number] = filmed, painted
        self._last.pop(number - max(BACK), None)


def _limit(held: Mask) -> int:
    """Return the most evaluations of a frame that is held so much."""
    return min(_MOST, round(_LEAST + _UNKNOWN * (1 - float(held.mean()))))


def _at_size(picture: Picture, run: Run) -> Pixels:
    """Return a frame at the size of the painting, (H,W,3)."""
    level = run.levels[-1]
    image = resize(picture.tensor()[None], level.height, level.width)
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())
