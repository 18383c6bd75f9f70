"""Changing a run while it goes on: what is asked after an evaluation, made before the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import UNSET, UnsetType

from impasto.engine.change import MOST_CHANGES, Change, Place, check_changeable
from impasto.engine.checkpoint import State
from impasto.engine.recipe import source_of
from impasto.engine.run import Run
from impasto.errors import UsageError
from impasto.pictures.origin import Source
from impasto.pictures.picture import Picture
from impasto.reading.sources import PictureSource, as_picture
from impasto.scene.originals import Originals, protection_of
from impasto.scene.styles import shares_of_parts
from impasto.settings.shares import shares_of


@dataclass(eq=False)
class Turn:
    """The time between one evaluation and the next, when the run may be changed."""

    run: Run
    place: Place
    final: bool  # no evaluation follows
    is_over: bool = False

    def change(self, protect: PictureSource | UnsetType | None, asked: Mapping[str, Any]) -> None:
        """Let the run be changed here; raise UsageError for what cannot be."""
        check_changeable(asked)
        if self.final:
            raise UsageError("the run has come to its end: paint again, with other settings")
        if not self.run.group.is_alone:
            raise UsageError("what several processes paint together cannot be changed meanwhile")
        if self.is_over:
            raise UsageError("this step is past: change the run at its latest step")
        level, iteration = self.place
        change = Change(level=level, iteration=iteration, settings=asked)
        if isinstance(protect, UnsetType):
            self.run = with_change(self.run, change)
        else:
            mask = None if protect is None else as_picture(protect)
            self.run = with_change(self.run, replace(change, protect=None), mask)


def as_changed(run: Run, place: Place) -> Run:
    """Return a run as it goes on from a place: with the settings and the mask of its changes."""
    changed: dict[str, Any] = {}
    protect: Source | UnsetType | None = UNSET
    for change in run.changes:
        if change.place <= place:
            changed |= change.settings
            protect = protect if change.protect is UNSET else change.protect
    settings, originals = replace(run.settings, **changed), run.originals
    if "content_weight" in changed:
        _photo_size(originals, "content weight")
    if "style_blend" in changed:
        originals = originals.blended(_shares(run, changed["style_blend"]))
    if not isinstance(protect, UnsetType):
        mask = None if protect is None else run.masks[protect]
        originals = replace(originals, protect=mask)
    return replace(run, settings=settings, originals=originals)


def is_changed(run: Run, after: Place, until: Place) -> bool:
    """Return whether a run changes after one place, and at another at the latest."""
    return any(after < change.place <= until for change in run.changes)


def with_change(run: Run, change: Change, mask: Picture | None = None) -> Run:
    """Return a run with one more change, checked, to what a `mask` protects, where one is given.

    Two at one place become one.
    """
    if mask is not None:
        run, source = _with_mask(run, mask)
        change = replace(change, protect=source)
    before = [one for one in run.changes if one.place < change.place]
    here = [one for one in run.changes if one.place == change.place]
    later = [one for one in run.changes if one.place > change.place]
    changes = (*before, change.after(here[0]) if here else change, *later)
    if len(changes) > MOST_CHANGES:
        raise UsageError(f"a run can change {MOST_CHANGES} times, and this one has done so")
    changed = replace(run, changes=changes)
    for one in changes[len(before) :]:
        as_changed(changed, one.place)
    return changed


def going_on(run: Run, state: State) -> tuple[Run, State]:
    """Return a run and the state it goes on from: where it changes there is no memory.

    So a state without memory is a change, if only of the memory.
    """
    place = state.level, state.iteration
    if any(change.place == place for change in run.changes):
        return run, replace(state, watch=None)
    if state.watch is not None:
        return run, state
    return with_change(run, Change(level=place[0], iteration=place[1], settings={})), state


def _with_mask(run: Run, mask: Picture) -> tuple[Run, Source]:
    """Return a run that has a mask of what may stay as it is, and where that comes from."""
    source, found = source_of(mask), protection_of(mask, _photo_size(run.originals, "protect"))
    assert found is not None
    return replace(run, masks={**run.masks, source: found}), source


def _shares(run: Run, blend: tuple[float, ...]) -> tuple[float, ...]:
    """Return what each of a run's styles has of 1, by a blend of those that were handed in."""
    weights = [style.weight for style in run.ingredients.styles]
    return shares_of_parts(shares_of(weights, blend), run.settings.style_crops)


def _photo_size(originals: Originals, needing: str) -> tuple[int, int]:
    if originals.content is None:
        raise UsageError(f"a texture has no photograph, which {needing} would need: leave that out")
    return originals.content.size
