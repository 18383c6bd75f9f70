"""What programs and the page post, as the interface's own documentation shows it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from impasto.settings.presets import DEFAULT
from impasto.studio.asked import Asked, AskedStyle, FieldError, is_colour


class _Posted(BaseModel):
    # What is misspelt would else be left out without a word.
    model_config = ConfigDict(extra="forbid")


class PostedStyle(_Posted):
    """A style: which picture, its share of several, its size, and which regions it serves."""

    picture: str
    weight: float = Field(1.0, ge=0, le=1e6)
    scale: float = Field(1.0, ge=0.05, le=20)
    regions: str | None = Field(None, description="a map's id, or #rrggbb of the content's map")


class PostedJob(_Posted):
    """A job: pictures by their ids, and options by their names, over a preset's."""

    content: str | None = None
    styles: list[PostedStyle] = Field(min_length=1, max_length=16)
    regions: str | None = None
    protect: str | None = None
    options: dict[str, Any] = {}
    preset: str = DEFAULT
    title: str = Field("", max_length=200)

    def asked(self) -> Asked:
        """Return it as it is kept."""
        for number, style in enumerate(self.styles):
            map_ = style.regions
            if map_ is not None and map_.startswith("#") and not is_colour(map_):
                field = f"styles[{number}].regions"
                raise FieldError(f"{field} cannot be {map_[:20]!r}; give an id or #rrggbb", field)
        return Asked(
            content=self.content,
            styles=tuple(AskedStyle(**style.model_dump()) for style in self.styles),
            regions=self.regions,
            protect=self.protect,
            options=self.options,
            preset=self.preset,
            title=self.title.strip(),
        )


class PostedChange(_Posted):
    """Settings to paint on by; `protect`, where it is given, a map or null for none."""

    options: dict[str, Any] = {}
    protect: str | None = None


class PostedStep(_Posted):
    """Which step to go back to."""

    n: int


class PostedAgain(_Posted):
    """Options that differ from those of the job that is painted again."""

    options: dict[str, Any] = {}
