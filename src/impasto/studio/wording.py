"""The engine's sentences as the page says them: its controls' names in the place of flags."""

from __future__ import annotations

import re

from impasto.settings.option import options
from impasto.settings.settings import Settings

_FLAG = re.compile(r"--([a-z]+(?:-[a-z]+)*)")
# What is typed into a terminal stays as it is.
_COMMANDS = ("pip install", "python ")


def label_of(name: str) -> str:
    """Return what the page calls an option: "Style scale" for "style_scale"."""
    return name.replace("_", " ").capitalize()


def plainly(message: str) -> str:
    """Return a message for whoever sees controls: "give --size 64" is "give “Size” 64"."""
    if any(command in message for command in _COMMANDS):
        return message
    return _FLAG.sub(lambda found: _named(found[1].replace("-", "_")), message)


def _named(name: str) -> str:
    # What is no control here, as the memory, is a word.
    return f"“{label_of(name)}”" if name in options(Settings) else name.replace("_", " ")
