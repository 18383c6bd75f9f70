"""Whether what is asked for goes together: the engine's own checks, all that need no pixels.

What is refused here was answered by the painter before, minutes later. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from impasto.errors import ImpastoError
from impasto.pictures.shapes import check_paired, check_shape
from impasto.planning.levels import check_side, make_levels
from impasto.settings.layers import VGG19_LAYERS, check_known
from impasto.settings.settings import Settings
from impasto.settings.shares import scales_for, shares_of
from impasto.settings.starts import word_and_share
from impasto.settings.textures import without_photo
from impasto.studio.asked import Asked, FieldError, is_colour
from impasto.studio.pictures import Facts

_Size = tuple[int, int]


def check_fit(asked: Asked, settings: Settings, known: Mapping[str, Facts]) -> None:
    """Raise FieldError for what cannot be painted of these pictures by these settings."""
    _check_layers(settings)
    _check_styles(asked, settings)
    _check_maps(asked, known)
    with _at("regions" if asked.regions else "protect" if asked.protect else "options"):
        if asked.content is None:
            has = asked.regions is not None, asked.protect is not None
            settings = without_photo(settings, regions=has[0], protect=has[1])
    with _at("options.init"):
        word_and_share(settings.init, has_photo=asked.content is not None)
    _check_sizes(asked, settings, known)


def _check_layers(settings: Settings) -> None:
    for name in ("content_layers", "style_layers"):
        with _at(f"options.{name}"):
            check_known(dict(getattr(settings, name)), VGG19_LAYERS, "VGG-19")


def _check_styles(asked: Asked, settings: Settings) -> None:
    with _at("options.style_blend" if settings.style_blend else "styles"):
        shares_of([style.weight for style in asked.styles], settings.style_blend)
    with _at("options.style_scale"):
        scales_for(len(asked.styles), settings.style_scale)


def _check_maps(asked: Asked, known: Mapping[str, Facts]) -> None:
    with _at("regions"):
        check_paired(asked.regions, [style.regions for style in asked.styles])
    if asked.content is not None:
        photo = _size(known[asked.content])
        for field, what in (("regions", "the map of regions"), ("protect", "the mask to protect")):
            map_ = getattr(asked, field)
            with _at(field):
                if map_ is not None:
                    check_shape(what, _size(known[map_]), "the photograph", photo)
    for number, style in enumerate(asked.styles):
        with _at(f"styles[{number}].regions"):
            if style.regions is not None and not is_colour(style.regions):
                map_size, own = _size(known[style.regions]), _size(known[style.picture])
                check_shape(f"the map of style {number + 1}", map_size, "its picture", own)


def _check_sizes(asked: Asked, settings: Settings, known: Mapping[str, Facts]) -> None:
    content = None if asked.content is None else _size(known[asked.content])
    with _at("content"):
        if content is not None:
            check_side(content)
    styles = [(_size(known[style.picture]), style.scale) for style in asked.styles]
    for number, (size, _) in enumerate(styles):
        with _at(f"styles[{number}].picture"):
            check_side(size)
    with _at("options.size", *(f"options.{name}" for name in ("levels", "iterations"))):
        make_levels(content, styles, settings)


def _size(facts: Facts) -> _Size:
    return facts.height, facts.width


@contextmanager
def _at(field: str, *others: str) -> Iterator[None]:
    """Say which field it is that the engine refuses: one of the others if its words begin so."""
    try:
        yield
    except ImpastoError as fault:
        named = (one for one in others if str(fault).startswith(one.rpartition(".")[2]))
        raise FieldError(str(fault), next(named, field)) from fault
