"""All figures of one finished picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from impasto.computing.modes import set_apart
from impasto.errors import PictureError
from impasto.measures.border import Border, border_figure
from impasto.measures.clipping import Clipped, clipped
from impasto.measures.fidelity import Fidelity, fidelity_figure
from impasto.measures.noise import Noise, noise_figure
from impasto.measures.palette import Palette, palette_distance
from impasto.measures.paper import PAPER, Losses, paper_losses
from impasto.measures.patches import Patches, patches_figure
from impasto.memory.free import memory_may_run_out
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.planning.choose import make_plan
from impasto.planning.levels import Level, make_levels
from impasto.reading.sources import PictureSource, as_picture
from impasto.scene.styles import Style, Styles, as_styles, shared_out
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The figures of one picture (docs/measures.md); None where its sources were not given."""

    height: int
    width: int
    losses: Losses | None
    noise: Noise
    patches: Patches | None
    border: Border | None
    fidelity: Fidelity | None
    palette: Palette | None
    clipped: Clipped

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON; what is None is left out."""
        known: dict[str, Any] = _without_none(dataclasses.asdict(self))
        return known


@memory_may_run_out()
@set_apart
def measure(
    result: PictureSource,
    content: PictureSource | None = None,
    styles: Styles | None = None,
    settings: Settings | None = None,
    resources: Resources | None = None,
) -> Measures:
    """Judge a painted picture by the photograph and the paintings it was made from.

    Pictures are those of `iterate`; what needs a picture that is not given is left out. Losses
    are the paper's, unless `settings` name another network, layers or padding; sizes, weights
    and the optimizer do not matter. `resources` say how they are computed, by default in
    float32. Raises PictureError when the content's shape is not the result's.
    """
    one_size = _at_one_size(settings or PAPER)
    picture = as_picture(result)
    photo = None if content is None else as_picture(content).in_space_of(picture)
    paintings = () if styles is None else shared_out(as_styles(styles), one_size.style_blend)
    paintings = tuple(replace(s, picture=s.picture.in_space_of(picture)) for s in paintings)
    sizes = [(style.picture.size, 1.0) for style in paintings]
    level = make_levels(picture.size, sizes, one_size)[0]
    fitted = None if photo is None else _fitted(photo, picture)
    brought = tuple(
        Style(_at(style.picture, size), style.weight)
        for style, size in zip(paintings, level.style_sizes, strict=True)
    )
    return Measures(
        height=level.height,
        width=level.width,
        losses=_losses(picture, fitted, brought, level, one_size, resources or Resources()),
        noise=noise_figure(picture, fitted, brought),
        patches=patches_figure(picture, fitted, brought) if brought else None,
        border=None if fitted is None else border_figure(picture, fitted),
        fidelity=None if fitted is None else fidelity_figure(picture, fitted),
        palette=palette_distance(picture, photo, paintings) if paintings else None,
        clipped=clipped(picture, photo, paintings),
    )


def _at_one_size(settings: Settings) -> Settings:
    """Return settings of the paper's losses at the result's own size, with equal weights."""
    settings = replace(settings, size="original", levels=1, iterations="auto", style_loss="gram")
    settings = replace(settings, content_statistics="photograph", content_focus=0.0)
    # There are no steps to remember, and the plan makes room for them.
    return replace(settings, content_weight=1, style_weight=1, smoothness=0, history=1)


def _fitted(photo: Picture, result: Picture) -> Picture:
    """Return the content at the result's size; raise PictureError where it has another shape."""
    scale = max(result.size) / max(photo.size)
    off = (abs(scale * of - to) for of, to in zip(photo.size, result.size, strict=True))
    if max(off) > 1.5:  # a pixel, beside the rounding
        (height, width), (rows, columns) = result.size, photo.size
        raise PictureError(
            f"the content of {columns} x {rows} px has not the shape of the result of "
            f"{width} x {height} px; give the photograph that was painted, uncropped"
        )
    return _at(photo, result.size)


def _at(picture: Picture, size: tuple[int, int]) -> Picture:
    return picture if picture.size == size else as_picture(resize(picture.tensor()[None], *size))


def _losses(
    picture: Picture,
    content: Picture | None,
    styles: tuple[Style, ...],
    level: Level,
    settings: Settings,
    resources: Resources,
) -> Losses | None:
    if content is None and not styles:
        return None
    if resources.precision == "auto":
        resources = replace(resources, precision="float32")  # equal figures on every machine
    plan = make_plan((level,), settings, resources)
    return paper_losses(picture, content, styles, settings, plan)


def _without_none(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return values
    return {name: _without_none(value) for name, value in values.items() if value is not None}
