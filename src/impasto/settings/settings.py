"""Which picture is painted: every option and its default, written here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from impasto.errors import UsageError, suggestion
from impasto.settings.numbers import (
    AUTO_HISTORY,
    AUTO_ITERATIONS,
    INIT_WORDS,
    LARGE_PX,
    LARGEST_SIDE_PX,
    MINIMUM_SIDE_PX,
    SCHEDULES,
    STRENGTH_DECADE,
    STRENGTH_DEFAULT,
    STYLE_LOSSES,
    VGG19_LAYERS,
)
from impasto.settings.option import check_fields, choice, field
from impasto.settings.readers import (
    Box,
    Layers,
    plain_px,
    read_box,
    read_float,
    read_integer,
    read_layers,
    read_list,
    read_size,
    word_or,
)


def _upwards(limits: tuple[int, ...]) -> str:
    return ", ".join(map(str, reversed(limits)))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which picture is painted. Raises UsageError for a value that cannot be used."""

    size: int | str = field(
        512,
        "Long side of the result, 'original' for the photograph's own size, or a texture's "
        "WIDTHxHEIGHT.",
        "Result", "PX|original|WxH", read_size, low=MINIMUM_SIDE_PX, high=LARGEST_SIDE_PX,
        say=plain_px,
    )  # fmt: skip
    init: str = field(
        "content",
        "What the painting starts from: 'content' (the photograph), 'noise' (white noise), "
        "'style' (the first style picture) or a picture file; 'noise:0.3' and 'style:0.3' lay "
        "that share over the photograph.",
        "Result", "content|noise[:X]|style[:X]|FILE",
    )  # fmt: skip
    colour: str = choice(
        "style",
        "Whose colours: the style's; 'luminance' paints light and dark only; 'match' moves the "
        "style picture's colours to the photograph's first; 'chroma' gives the finished picture "
        "the photograph's colours.",
        "Result", "style", "luminance", "match", "chroma",
    )  # fmt: skip
    surface: str = choice(
        "painted",
        "Whose fine structure the finished picture has: the strokes that were painted, or the "
        "'photograph' itself in the painted light and colours, without painted noise.",
        "Result", "painted", "photograph",
    )  # fmt: skip
    seed: int = field(
        0,
        "Seed of the white noise, or of the grain on a start picture.",
        "Result",
        "N",
        read_integer,
        low=0,
    )
    content_weight: float = field(
        1.0,
        "Weight of the content loss; only its ratio to the style weight matters.",
        "Objective", "X", read_float, low=0,
    )  # fmt: skip
    style_weight: float = field(
        1000.0,
        "Weight of the style loss; the default ratio is the paper's 1e-3.",
        "Objective", "X", read_float, low=0,
    )  # fmt: skip
    strength: float = field(
        float(STRENGTH_DEFAULT),
        f"How much style, on a dial: {STRENGTH_DEFAULT} is the weights as given, each "
        f"{STRENGTH_DECADE} more makes the style ten times stronger.",
        "Objective", "X", read_float, low=0, high=100,
    )  # fmt: skip
    style_loss: str = choice(
        "covariance",
        "How styles are compared: the paper's Gram matrices; 'covariance', steadier in contrast; "
        "'wasserstein', as Gaussian distributions; 'histogram', Gram and each filter's "
        "histogram.",
        "Objective", *STYLE_LOSSES,
    )  # fmt: skip
    smoothness: float = field(
        1.0,
        "How much fine detail costs, measured against the styles' own: more takes noise away, "
        "and in the end strokes; 0 leaves it.",
        "Objective", "X", read_float, low=0,
    )  # fmt: skip
    content_layers: Layers = field(
        (("relu4_2", 1.0),),
        "Layers whose responses keep the photograph, each with a weight "
        "(1 / number of layers where none is given).",
        "Objective", "LAYER[:W],...", read_layers,
    )  # fmt: skip
    style_layers: Layers = field(
        tuple((f"relu{block}_1", 0.2) for block in range(1, 6)),
        "Layers whose statistics keep the style, each with a weight "
        "(1 / number of layers where none is given).",
        "Objective", "LAYER[:W],...", read_layers,
    )  # fmt: skip
    style_blend: tuple[float, ...] = field(
        (),
        "Shares of several styles, one for each; equal when not given.",
        "Objective", "X,...", read_list(read_float), low=0,
    )  # fmt: skip
    style_scale: tuple[float, ...] = field(
        (1.0,),
        "Size of the strokes: the style picture's size against the result's, one number or one "
        "for each style; it is never enlarged beyond its own pixels.",
        "Objective", "X,...", read_list(read_float), low=0.05, high=20,
    )  # fmt: skip
    style_crops: tuple[Box, ...] = field(
        (),
        "Take the style from these parts of each style picture only, in shares of its sides; "
        "from all of it when none is given.",
        "Objective", "LEFT:TOP:RIGHT:BOTTOM,...", read_list(read_box),
    )  # fmt: skip
    network: str = choice(
        "normalised",
        "The network with each filter's mean activation scaled to 1, as in the paper, or as "
        "trained.",
        "Network", "normalised", "original",
    )  # fmt: skip
    weights: str = field(
        "auto",
        "Trained weights: 'auto', the VGG-19 that comes with the install, or a file with a "
        "state dict of VGG-19 or VGG-16, .safetensors or .pth (docs/networks.md).",
        "Network", "auto|FILE",
    )  # fmt: skip
    pooling: str = choice(
        "average", "Average pooling, as in the paper, or the network's original maximum.",
        "Network", "average", "max",
    )  # fmt: skip
    padding: str = choice(
        "reflect",
        "What the network sees beyond the border: the picture's reflection, the paper's zeros, "
        "or the opposite border ('wrap'), which makes a seamless tile.",
        "Network", "reflect", "zeros", "wrap",
    )  # fmt: skip
    levels: int | str = field(
        "auto",
        "Sizes to paint at, each half the next; 'auto' starts near 128 px, 1 is a single scale.",
        "Optimisation", "auto|N", word_or("auto", read_integer), low=1, high=16,
    )  # fmt: skip
    detail: float = field(
        0.5,
        "How much of the photograph's fine detail comes back at each finer level: all (1), or "
        "none (0), so that strokes take its place.",
        "Optimisation", "X", read_float, low=0, high=1,
    )  # fmt: skip
    iterations: tuple[int, ...] | str = field(
        "auto",
        "Most evaluations at each level, coarse to fine; the last value repeats. 'auto' is "
        f"{AUTO_ITERATIONS[0]} at the coarsest level and {AUTO_ITERATIONS[1]} above; "
        + ", ".join(f"'{name}' is {_upwards(limits)}" for name, limits in SCHEDULES.items())
        + " at the last levels.",
        "Optimisation", f"auto|{'|'.join(SCHEDULES)}|N,...",
        word_or(("auto", *SCHEDULES), read_list(read_integer)),
        low=1, high=1_000_000,
    )  # fmt: skip
    tolerance: float = field(
        0.01,
        "Leave a level when ten evaluations lower the best loss by less than this share; "
        "0 never does.",
        "Optimisation", "X", read_float, low=0, high=1,
    )  # fmt: skip
    optimizer: str = choice(
        "lbfgs", "L-BFGS, as in the paper, or Adam.", "Optimisation", "lbfgs", "adam"
    )
    pixels: str = choice(
        "bounded",
        "Pixels that a curve keeps between black and white, or the paper's, which are free to "
        "leave that range and are clipped at each new size and in the finished picture.",
        "Optimisation", "bounded", "free",
    )  # fmt: skip
    history: int | str = field(
        "auto",
        f"Steps that L-BFGS remembers; 'auto' is {AUTO_HISTORY[0]}, and {AUTO_HISTORY[1]} at "
        f"levels above {LARGE_PX // 1_000_000} megapixels.",
        "Optimisation", "auto|N", word_or("auto", read_integer), low=1, high=100,
    )  # fmt: skip
    learning_rate: float = field(
        0.02, "Step of Adam, as a share of the pixel range.", "Optimisation", "X", read_float,
        low=1e-6, high=1,
    )  # fmt: skip

    @property
    def init_file(self) -> Path | None:
        """The picture file that the painting starts from, unless `init` is a word."""
        return None if self.init.partition(":")[0] in INIT_WORDS else Path(self.init)

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
        check_fields(self)
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
