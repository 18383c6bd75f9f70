"""impasto paints a photograph in the style of a painting (Gatys, Ecker and Bethge 2016).

    import impasto
    impasto.stylize("photo.jpg", "painting.jpg", size=512).save("painted.png")

Names are imported when they are first used: `import impasto` loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from impasto.engine import Plan, Step, iterate, stylize
    from impasto.errors import (
        DeviceError,
        ImpastoError,
        NonFiniteError,
        OutputError,
        PictureError,
        UsageError,
        WeightsError,
    )
    from impasto.measures import Measures, measure
    from impasto.pictures import Picture, Style
    from impasto.settings import Resources, Settings

__all__ = [
    "DeviceError",
    "ImpastoError",
    "Measures",
    "NonFiniteError",
    "OutputError",
    "Picture",
    "PictureError",
    "Plan",
    "Resources",
    "Settings",
    "Step",
    "Style",
    "UsageError",
    "WeightsError",
    "iterate",
    "measure",
    "stylize",
]

_ROOMS = {
    "Measures": "measures",
    "Picture": "pictures",
    "Plan": "engine",
    "Style": "pictures",
    "Resources": "settings",
    "Settings": "settings",
    "Step": "engine",
    "iterate": "engine",
    "measure": "measures",
    "stylize": "engine",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("impasto")
    if name not in __all__:
        raise AttributeError(f"module 'impasto' has no attribute '{name}'")
    return getattr(import_module(f"impasto.{_ROOMS.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
