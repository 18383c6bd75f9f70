"""The run of a film's next frame: another photograph, painted on from what is there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from torch import Tensor

from impasto.computing.modes import set_apart
from impasto.engine.recipe import ingredient
from impasto.engine.run import Run
from impasto.pictures.picture import Picture
from impasto.profiles.icc import Pixels
from impasto.scene.alpha import filled
from impasto.scene.anchor import Anchor
from impasto.scene.colour import grey
from impasto.scene.faces import faces_kept
from impasto.scene.init import Init
from impasto.scene.originals import Originals, protection_of
from impasto.scene.regions import match_regions


@dataclass(frozen=True, eq=False)
class Start:
    """A painting (1,3,H,W) of the finest level's size to go on from, and what it is held to."""

    image: Tensor
    anchor: Anchor


@dataclass(frozen=True, eq=False)
class Maps:
    """A photograph's own maps: of its regions, and of what stays as it is."""

    regions: Picture | None = None
    protect: Picture | None = None


@set_apart
def following(
    run: Run, photo: Picture, start: Start | None, iterations: int = 0, maps: Maps | None = None
) -> Run:
    """Return the run of another photograph of the same size, in its space, by the same plan.

    With a `start` only the finest level is painted, with so many evaluations at most; styles stay
    as they were for the first photograph, those that were given its colours too. Maps are the first
    one's but for those that are given; raises UsageError for one that does not fit.
    """
    originals = run.originals if maps is None else _mapped(run.originals, photo, maps)
    photo = filled(
        photo.in_space(None if originals.content is None else originals.content.origin.profile)
    )
    grey_only = run.settings.colour == "luminance"
    painted = grey(photo) if grey_only else photo
    originals = replace(
        originals,
        content=painted,
        colours=None if originals.colours is None else photo,
        faces=faces_kept(photo, run.settings),
        anchor=None if start is None else start.anchor,
        init=_init(run, painted, start),
    )
    ingredients = msgspec.structs.replace(run.ingredients, content=ingredient(photo))
    run = replace(run, originals=originals, ingredients=ingredients)
    return run if start is None else _finest(run, iterations)


def _mapped(originals: Originals, photo: Picture, maps: Maps) -> Originals:
    """Return the pictures with a photograph's own maps."""
    if maps.regions is not None:
        found = match_regions(photo.size, maps.regions, originals.styles, may_lack=True)
        originals = replace(originals, regions=found)
    if maps.protect is not None:
        originals = replace(originals, protect=protection_of(maps.protect, photo.size))
    return originals


def _init(run: Run, photo: Picture, start: Start | None) -> Init:
    if start is not None:
        return Init(Picture(_pixels(start.image)), as_it_is=True)
    init = run.originals.init
    return replace(init, picture=photo) if init.picture is run.originals.content else init


def _pixels(image: Tensor) -> Pixels:
    return np.ascontiguousarray(image[0].permute(1, 2, 0).cpu().numpy())


def _finest(run: Run, iterations: int) -> Run:
    """Return the run without its levels but for the finest, which has so many evaluations."""
    plan = run.plan
    plan = replace(
        plan,
        tiles=plan.tiles[-1:],
        history=plan.history[-1:],
        scratch=plan.scratch[-1:],
        evaluations=(iterations,),
    )
    return replace(run, plan=plan, levels=(replace(run.levels[-1], iterations=iterations),))
