"""What can be asked for: which picture (Settings) and how to compute it (Resources).

Every default is written here and nowhere else; the command line, docs/options.md and the
checks at the door all come from these fields. No tensors, so that --help starts at once.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from impasto.errors import UsageError, suggestion

STYLE_LOSSES = ("gram", "covariance", "wasserstein", "histogram")

# Every network whose weights can be brought, by its convolutions in each block.
ARCHITECTURES = {"VGG-19": (2, 2, 4, 4, 4), "VGG-16": (2, 2, 3, 3, 3)}


def layer_names(architecture: str) -> tuple[str, ...]:
    """Return a network's layers in depth order, as relu1_1."""
    return tuple(
        f"relu{block}_{position}"
        for block, positions in enumerate(ARCHITECTURES[architecture], 1)
        for position in range(1, positions + 1)
    )


VGG19_LAYERS = layer_names("VGG-19")

# Below this the deepest layers have two cells a side and their statistics mean nothing.
MINIMUM_SIDE_PX = 32

# Most evaluations at the coarsest level, which goes furthest, and at each level above it.
AUTO_ITERATIONS = (60, 30)

# Named limits, from the finest level to the coarsest, whose value repeats: however many levels a
# size has, a preset's limits fit it.
SCHEDULES = {"few": (4, 11, 24), "many": (60, 80, 120), "large": (5, 8, 20, 40, 60, 80)}

# Steps L-BFGS remembers, up to this many pixels and above: each costs 24 bytes a pixel.
AUTO_HISTORY = (20, 5)
LARGE_PX = 16_000_000

# Tiles below this compute more halo than picture.
SMALLEST_TILE_PX = 64

# Each of this many units on the dial makes the style ten times stronger.
STRENGTH_DECADE = 25
STRENGTH_DEFAULT = 50

Layers = tuple[tuple[str, float], ...]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Option:
    """What people need to know of one field: it makes the flag, the check and the page."""

    help: str
    group: str
    read: Callable[[Any], Any]
    metavar: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    unit: str = ""

    def describe(self) -> str:
        """Return what is allowed, as "0 or more", "1 to 64 px", "lbfgs or adam", or nothing."""
        unit = f" {self.unit}" if self.unit else ""
        if self.choices:
            return " or ".join(self.choices)
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"{self.low:g} to {self.high:g}{unit}"
        return f"{self.low:g}{unit} or more" if math.isfinite(self.low) else ""


def read_integer(value: Any) -> int:
    """Read a whole number; raise ValueError for anything else."""
    number = float(value)
    if isinstance(value, bool) or not number.is_integer():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def read_float(value: Any) -> float:
    """Read a finite number; raise ValueError for anything else."""
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def word_or(words: str | tuple[str, ...], read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a reader of either one of `words` itself or what `read` reads."""
    known = (words,) if isinstance(words, str) else words

    def read_either(value: Any) -> Any:
        return value if isinstance(value, str) and value in known else read(value)

    return read_either


def read_size(value: Any) -> int | str:
    """Read a long side, 'original', or width and height as '1024x768' (also returned as that)."""
    match = (
        re.fullmatch(r"\s*(\d+)\s*[xX\u00d7]\s*(\d+)\s*", value) if isinstance(value, str) else None
    )
    if match is None:
        return "original" if value == "original" else read_integer(value)
    width, height = int(match[1]), int(match[2])
    if min(width, height) < MINIMUM_SIDE_PX:
        raise ValueError(f"a side is under {MINIMUM_SIDE_PX} px")
    return f"{width}x{height}"


def read_box(value: Any) -> Box:
    """Read `LEFT:TOP:RIGHT:BOTTOM` or four numbers, shares of a picture's sides."""
    parts = value.split(":") if isinstance(value, str) else value
    left, top, right, bottom = (read_float(part) for part in parts)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(f"{value!r} is not LEFT:TOP:RIGHT:BOTTOM, each 0 to 1")
    return left, top, right, bottom


def read_layers(value: Any) -> Layers:
    """Read `relu1_1:0.5,relu2_1`, a mapping or pairs; a layer without a weight gets 1/count.

    1/count is the paper's w_l (Gatys et al. 2016, section 2.2).
    """
    if isinstance(value, Mapping):
        value = value.items()
    items = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
    return tuple(_read_layer(item, 1 / len(items)) for item in items)


def _read_layer(item: str | Iterable[Any], share: float) -> tuple[str, float]:
    parts = item.split(":") if isinstance(item, str) else list(item)
    if len(parts) > 2:
        raise ValueError(f"{item!r} is not LAYER or LAYER:WEIGHT")
    weight = read_float(parts[1]) if len(parts) == 2 else share
    return str(parts[0]).strip(), weight


def read_bytes(value: Any) -> int:
    """Read a number of bytes, as 4GB, 512 MiB or 1000000; raise ValueError for anything else."""
    if not isinstance(value, str):
        return read_integer(value)
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*([a-z]*)\s*", value.lower())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{value!r} is not a size like 4GB or 512MB")
    return int(float(match[1]) * _UNITS[match[2]])


def read_tile(value: Any) -> int:
    """Read a tile's side; raise ValueError where it does not stand on the pooling grid."""
    side = read_integer(value)
    if side % 16:
        raise ValueError(f"{side} is not a multiple of 16")
    return side


_UNITS = {"": 1, "b": 1} | {
    letter + ending: base**power
    for ending, base in (("", 1000), ("b", 1000), ("ib", 1024))
    for power, letter in enumerate("kmgt", 1)
}


def read_list(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Make a reader of one value, a comma list, or a sequence of values."""

    def read_all(value: Any) -> tuple[Any, ...]:
        if isinstance(value, str):
            value = [part for part in value.split(",") if part.strip()]
        items = value if isinstance(value, Iterable) else [value]
        return tuple(read(item) for item in items)

    return read_all


def show(value: Any) -> str:
    """Write a field's value as it would be typed on the command line."""
    if isinstance(value, tuple):
        return ",".join(
            ":".join(map(show, item)) if isinstance(item, tuple) else show(item) for item in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _upwards(limits: tuple[int, ...]) -> str:
    return ", ".join(map(str, reversed(limits)))


def _field(default: Any, help: str, group: str, metavar: str, read: Any = str, **more: Any) -> Any:
    option = Option(help=help, group=group, metavar=metavar, read=read, **more)
    return dataclasses.field(default=default, metadata={"option": option})


def _choice(default: str, help: str, group: str, *choices: str) -> Any:
    return _field(default, help, group, "|".join(choices), choices=choices)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which picture is painted. Raises UsageError for a value that cannot be used."""

    size: int | str = _field(
        512,
        "Long side of the result, 'original' for the photograph's own size, or a texture's "
        "WIDTHxHEIGHT.",
        "Result", "PX|original|WxH", read_size, low=MINIMUM_SIDE_PX, unit="px",
    )  # fmt: skip
    init: str = _field(
        "content",
        "What the painting starts from: 'content' (the photograph), 'noise' (white noise), "
        "'style' (the first style picture) or a picture file; 'noise:0.3' and 'style:0.3' lay "
        "that share over the photograph.",
        "Result", "content|noise[:X]|style[:X]|FILE",
    )  # fmt: skip
    colour: str = _choice(
        "style",
        "Whose colours: the style's; 'luminance' paints light and dark only; 'match' moves the "
        "style picture's colours to the photograph's first; 'chroma' gives the finished picture "
        "the photograph's colours.",
        "Result", "style", "luminance", "match", "chroma",
    )  # fmt: skip
    seed: int = _field(
        0,
        "Seed of the white noise, or of the grain on a start picture.",
        "Result",
        "N",
        read_integer,
        low=0,
        high=2**63 - 1,
    )
    content_weight: float = _field(
        1.0,
        "Weight of the content loss; only its ratio to the style weight matters.",
        "Objective", "X", read_float, low=0,
    )  # fmt: skip
    style_weight: float = _field(
        1000.0,
        "Weight of the style loss; the default ratio is the paper's 1e-3.",
        "Objective", "X", read_float, low=0,
    )  # fmt: skip
    strength: float = _field(
        float(STRENGTH_DEFAULT),
        f"How much style, on a dial: {STRENGTH_DEFAULT} is the weights as given, each "
        f"{STRENGTH_DECADE} more makes the style ten times stronger.",
        "Objective", "X", read_float, low=0, high=100,
    )  # fmt: skip
    style_loss: str = _choice(
        "covariance",
        "How styles are compared: the paper's Gram matrices; 'covariance', steadier in contrast; "
        "'wasserstein', as Gaussian distributions; 'histogram', Gram and each filter's "
        "histogram.",
        "Objective", *STYLE_LOSSES,
    )  # fmt: skip
    smoothness: float = _field(
        0.005,
        "Weight of the differences between neighbouring pixels beside the other losses, whose "
        "weights are shares of 1; takes fine noise away, and in the end detail.",
        "Objective", "X", read_float, low=0,
    )  # fmt: skip
    content_layers: Layers = _field(
        (("relu4_2", 1.0),),
        "Layers whose responses keep the photograph, each with a weight "
        "(1 / number of layers where none is given).",
        "Objective", "LAYER[:W],...", read_layers,
    )  # fmt: skip
    style_layers: Layers = _field(
        tuple((f"relu{block}_1", 0.2) for block in range(1, 6)),
        "Layers whose statistics keep the style, each with a weight "
        "(1 / number of layers where none is given).",
        "Objective", "LAYER[:W],...", read_layers,
    )  # fmt: skip
    style_blend: tuple[float, ...] = _field(
        (),
        "Shares of several styles, one for each; equal when not given.",
        "Objective", "X,...", read_list(read_float), low=0,
    )  # fmt: skip
    style_scale: tuple[float, ...] = _field(
        (1.0,),
        "Size of the strokes: the style picture's size against the result's, one number or one "
        "for each style; it is never enlarged beyond its own pixels.",
        "Objective", "X,...", read_list(read_float), low=0.05, high=20,
    )  # fmt: skip
    style_crops: tuple[Box, ...] = _field(
        (),
        "Take the style from these parts of each style picture only, in shares of its sides.",
        "Objective", "LEFT:TOP:RIGHT:BOTTOM,...", read_list(read_box),
    )  # fmt: skip
    network: str = _choice(
        "normalised",
        "The network with each filter's mean activation scaled to 1, as in the paper, or as "
        "trained.",
        "Network", "normalised", "original",
    )  # fmt: skip
    weights: str = _field(
        "auto",
        "Trained weights: 'auto', the VGG-19 that comes with the install, or a file with a "
        "state dict of VGG-19 or VGG-16, .safetensors or .pth (docs/networks.md).",
        "Network", "auto|FILE",
    )  # fmt: skip
    pooling: str = _choice(
        "average", "Average pooling, as in the paper, or the network's original maximum.",
        "Network", "average", "max",
    )  # fmt: skip
    padding: str = _choice(
        "reflect",
        "What the network sees beyond the border: the picture's reflection, the paper's zeros, "
        "or the opposite border ('wrap'), which makes a seamless tile.",
        "Network", "reflect", "zeros", "wrap",
    )  # fmt: skip
    levels: int | str = _field(
        "auto",
        "Sizes to paint at, each half the next; 'auto' starts near 128 px, 1 is a single scale.",
        "Optimisation", "auto|N", word_or("auto", read_integer), low=1, high=16,
    )  # fmt: skip
    detail: float = _field(
        0.5,
        "How much of the photograph's fine detail comes back at each finer level: all (1), or "
        "none (0), so that strokes take its place.",
        "Optimisation", "X", read_float, low=0, high=1,
    )  # fmt: skip
    iterations: tuple[int, ...] | str = _field(
        "auto",
        "Most evaluations at each level, coarse to fine; the last value repeats. 'auto' is "
        f"{AUTO_ITERATIONS[0]} at the coarsest level and {AUTO_ITERATIONS[1]} above; "
        + ", ".join(f"'{name}' is {_upwards(limits)}" for name, limits in SCHEDULES.items())
        + " at the last levels.",
        "Optimisation", f"auto|{'|'.join(SCHEDULES)}|N,...",
        word_or(("auto", *SCHEDULES), read_list(read_integer)),
        low=1, high=1_000_000,
    )  # fmt: skip
    tolerance: float = _field(
        0.01,
        "Leave a level when ten evaluations lower the best loss by less than this share; "
        "0 never does.",
        "Optimisation", "X", read_float, low=0, high=1,
    )  # fmt: skip
    optimizer: str = _choice(
        "lbfgs", "L-BFGS, as in the paper, or Adam.", "Optimisation", "lbfgs", "adam"
    )
    history: int | str = _field(
        "auto",
        f"Steps that L-BFGS remembers; 'auto' is {AUTO_HISTORY[0]}, and {AUTO_HISTORY[1]} at "
        f"levels above {LARGE_PX // 1_000_000} megapixels.",
        "Optimisation", "auto|N", word_or("auto", read_integer), low=1, high=100,
    )  # fmt: skip
    learning_rate: float = _field(
        0.02, "Step of Adam, as a share of the pixel range.", "Optimisation", "X", read_float,
        low=1e-6, high=1,
    )  # fmt: skip

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that a loss asks for."""
        return tuple(dict(self.content_layers) | dict(self.style_layers))

    @property
    def shares(self) -> tuple[float, float]:
        """Content weight and style weight, the strength included, as shares of their sum."""
        dial = 10 ** ((self.strength - STRENGTH_DEFAULT) / STRENGTH_DECADE)
        style = self.style_weight * dial
        whole = self.content_weight + style
        return self.content_weight / whole, style / whole

    def __post_init__(self) -> None:
        _check_fields(self)
        for name in ("content_layers", "style_layers"):
            _check_layers(name, getattr(self, name))
        if not self.content_weight and not self.style_weight:
            raise UsageError("content weight and style weight are both 0: nothing is left to paint")
        if self.style_blend and not sum(self.style_blend):
            raise UsageError("style blend is all 0: give at least one style a share")
        for name in ("iterations", "style_scale"):
            if not getattr(self, name):
                label = name.replace("_", " ")
                raise UsageError(f"{label} is empty: give at least one number")
        if self.style_loss == "histogram" and self.network != "normalised":
            raise UsageError(
                "style loss histogram counts in units of each filter's mean response: "
                "give --network normalised with it"
            )


@dataclass(frozen=True, kw_only=True)
class Resources:
    """How the picture is computed; never which picture. Raises UsageError like Settings."""

    device: str = _choice(
        "auto", "Where to compute; 'auto' takes CUDA, then MPS, then the CPU.",
        "Resources", "auto", "cpu", "cuda", "mps",
    )  # fmt: skip
    threads: int | str = _field(
        "auto", "CPU threads; 'auto' takes what affinity and cgroup allow.",
        "Resources", "auto|N", word_or("auto", read_integer), low=1, high=1024,
    )  # fmt: skip
    memory: int | str = _field(
        "auto",
        "Memory to stay within, as 4GB or 512MB; 'auto' takes most of what is free. Large "
        "pictures are computed in tiles, with the same result.",
        "Resources", "auto|SIZE", word_or("auto", read_bytes), low=100_000_000, unit="bytes",
    )  # fmt: skip
    tile: int | str = _field(
        "auto",
        "Longest side of a tile, a multiple of 16 px, or 'auto', whatever fits into the memory.",
        "Resources", "auto|PX", word_or("auto", read_tile), low=SMALLEST_TILE_PX, unit="px",
    )  # fmt: skip
    scratch: str = _field(
        "auto",
        "Folder for what does not fit into the memory; 'auto' is the system's temporary folder.",
        "Resources", "auto|DIR",
    )  # fmt: skip
    precision: str = _choice(
        "auto",
        "How features are computed; 'auto' is float32 on a CPU, bfloat16 on a GPU that has it. "
        "Losses and pixels are always float32.",
        "Resources", "auto", "float32", "tf32", "bfloat16",
    )  # fmt: skip

    def __post_init__(self) -> None:
        _check_fields(self)


def options(cls: type[Settings] | type[Resources]) -> dict[str, tuple[Option, Any]]:
    """Return name -> (option, default) for every field, in the order they are written."""
    return {
        field.name: (field.metadata["option"], field.default) for field in dataclasses.fields(cls)
    }


def from_names(values: Mapping[str, Any]) -> tuple[Settings, Resources]:
    """Sort named values into Settings and Resources; raise UsageError for an unknown name."""
    known = {name: cls for cls in (Settings, Resources) for name in options(cls)}
    for name in values:
        if name not in known:
            raise UsageError(f"there is no option '{name}'{suggestion(name, known)}")
    chosen = {
        cls: {name: value for name, value in values.items() if known[name] is cls}
        for cls in (Settings, Resources)
    }
    return Settings(**chosen[Settings]), Resources(**chosen[Resources])


def _check_fields(values: Settings | Resources) -> None:
    for name, (option, _) in options(type(values)).items():
        object.__setattr__(values, name, _checked(name, option, getattr(values, name)))


def _checked(name: str, option: Option, value: Any) -> Any:
    label = name.replace("_", " ")
    try:
        value = option.read(value)
    except (TypeError, ValueError) as fault:
        allowed = option.describe() or option.metavar
        raise UsageError(f"{label} cannot be {value!r} ({fault}); give {allowed}") from fault
    if option.choices and value not in option.choices:
        near = suggestion(str(value), option.choices)
        raise UsageError(f"{label} cannot be {value!r}; choose {option.describe()}{near}")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float) and not option.low <= number <= option.high:
            raise UsageError(f"{label} cannot be {number:g}; give {option.describe()}")
    return value


def _check_layers(name: str, layers: Layers) -> None:
    label = name.replace("_", " ")
    for layer, weight in layers:
        if layer not in VGG19_LAYERS:
            raise UsageError(
                f"unknown layer '{layer}' in {label}; choose from {VGG19_LAYERS[0]} ... "
                f"{VGG19_LAYERS[-1]}{suggestion(layer, VGG19_LAYERS)}"
            )
        if weight < 0:
            raise UsageError(f"{label}: {layer} cannot weigh {weight:g}; give 0 or more")
    if len({layer for layer, _ in layers}) < len(layers):
        raise UsageError(f"{label} names a layer twice; give each layer one weight")
    if not any(weight for _, weight in layers):
        raise UsageError(f"{label} weigh nothing in all; give at least one layer a weight")
