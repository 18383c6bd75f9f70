"""What can be asked for: which picture (Settings) and how to compute it (Resources).

The command line, docs/options.md and the checks at the door all come from their fields. No tensors,
so that --help starts at once.
"""

from impasto.settings.names import from_names
from impasto.settings.numbers import (
    ARCHITECTURES,
    AUTO_HISTORY,
    AUTO_ITERATIONS,
    INIT_WORDS,
    LARGE_PX,
    LARGEST_SIDE_PX,
    MINIMUM_SIDE_PX,
    SCHEDULES,
    SMALLEST_TILE_PX,
    STYLE_LOSSES,
    VGG19_LAYERS,
    layer_names,
)
from impasto.settings.option import Option, checked, given, options
from impasto.settings.readers import Layers, plain_number, read_float, read_integer, show
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

__all__ = [
    "ARCHITECTURES",
    "AUTO_HISTORY",
    "AUTO_ITERATIONS",
    "INIT_WORDS",
    "LARGEST_SIDE_PX",
    "LARGE_PX",
    "MINIMUM_SIDE_PX",
    "SCHEDULES",
    "SMALLEST_TILE_PX",
    "STYLE_LOSSES",
    "VGG19_LAYERS",
    "Layers",
    "Option",
    "Resources",
    "Settings",
    "checked",
    "from_names",
    "given",
    "layer_names",
    "options",
    "plain_number",
    "read_float",
    "read_integer",
    "show",
]
