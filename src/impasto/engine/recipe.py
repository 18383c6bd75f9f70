"""The recipe of a picture: all that is needed to paint it again, as JSON in its file.

Names are base names, and there are no dates and durations: the same run writes the same bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

import torch

from impasto.engine.hardware import present
from impasto.engine.planning import Plan
from impasto.errors import UsageError
from impasto.pictures import Picture, Source, Style
from impasto.settings import Settings, from_names

# What may change bits, or bytes.
_LIBRARIES = ("impasto", "torch", "numpy", "pillow", "imagecodecs", "tifffile")
# What a recipe begins with, and the form that this version writes.
MARK, FORM = "impasto recipe", 1


@dataclass(frozen=True)
class StyleIngredient:
    """A style that went in, with its map or the plain colour that it serves."""

    picture: Source
    weight: float = 1.0
    scale: float = 1.0
    regions: Source | tuple[int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """All pictures of a run, as they were handed in."""

    content: Source | None
    styles: tuple[StyleIngredient, ...]
    regions: Source | None = None
    protect: Source | None = None
    start: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a picture was painted.

    `evaluations` were made at each level that was reached, `interrupted` says that more were
    wanted; `losses` are those of the picture as it was evaluated. `weights` is the SHA-256 of the
    network's.
    """

    settings: Settings
    plan: Plan
    ingredients: Ingredients
    weights: str
    versions: Mapping[str, str]
    evaluations: tuple[int, ...]
    interrupted: bool
    losses: Mapping[str, float]
    encoder: str | None = None
    threads: int | None = None

    def as_json(self) -> str:
        """Return the text that stands in the file: ASCII, keys in a fixed order."""
        return json.dumps(
            {
                MARK: FORM,
                "settings": _shortened(dataclasses.asdict(self.settings)),
                "plan": _without_folders(self.plan),
                "ingredients": dataclasses.asdict(self.ingredients),
                "weights": self.weights,
                "versions": dict(self.versions),
                "evaluations": self.evaluations,
                "interrupted": self.interrupted,
                "losses": dict(self.losses),
                "encoder": self.encoder,
                "threads": self.threads,
            }
        )

    @staticmethod
    def from_json(text: str, name: str) -> Recipe:
        """Read what `as_json` wrote; raise UsageError, with the reason, for anything else."""
        try:
            values = json.loads(text)
            form = values.pop(MARK)
        except (ValueError, KeyError, AttributeError, TypeError) as fault:
            raise UsageError(f"{name} carries no recipe of impasto") from fault
        if form != FORM:
            raise UsageError(
                f"the recipe of {name} has form {form}, this version reads {FORM}: it was written "
                "by another version of impasto; use that one"
            )
        try:
            settings, _ = from_names(values.pop("settings"))
            return Recipe(
                settings=settings,
                plan=_with_folders(values.pop("plan")),
                ingredients=_ingredients(values.pop("ingredients")),
                evaluations=tuple(values.pop("evaluations")),
                **values,
            )
        except (UsageError, KeyError, TypeError, AttributeError) as fault:
            raise UsageError(
                f"the recipe of {name} cannot be followed by this version: {fault}"
            ) from fault


def ingredient(picture: Picture | None) -> Source | None:
    """Return where a picture came from; None for none."""
    if picture is None:
        return None
    source = picture.origin.source
    if source is not None:
        return source
    return Source("", hashlib.sha256(picture.array.tobytes()).hexdigest())


def style_ingredients(styles: Sequence[Style]) -> tuple[StyleIngredient, ...]:
    """Return where styles came from, as they were handed in."""
    found = []
    for style in styles:
        picture, regions = ingredient(style.picture), style.regions
        assert picture is not None
        named = ingredient(regions) if isinstance(regions, Picture) else regions
        found.append(StyleIngredient(picture, style.weight, style.scale, named))
    return tuple(found)


def versions() -> dict[str, str]:
    """Return what may change bits: libraries, and what the processor can do."""
    return {
        **{name: version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": torch.backends.cpu.get_cpu_capability(),
    }


def differences(recipe: Recipe) -> list[str]:
    """Return what may keep this machine from repeating a recipe's bytes; nothing where it will."""
    here = versions()
    found = [
        f"{name} {here.get(name, 'missing')} instead of {value}"
        for name, value in recipe.versions.items()
        if here.get(name) != value
    ]
    if not present(recipe.plan.device):
        found.append(f"no {recipe.plan.device} here")
    return found


def _shortened(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with base names only."""
    for name in ("init", "weights"):
        settings[name] = PurePath(settings[name]).name
    return settings


def _without_folders(plan: Plan) -> dict[str, Any]:
    # Where scratch files lay is nobody's business, and changes no picture.
    return {**plan.as_dict(), "scratch": [folder is not None for folder in plan.scratch]}


def _with_folders(values: Mapping[str, Any]) -> Plan:
    plan = Plan.from_dict(values)
    folder = tempfile.gettempdir()
    return replace(plan, scratch=tuple(folder if used else None for used in plan.scratch))


def _ingredients(values: Mapping[str, Any]) -> Ingredients:
    single = {name: values[name] for name in ("content", "regions", "protect", "start")}
    styles = tuple(
        replace(
            StyleIngredient(**style),
            picture=Source(**style["picture"]),
            regions=_regions(style["regions"]),
        )
        for style in values["styles"]
    )
    named = {name: None if one is None else Source(**one) for name, one in single.items()}
    return Ingredients(styles=styles, **named)


def _regions(value: Any) -> Source | tuple[int, int, int] | None:
    if isinstance(value, Mapping):
        return Source(**value)
    return None if value is None else (value[0], value[1], value[2])
