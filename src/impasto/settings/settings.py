"""Which picture is painted: every option and its default, written here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from impasto.errors import UsageError
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
)
from impasto.settings.option import check_fields, field, group
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
from impasto.settings.style_losses import COUNTING, STYLE_LOSSES


def _upwards(limits: tuple[int, ...]) -> str:
    return ", ".join(map(str, reversed(limits)))


Colour = Literal["style", "luminance", "match", "chroma"]
Surface = Literal["painted", "photograph"]
Faces = Literal["auto", "keep", "style"]
ObjectiveKind = Literal["means", "literal"]
NetworkKind = Literal["normalised", "original"]
Pooling = Literal["average", "max"]
Padding = Literal["reflect", "zeros", "wrap"]
OptimizerName = Literal["lbfgs", "adam"]
ContentStatistics = Literal["style", "photograph"]
StyleBorder = Literal["auto", "keep"]
PixelRange = Literal["bounded", "free"]

_SIDES = {"low": MINIMUM_SIDE_PX, "high": LARGEST_SIDE_PX, "say": plain_px}

_result = group("Result")
_objective = group("Objective")
_network = group("Network")
_optimisation = group("Optimisation")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which picture is painted. Raises UsageError for a value that cannot be used."""

    size: int | str = field(
        512,
        "Long side of the result, 'original' for the photograph's own size, or a texture's "
        "WIDTHxHEIGHT.",
        _result("PX|original|WxH", read_size, **_SIDES),
    )
    init: str = field(
        "content",
        "What the painting starts from: 'content' (the photograph), 'noise' (faint white noise on "
        "grey), 'style' (the first style picture) or a picture file; 'noise:0.3' and 'style:0.3' "
        "lay that share of full noise, or of the style, over the photograph.",
        _result("content|noise[:X]|style[:X]|FILE"),
    )
    colour: Colour = field(
        "style",
        "Whose colours: the style's; 'luminance' paints light and dark only; 'match' moves the "
        "style picture's colours to the photograph's first; 'chroma' gives the finished picture "
        "the photograph's colours.",
        _result(choices=get_args(Colour)),
    )
    surface: Surface = field(
        "painted",
        "Whose fine structure the finished picture has: the strokes that were painted, or the "
        "'photograph' itself in the painted light and colours, without painted noise.",
        _result(choices=get_args(Surface)),
    )
    faces: Faces = field(
        "auto",
        "Faces in the photograph: 'keep' them recognisable, more as they are and without the "
        "style's largest forms; or 'style', painted as everything else; 'auto' keeps those that "
        "are found where the extra `faces` is installed (docs/faces.md).",
        _result(choices=get_args(Faces)),
    )
    seed: int = field(
        0,
        "Seed of the white noise, or of the grain on a start picture.",
        _result("N", read_integer, low=0),
    )
    content_weight: float = field(
        4.0,
        "Weight of the content loss; only its ratio to the style weight matters.",
        _objective("X", read_float, low=0, may_change=True),
    )
    style_weight: float = field(
        1000.0,
        "Weight of the style loss; the paper's ratio is 1e-3.",
        _objective("X", read_float, low=0, may_change=True),
    )
    strength: float = field(
        float(STRENGTH_DEFAULT),
        f"How much style, on a dial: {STRENGTH_DEFAULT} is the weights as given, each "
        f"{STRENGTH_DECADE} more makes the style ten times stronger.",
        _objective("X", read_float, low=0, high=100, may_change=True),
    )
    objective: ObjectiveKind = field(
        "means",
        "What the losses are: 'means' of squares, with which the paper's weights give its pictures "
        "at any size, or the 'literal' sums that it prints, with which content outweighs style, "
        "the more the larger the picture.",
        _objective(choices=get_args(ObjectiveKind)),
    )
    style_loss: str = field(
        "covariance",
        "How styles are compared: "
        + "; ".join(f"'{name}', {words}" for name, words in STYLE_LOSSES.items())
        + ".",
        _objective(choices=STYLE_LOSSES),
    )
    smoothness: float = field(
        1.0,
        "How much fine detail costs, measured against the styles' own: more takes noise away, "
        "and in the end strokes; 0 leaves it.",
        _objective("X", read_float, low=0, may_change=True),
    )
    content_layers: Layers = field(
        (("relu3_1", 0.5), ("relu4_2", 0.5)),
        "Layers whose responses keep the photograph, each with a weight "
        "(1 / number of layers where none is given).",
        _objective("LAYER[:W],...", read_layers),
    )
    content_statistics: ContentStatistics = field(
        "style",
        "Whose mean and spread the photograph's responses are kept with, filter by filter: the "
        "style's, so that both losses can be had at once, or the photograph's own, as in the "
        "paper.",
        _objective(choices=get_args(ContentStatistics)),
    )
    content_focus: float = field(
        0.7,
        "How much more the photograph counts where it shows something than where it is flat: "
        "0 counts every place alike, as in the paper.",
        _objective("X", read_float, low=0, high=4),
    )
    style_layers: Layers = field(
        tuple((f"relu{block}_1", 0.2) for block in range(1, 6)),
        "Layers whose statistics keep the style, each with a weight "
        "(1 / number of layers where none is given).",
        _objective("LAYER[:W],...", read_layers),
    )
    style_blend: tuple[float, ...] = field(
        (),
        "Shares of several styles, one for each; equal when not given.",
        _objective("X,...", read_list(read_float), low=0, may_change=True),
    )
    style_scale: tuple[float, ...] = field(
        (1.0,),
        "Size of the strokes: the style picture's size against the result's, one number or one "
        "for each style; it is never enlarged beyond its own pixels.",
        _objective("X,...", read_list(read_float), low=0.05, high=20),
    )
    style_crops: tuple[Box, ...] = field(
        (),
        "Take the style from these parts of each style picture only, in shares of its sides; "
        "from all of it when none is given.",
        _objective("LEFT:TOP:RIGHT:BOTTOM,...", read_list(read_box)),
    )
    style_border: StyleBorder = field(
        "auto",
        "Frames, mounts and bars around a style picture are found and left out, or kept as if they "
        "were painted.",
        _objective(choices=get_args(StyleBorder)),
    )
    network: NetworkKind = field(
        "normalised",
        "The network with each filter's mean activation scaled to 1, as in the paper, or as "
        "trained.",
        _network(choices=get_args(NetworkKind)),
    )
    weights: str = field(
        "auto",
        "Trained weights: 'auto', the VGG-19 that comes with the install, or a file with a "
        "state dict of VGG-19 or VGG-16, .safetensors or .pth (docs/networks.md).",
        _network("auto|FILE"),
    )
    pooling: Pooling = field(
        "average",
        "Average pooling, as in the paper, or the network's original maximum.",
        _network(choices=get_args(Pooling)),
    )
    padding: Padding = field(
        "reflect",
        "What the network sees beyond the border: the picture's reflection, the paper's zeros, "
        "or the opposite border ('wrap'), which makes a seamless tile.",
        _network(choices=get_args(Padding)),
    )
    levels: int | str = field(
        "auto",
        "Sizes to paint at, each half the next; 'auto' starts near 128 px, 1 is a single scale.",
        _optimisation("auto|N", word_or("auto", read_integer), low=1, high=16),
    )
    detail: float = field(
        0.8,
        "How much of the photograph's fine detail comes back at each finer level: all (1), or "
        "none (0), so that strokes take its place.",
        _optimisation("X", read_float, low=0, high=1),
    )
    iterations: tuple[int, ...] | str = field(
        "auto",
        "Most evaluations at each level, coarse to fine; the last value repeats. 'auto' is "
        f"{AUTO_ITERATIONS[0]} at the coarsest level and {AUTO_ITERATIONS[1]} above; "
        + ", ".join(f"'{name}' is {_upwards(limits)}" for name, limits in SCHEDULES.items())
        + " at the last levels.",
        _optimisation(
            f"auto|{'|'.join(SCHEDULES)}|N,...",
            word_or(("auto", *SCHEDULES), read_list(read_integer)),
            low=1,
            high=1_000_000,
        ),
    )
    tolerance: float = field(
        0.01,
        "Leave a level when ten evaluations lower the best loss by less than this share; "
        "0 never does.",
        _optimisation("X", read_float, low=0, high=1),
    )
    optimizer: OptimizerName = field(
        "lbfgs",
        "L-BFGS, as in the paper, or Adam.",
        _optimisation(choices=get_args(OptimizerName)),
    )
    pixels: PixelRange = field(
        "bounded",
        "Pixels that a curve keeps between black and white, or the paper's, which are free to "
        "leave that range and are clipped at each new size and in the finished picture.",
        _optimisation(choices=get_args(PixelRange)),
    )
    history: int | str = field(
        "auto",
        f"Steps that L-BFGS remembers; 'auto' is {AUTO_HISTORY[0]}, and {AUTO_HISTORY[1]} at "
        f"levels above {LARGE_PX // 1_000_000} megapixels.",
        _optimisation("auto|N", word_or("auto", read_integer), low=1, high=100),
    )
    learning_rate: float = field(
        0.02,
        "Step of Adam, as a share of the pixel range.",
        _optimisation("X", read_float, low=1e-6, high=1),
    )

    @property
    def init_file(self) -> Path | None:
        """The picture file that the painting starts from, unless `init` is a word."""
        return None if self.init.partition(":")[0] in INIT_WORDS else Path(self.init)

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that a loss asks for."""
        return tuple(dict(self.content_layers) | dict(self.style_layers))

    def face_layers(self, order: Iterable[str]) -> tuple[str, str | None]:
        """Return the style layer that keeps faces' features, and the one that leaves faces out.

        Of a network with its layers in this `order`, shallow first: the middle one, and the
        deepest one where there are others.
        """
        weights = dict(self.style_layers)
        weighing = [layer for layer in order if weights.get(layer)]
        return weighing[len(weighing) // 2], weighing[-1] if len(weighing) > 1 else None

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
        if self.style_loss in COUNTING and self.network != "normalised":
            raise UsageError(
                f"style loss {self.style_loss} counts in units of each filter's mean response: "
                "give --network normalised with it"
            )


def _check_layers(name: str, layers: Layers) -> None:
    """Refuse what no network could be asked for; which layers it has, is the network's to say."""
    label = name.replace("_", " ")
    for layer, weight in layers:
        if not layer:
            raise UsageError(f"{label} has a layer without a name; give LAYER or LAYER:WEIGHT")
        if weight < 0:
            raise UsageError(f"{label}: {layer} cannot weigh {weight:g}; give 0 or more")
    if len({layer for layer, _ in layers}) < len(layers):
        raise UsageError(f"{label} names a layer twice; give each layer one weight")
    if not any(weight for _, weight in layers):
        raise UsageError(f"{label} weigh nothing in all; give at least one layer a weight")
