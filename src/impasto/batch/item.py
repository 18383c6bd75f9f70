"""One picture of a batch: what goes in, how it is painted, and where it goes."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, Literal

import msgspec

from impasto.jobs.inputs import Inputs
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Item:
    """A picture to paint, `name` being its path below the batch's folder."""

    name: str
    output: Path
    inputs: Inputs
    settings: Settings
    resources: Resources
    depth: Literal[8, 16] | None = None

    @property
    def content(self) -> Path:
        """The photograph."""
        assert self.inputs.content is not None
        return self.inputs.content

    @cached_property
    def paths(self) -> list[str]:
        """The files that go in, in an order that is always the same."""
        return self.inputs.paths(self.settings)

    @cached_property
    def key(self) -> str:
        """What makes the picture, but for its files' contents, as 16 hexadecimal digits.

        Not how it is computed: other resources paint the same.
        """
        maps = self.inputs.style_regions
        values: dict[str, Any] = msgspec.to_builtins(self.settings)
        for name in ("init", "weights"):
            values[name] = PurePath(values[name]).name
        values["maps"] = [None if os.path.isfile(text) else text for text in maps]
        values["files"] = [
            len(self.inputs.styles),
            self.inputs.regions is not None,
            self.inputs.protect is not None,
        ]
        values["read"] = [self.inputs.reading.frame, self.depth]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
