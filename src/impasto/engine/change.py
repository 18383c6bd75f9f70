"""A change of a run while it goes on: what of it may change, and where it was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from impasto.errors import UsageError, suggestion
from impasto.pictures.origin import Source
from impasto.planning.plan import Evaluations
from impasto.settings.option import checked, options
from impasto.settings.settings import Settings

# A recipe's, each of which may be made before an evaluation of its own.
MOST_CHANGES = 1000

# After which evaluation of which level, both from 1.
Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What changed after evaluation `iteration` of `level`, or at its end where it ended before.

    `settings` has the options that changed. `protect` is the mask of what stays as it is from then
    on, None for nothing, UNSET for what stayed before. The optimizer forgets what it knew of the
    old objective, even where nothing else changes.
    """

    level: Annotated[int, Meta(ge=1)]
    iteration: Evaluations
    settings: Mapping[str, float | tuple[float, ...]]
    protect: Source | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", _read(self.settings))

    @property
    def place(self) -> Place:
        """Where it was made."""
        return self.level, self.iteration

    def after(self, earlier: Change) -> Change:
        """Return an earlier change and then this one, as one in this one's place."""
        return Change(
            level=self.level,
            iteration=self.iteration,
            settings={**earlier.settings, **self.settings},
            protect=earlier.protect if self.protect is UNSET else self.protect,
        )


def check_changeable(names: Iterable[str]) -> None:
    """Raise UsageError, with what may change, for the first name of something else."""
    known = [*_changeable(), "protect"]
    for name in names:
        if name not in known:
            label = name[:50].replace("_", " ")
            raise UsageError(
                f"{label} cannot change while a run goes on; these can: "
                f"{', '.join(known)}{suggestion(name[:50], known)}"
            )


def _changeable() -> list[str]:
    return [name for name, (option, _) in options(Settings).items() if option.may_change]


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read options as Settings does, in its order."""
    check_changeable(values)
    known = options(Settings)
    return {
        name: checked(name.replace("_", " "), known[name][0], values[name])
        for name in _changeable()
        if name in values
    }
