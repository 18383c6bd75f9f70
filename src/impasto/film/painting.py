"""Frame after frame: each painted from others that are there, or anew where a scene begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import torch

from impasto.engine.following import Maps, Start, following
from impasto.engine.iterate import paint
from impasto.engine.run import Run
from impasto.engine.step import Step
from impasto.film.course import Mark, Piece
from impasto.film.film import Film
from impasto.film.flow import Mask, Pixels
from impasto.film.holding import Held, between, held_again, held_by, led_to, start_of
from impasto.film.journal import Journal
from impasto.film.manner import manner_of
from impasto.film.reel import Reel
from impasto.film.seen import Painted, Seen, kept
from impasto.film.trust import is_cut
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.scene.finish import finish
from impasto.scene.masks import mask_at

# Evaluations of a later frame: where all of it is held, more for what is not, and the most.
_LEAST, _UNKNOWN, _MOST = 8, 60, 30
# Those of a frame that is painted again in another pass.
AGAIN = 6
# Where a camera moves slowly.
USUAL = 12
# Paintings that are kept in memory: those that a frame is held to most, and it.
_REMEMBERED = 5

See = Callable[[Step], None]


@dataclass(eq=False)
class Painter:
    """Paints the pieces of a film into its journal, in order."""

    film: Film
    journal: Journal
    see: See
    _seen: dict[Mark, Seen] = field(default_factory=dict)

    @cached_property
    def run(self) -> Run:
        """The first frame's run, by the plan that the film was begun by."""
        return replace(self.film.run, plan=self.journal.words.plan)

    @cached_property
    def reel(self) -> Reel:
        """What was filmed."""
        return Reel(self.film.frames)

    @cached_property
    def maps(self) -> dict[str, Reel]:
        """The maps of each frame."""
        films = self.film.maps.items()
        return {name: Reel(partial(self.film.frames, of=clip)) for name, clip in films}

    def paint(self, piece: Piece, *, is_needed: bool) -> int:
        """Paint a frame into the journal; return how many evaluations it took.

        It is remembered where other pieces need it.
        """
        number = piece.mark.number
        picture = self.reel.picture(number)
        filmed = _at_size(picture, self.run)
        seen, run, evaluations = self._painted(piece, picture, filmed)
        seen = _left_alone(seen, run)
        image = torch.from_numpy(seen.painted.image).permute(2, 0, 1)[None]
        shown = finish(run.originals, run.settings.surface, image)
        self.journal.add(piece.mark, seen if is_needed else None, shown)
        if is_needed:
            self._remember(piece.mark, seen)
        return evaluations

    def _painted(self, piece: Piece, picture: Picture, filmed: Pixels) -> tuple[Seen, Run, int]:
        """Return a frame's painting, the run that it is of, and the evaluations."""
        known = [self._known(mark) for mark in piece.held[:1]]
        if piece.between is not None:
            return self._blended(piece, piece.between, picture, filmed)
        if piece.own is not None:
            own = self._known(piece.own)
            if not known:
                return own, self._run_of(piece, picture), 0
            held = held_again(own, known[0], filmed)
            return self._on(piece, own, held, AGAIN, picture, filmed)
        if known:
            last = known[0]
            is_new = self.maps or piece.first is not None
            if np.array_equal(last.filmed, filmed) and not is_new:
                return last, self._run_of(piece, picture), 0
            held = held_by(last, (self._known(mark) for mark in piece.held[1:]), filmed)
            if not is_cut(held.nearest):
                if piece.first is not None:
                    held = led_to(held, self._known(piece.first), filmed, piece.share)
                return self._on(piece, last, held, None, picture, filmed)
        return self._anew(piece, picture, filmed)

    def _anew(self, piece: Piece, picture: Picture, filmed: Pixels) -> tuple[Seen, Run, int]:
        """Paint a frame as a picture is."""
        run = self._run_of(piece, picture) if piece.mark.number else self.run
        image, evaluations = self._evaluated(run)
        painted = Painted(image, np.ones_like(image[..., 0]))
        return Seen(filmed, painted, manner_of(image, filmed)), run, evaluations

    def _on(
        self,
        piece: Piece,
        last: Seen,
        held: Held,
        most: int | None,
        picture: Picture,
        filmed: Pixels,
    ) -> tuple[Seen, Run, int]:
        """Paint a frame on from what holds it, by so many evaluations, or as many as it takes."""
        start = start_of(held, last, filmed, self.film.steady, piece.mark.number)
        if most is None:
            protected = _protected(self._run_of(piece, picture), filmed.shape[:2])
            most = _limit(held.mask if protected is None else held.mask + protected)
        run = self._run_of(piece, picture, start, min(most, self.run.levels[-1].iterations))
        image, evaluations = self._evaluated(run)
        return Seen(filmed, held.ripened(image, evaluations), last.manner), run, evaluations

    def _blended(
        self, piece: Piece, way: float, picture: Picture, filmed: Pixels
    ) -> tuple[Seen, Run, int]:
        """Blend a frame of the keyframes around it."""
        left, right = (self._known(mark) for mark in piece.held)
        image = between(left, right, way, filmed, piece.mark.number)
        painted = Painted(image, np.ones_like(image[..., 0]))
        return Seen(filmed, painted, left.manner), self._run_of(piece, picture), 0

    def _run_of(
        self, piece: Piece, picture: Picture, start: Start | None = None, most: int = 0
    ) -> Run:
        """Return the run of a frame, by its own maps where it has some."""
        number = piece.mark.number
        maps = Maps(**{name: reel.picture(number) for name, reel in self.maps.items()})
        return following(self.run, picture, start, most, maps)

    def _evaluated(self, run: Run) -> tuple[Pixels, int]:
        for step in paint(run):
            self.see(step)
        image = step.image[0].permute(1, 2, 0).cpu().numpy()
        return kept(np.ascontiguousarray(image)), sum(step.evaluations)

    def _known(self, mark: Mark) -> Seen:
        """Return a painting from memory, or from the journal."""
        if mark not in self._seen:
            self._remember(mark, self.journal.seen(mark))
        return self._seen[mark]

    def _remember(self, mark: Mark, seen: Seen) -> None:
        self._seen[mark] = seen
        if len(self._seen) > _REMEMBERED:
            self._seen.pop(next(iter(self._seen)))


def _left_alone(seen: Seen, run: Run) -> Seen:
    """Return a frame with what is protected as it was filmed, which holds nothing later."""
    mask, photo = _protected(run, seen.filmed.shape[:2]), run.originals.content
    if mask is None or photo is None:
        return seen
    filmed = resize(photo.tensor()[None], *mask.shape)[0].permute(1, 2, 0).numpy()
    # Where it is grey, what was evaluated is blended already.
    image: Pixels = np.where(mask[..., None] < 1, seen.painted.image, filmed).astype(np.float32)
    ripe: Mask = (seen.painted.ripe * (1 - mask)).astype(np.float32)
    painted = Painted(kept(image), kept(ripe))
    return replace(seen, painted=painted)


def _protected(run: Run, size: tuple[int, ...]) -> Mask | None:
    """Return how far each pixel is protected (H,W), None where nothing is."""
    mask = mask_at(run.originals.protect, (size[0], size[1]), torch.device("cpu"))
    return None if mask is None else mask[0, 0].numpy()


def _limit(held: Mask) -> int:
    """Return the most evaluations of a frame that is held so much."""
    return min(_MOST, round(_LEAST + _UNKNOWN * (1 - float(np.minimum(held, 1).mean()))))


def _at_size(picture: Picture, run: Run) -> Pixels:
    """Return a frame at the size of the painting, (H,W,3), as it is when it has been kept."""
    level = run.levels[-1]
    image = resize(picture.tensor()[None], level.height, level.width)
    return kept(np.ascontiguousarray(image[0].permute(1, 2, 0).numpy()))
