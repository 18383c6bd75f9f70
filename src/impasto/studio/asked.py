"""What a job is asked for: checked at the door, before it is queued. Knows no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from impasto.errors import UsageError, suggestion
from impasto.settings.numbers import INIT_WORDS
from impasto.settings.option import options
from impasto.settings.presets import DEFAULT, NAMES, from_options
from impasto.settings.readers import show
from impasto.settings.settings import Settings

# What may change while a job is painted.
LIVE = tuple(name for name, (option, _) in options(Settings).items() if option.may_change)
# A file's name is no option here: nobody may have files read by their names.
CLOSED = ("weights",)
MOST_STYLES = 16

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class FieldError(UsageError):
    """Something in what was posted that cannot be, and where it stands."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class AskedStyle(Struct, frozen=True):
    """A style of a job: a picture, its share and size, and which regions it serves."""

    picture: str
    weight: float = 1.0
    scale: float = 1.0
    regions: str | None = None  # a map's id, or "#rrggbb"


class Asked(Struct, frozen=True):
    """A job as it was posted; pictures are ids."""

    content: str | None
    styles: tuple[AskedStyle, ...]
    regions: str | None = None
    protect: str | None = None
    options: dict[str, Any] = {}
    preset: str = DEFAULT
    title: str = ""

    @property
    def pictures(self) -> list[tuple[str, str]]:
        """All pictures that it names, each with the field that names it."""
        named = [("content", self.content), ("regions", self.regions), ("protect", self.protect)]
        for number, style in enumerate(self.styles):
            named.append((f"styles[{number}].picture", style.picture))
            if style.regions is not None and not is_colour(style.regions):
                named.append((f"styles[{number}].regions", style.regions))
        return [(field, id_) for field, id_ in named if id_ is not None]


def is_colour(text: str) -> bool:
    """Return whether it is "#rrggbb"."""
    return _COLOUR.fullmatch(text) is not None


def check_asked(asked: Asked, known: Iterable[str]) -> Settings:
    """Return a job's settings; raise FieldError for what cannot be, whatever the pictures are."""
    there = set(known)
    for field, id_ in asked.pictures:
        if id_ not in there:
            raise FieldError(f"{field}: there is no picture '{id_[:40]}'; upload it first", field)
    if not 1 <= len(asked.styles) <= MOST_STYLES:
        raise FieldError(f"give 1 to {MOST_STYLES} styles", "styles")
    return check_options(asked.options, asked.preset)


def check_options(values: Mapping[str, Any], preset: str = DEFAULT) -> Settings:
    """Return the settings of named values over a preset; raise FieldError for what cannot be."""
    if preset not in NAMES:
        known = ", ".join(NAMES)
        raise FieldError(f"there is no preset '{preset[:40]}'; choose from {known}", "preset")
    open_ = [name for name in options(Settings) if name not in CLOSED]
    for name in values:
        if name not in open_:
            near = suggestion(name[:40], open_)
            raise FieldError(f"there is no option '{name[:40]}' here{near}", "options")
    if str(values.get("init", "content")).partition(":")[0] not in INIT_WORDS:
        raise FieldError(f"init can be {', '.join(INIT_WORDS)} here", "options.init")
    try:
        return from_options({"preset": preset, **values})[0]
    except UsageError as fault:
        raise FieldError(str(fault), _field_of(fault, values)) from fault


def check_change(values: Mapping[str, Any], asked: Asked) -> Settings:
    """Return a job's settings as changed; raise FieldError for what cannot change meanwhile."""
    for name in values:
        if name not in LIVE:
            told = f"'{name[:40]}' cannot change while it is painted; {', '.join(LIVE)} can"
            raise FieldError(told, f"options.{name[:40]}")
    return check_options({**asked.options, **values}, asked.preset)


def plain_options(settings: Settings) -> dict[str, Any]:
    """Return the options that differ from the defaults, as JSON and the page hold them."""
    return {
        name: plain(getattr(settings, name))
        for name, (_, default) in options(Settings).items()
        if name not in CLOSED and getattr(settings, name) != default
    }


def plain(value: Any) -> Any:
    """Return an option's value as the page shows it: numbers and words, lists as they are typed."""
    return show(value) if isinstance(value, tuple) else value


def _field_of(fault: UsageError, values: Mapping[str, Any]) -> str:
    """Return which option a fault's words begin with."""
    words = str(fault)
    named = [name for name in values if words.startswith(name.replace("_", " "))]
    return f"options.{max(named, key=len)}" if named else "options"
