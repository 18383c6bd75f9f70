"""The paper's own figures (Gatys, Ecker and Bethge 2016, and 2015), cell by cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from impasto.sheets.judging import kept_content, kept_style, likeness, noise_and_losses
from impasto.sheets.sheet import Cell, Curve, Sheet, wrapped
from impasto.sheets.subjects import Subjects, called, shown

_BLOCKS = range(1, 6)
_FIRSTS = tuple(f"relu{block}_1" for block in _BLOCKS)
_SECONDS = tuple(f"relu{block}_2" for block in _BLOCKS)
# The deepest layers of the figure, where all its pictures are compared.
_DEEP = ("relu4_2", "relu5_2")
_LOSSES = "content {content:.3g}, style {style:.2g}"
_KEPT = "{psnr_db:.1f} dB, {relu5_2:.1%} off at relu5_2"


def content_layers(subjects: Subjects) -> Sheet:
    """Show what single layers keep of the content (2016, figure 1; 2015, figure 1)."""
    photo = subjects.content
    layers = (*_SECONDS, *_FIRSTS)
    painted = [subjects.reconstruction(f"content-{n}", n, photo, content=n) for n in layers]
    first = shown("photograph", "photograph", photo)
    again = shown("photograph-again", "photograph", photo)
    return wrapped(
        "Content that single layers keep",
        [first, *painted[:5], again, *painted[5:]],
        across=3,
        judge=kept_content(photo, _DEEP, **subjects.measuring),
        note=_KEPT,
    )


def style_layers(subjects: Subjects) -> Sheet:
    """Show what growing sets of layers keep of the style (2016, figure 1).

    By the network as trained, where a deep layer's Gram matrix is small and counts for little, and
    by the normalised one, where all count alike.
    """
    painting = subjects.styles[0]
    cells = []
    for network in ("original", "normalised"):
        cells.append(shown(f"painting-{network}", "painting", painting))
        cells += [
            subjects.reconstruction(
                f"style-{network}-to-{last}",
                f"{_up_to(last)}, {network}",
                painting,
                style=",".join(_FIRSTS[:count]),
                network=network,
            )
            for count, last in enumerate(_FIRSTS, 1)
        ]
    return wrapped(
        "Style that growing sets of layers keep",
        cells,
        across=3,
        judge=kept_style(painting, _FIRSTS, **subjects.measuring),
        note="{gram_error:.2%} off, layout {layout:.2f}",
    )


def transfer(subjects: Subjects) -> Sheet:
    """Show one photograph in several styles (2016, figure 3; 2015, figure 2)."""
    photo = subjects.content
    cells: list[Cell | None] = [shown("photograph", called(photo), photo), None]
    for number, style in enumerate(subjects.styles, 1):
        name = called(style)
        cells.append(shown(f"{number}-style", name, style))
        cells.append(
            subjects.transfer(
                f"{number}-{name}", f"{called(photo)}, {name}", photo, style, ratio=1e-3
            )
        )
    return Sheet(
        title="One photograph in several styles, content to style 10\u207b\u00b3",
        cells=tuple(cells),
        rows=("",) * (len(cells) // 2),
        columns=("",) * 2,
        note=_LOSSES,
    )


def grid(subjects: Subjects) -> Sheet:
    """Set growing sets of style layers against ratios (2015, figure 3)."""
    ratios = (1e-5, 1e-4, 1e-3, 1e-2)
    cells = [
        subjects.transfer(
            f"to-{last}-{ratio:.0e}",
            "",
            subjects.content,
            subjects.styles[0],
            style_layers=",".join(_FIRSTS[:count]),
            ratio=ratio,
        )
        for count, last in enumerate(_FIRSTS, 1)
        for ratio in ratios
    ]
    return Sheet(
        title="Style layers against the ratio of content to style",
        cells=tuple(cells),
        rows=tuple(map(_up_to, _FIRSTS)),
        columns=tuple(map(_power, ratios)),
        row_title="style layers",
        column_title="content weight / style weight",
        note=_LOSSES,
    )


def trade_off(subjects: Subjects) -> Sheet:
    """Change the ratio of content to style (2016, figure 4)."""
    cells = [
        subjects.transfer(
            f"{ratio:.0e}",
            _power(ratio),
            subjects.content,
            subjects.styles[0],
            ratio=ratio,
        )
        for ratio in (1e-4, 1e-3, 1e-2, 1e-1)
    ]
    return wrapped(
        "Content weight / style weight",
        cells,
        across=2,
        note=_LOSSES,
        curve=Curve("ratio", ("content", "style"), "content weight / style weight", "loss"),
    )


def content_layer(subjects: Subjects) -> Sheet:
    """Set a shallow content layer against a deep one (2016, figure 5)."""
    photo, style = subjects.content, subjects.styles[0]
    cells = [
        subjects.transfer(layer, layer, photo, style, content_layers=layer, ratio=1e-3)
        for layer in ("relu2_2", "relu4_2")
    ]
    first = (shown("photograph", called(photo), photo), shown("style", called(style), style))
    return wrapped(
        "Content kept at a shallow and at a deep layer, 10\u207b\u00b3",
        [*first, *cells],
        across=2,
        judge=likeness(photo),
        note=f"{_LOSSES}, {{psnr_db:.1f}} dB",
    )


def init(subjects: Subjects) -> Sheet:
    """Start from different pictures (2016, figure 6)."""
    photo, style = subjects.content, subjects.styles[0]
    starts: dict[str, dict[str, Any]] = {"content": {"init": "content"}, "style": {"init": "style"}}
    starts |= {f"noise {seed + 1}": {"init": "noise", "seed": seed} for seed in range(4)}
    cells = [
        subjects.transfer(name.replace(" ", "-"), f"from {name}", photo, style, ratio=1e-3, **start)
        for name, start in starts.items()
    ]
    return wrapped(
        "Pictures to start from, 10\u207b\u00b3",
        cells,
        across=3,
        judge=likeness(photo),
        note=f"{_LOSSES}, layout {{layout:.2f}}",
    )


def photo(subjects: Subjects) -> Sheet:
    """Paint a photograph like another (2016, figure 7), and once more without its noise."""
    one, other = subjects.content, subjects.photo
    cells = [
        shown("photograph", called(one), one),
        shown("other", called(other), other),
        subjects.transfer(
            "paper",
            "the paper's method, 10\u207b\u00b2",
            one,
            other,
            ratio=1e-2,
            init="content",
        ),
        subjects.cured("cured", "--preset photo", one, other),
    ]
    return wrapped(
        "A photograph in the light of another",
        cells,
        across=2,
        judge=noise_and_losses(one, other),
        note="noise {noise:.2f}",
    )


FIGURES: Mapping[str, Callable[[Subjects], Sheet]] = {
    "content-layers": content_layers,
    "style-layers": style_layers,
    "transfer": transfer,
    "grid": grid,
    "trade-off": trade_off,
    "content-layer": content_layer,
    "init": init,
    "photo": photo,
}


def _up_to(last: str) -> str:
    return last if last == _FIRSTS[0] else f"to {last}"


def _power(ratio: float) -> str:
    """Write a power of ten as a paper does."""
    raised = str.maketrans(
        "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
    )
    return f"10{str(round(math.log10(ratio))).translate(raised)}"
