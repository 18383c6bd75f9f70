"""Controls of the page, made from Settings: every default and help text is written there alone."""

from __future__ import annotations

from typing import Any

from impasto.settings.numbers import INIT_WORDS
from impasto.settings.option import Option, options
from impasto.settings.presets import NAMES, read_preset
from impasto.settings.readers import plain_px, read_float, read_integer, read_layers
from impasto.settings.settings import Settings
from impasto.studio.asked import CLOSED, LIVE, plain
from impasto.studio.wording import label_of

# In sight; the others are folded away.
MAIN = ("size", "strength", "style_scale", "colour", "detail", "smoothness", "seed")
# Whose readers take more than they can say.
_INTEGERS = ("size",)
_NUMBERS = ("style_scale",)


def form() -> dict[str, Any]:
    """Return all controls in their groups, and the presets."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, (option, default) in options(Settings).items():
        if name not in CLOSED:
            groups.setdefault(option.group, []).append(_control(name, option, default))
    return {
        "groups": [{"name": name, "options": found} for name, found in groups.items()],
        "presets": [_preset(name) for name in NAMES],
    }


def _control(name: str, option: Option, default: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": label_of(name),
        "flag": f"--{name.replace('_', '-')}",
        "kind": _kind(name, option),
        "default": _default(name, default),
        "low": _finite(option.low),
        "high": _finite(option.high),
        "unit": "px" if option.say is plain_px else "",
        "choices": list(option.choices),
        "words": _words(name, option),  # that stand for a value, beside numbers
        "help": option.help,
        "main": name in MAIN,
        "live": name in LIVE,
    }


def _kind(name: str, option: Option) -> str:
    if option.choices:
        return "choice"
    if option.read is read_integer or name in _INTEGERS:
        return "integer"
    if option.read is read_float or name in _NUMBERS:
        return "number"
    return "layers" if option.read is read_layers else "text"


def _words(name: str, option: Option) -> list[str]:
    if name == "init":
        return list(INIT_WORDS)
    return [word for word in option.metavar.split("|") if word.islower() and not option.choices]


def _default(name: str, default: Any) -> Any:
    return default[0] if name in _NUMBERS else plain(default)


def _preset(name: str) -> dict[str, Any]:
    preset = read_preset(name)
    values = {key: plain(value) for key, value in preset.values.items() if key not in CLOSED}
    return {"name": name, "description": preset.description, "options": values}


def _finite(number: float) -> float | None:
    return number if abs(number) != float("inf") else None
