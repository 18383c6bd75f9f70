"""What a reconstruction is painted by: one kind of loss alone, from white noise."""

from __future__ import annotations

from typing import Any

from impasto.errors import UsageError
from impasto.settings.presets import from_names, from_options, read_preset
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

BASE, _ = from_names(read_preset("reconstruction").values)


def reconstruction(
    *, content: Any = None, style: Any = None, **options: Any
) -> tuple[Settings, Resources]:
    """Return what paints what layers keep of a picture (Gatys et al. 2016, figure 1).

    Either `content`, a layer whose responses are kept, or `style`, the layers whose statistics
    are; several as `content_layers` takes them. `options` are those of `iterate`, by name. With
    the same picture as content and style:

        impasto.iterate(photo, photo, *impasto.reconstruction(content="relu4_2", size=256))

    Raises UsageError for both or none, and as Settings does.
    """
    if (content is None) == (style is None):
        given = "neither content nor style is" if content is None else "content and style are both"
        raise UsageError(f"{given} given; a reconstruction keeps one of them: name its layers")
    layers = style if content is None else content
    # What weighs nothing looks at no other layers, which would only cost.
    kept = {
        "content_layers": layers,
        "style_layers": layers,
        "content_weight": 0 if content is None else 1,
        "style_weight": 0 if style is None else 1,
    }
    if misplaced := kept.keys() & options:
        raise UsageError(f"{', '.join(sorted(misplaced))} cannot be given to a reconstruction")
    return from_options({"preset": "reconstruction", **options, **kept})
