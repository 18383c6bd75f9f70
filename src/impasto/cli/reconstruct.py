"""impasto reconstruct: what layers of the network keep of a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from impasto.cli.files import PATH, reading_options, result_options
from impasto.cli.options import (
    GroupedCommand,
    check_layers,
    options_named,
    telling_options,
)
from impasto.settings.option import options
from impasto.settings.reconstruction import BASE, reconstruction
from impasto.settings.resources import Resources

# Of Settings; weights and layers of a loss are the command's own words.
_CONTROLS = (
    *("size", "init", "seed", "style_loss", "smoothness", "network", "weights", "pooling"),
    *("padding", "levels", "iterations", "tolerance", "optimizer", "pixels", "history"),
    "learning_rate",
)
_FIELDS = (*_CONTROLS, *options(Resources))
_EXAMPLES = (
    ("The content of one layer:", "impasto reconstruct photo.jpg --content relu4_2 -o out.png"),
    (
        "The style of three layers:",
        "impasto reconstruct painting.jpg --style relu1_1,relu2_1,relu3_1 -o out.png",
    ),
    (
        "With the network's own pooling, and longer:",
        "impasto reconstruct photo.jpg --content relu5_2 -o out.png --pooling max "
        "--iterations 1000",
    ),
)


@click.command(cls=GroupedCommand, examples=_EXAMPLES, no_args_is_help=True)
@click.argument("picture", metavar="PICTURE", type=PATH)
@click.option("--content", metavar="LAYER", help="Keep the content that this layer has.")
@click.option(
    "--style", metavar="LAYER,...", help="Keep the style that these layers have, and no content."
)
@result_options
@telling_options
@reading_options
@options_named(*_FIELDS, defaults=BASE)
def reconstruct(picture: Path, content: str | None, style: str | None, **flags: Any) -> None:
    """Paint what layers of the network keep of PICTURE, from white noise.

    Shallow layers keep the content almost to the pixel, deep ones what is seen and where; the
    style of few layers is their texture, of all its larger forms as well (Gatys, Ecker and
    Bethge 2016, figure 1). Layers are relu1_1 ... relu5_4.
    """
    asked = {name: flags[name] for name in _FIELDS if flags[name] is not None}
    settings, resources = reconstruction(content=content, style=style, **asked)
    check_layers(settings)
    from impasto.cli import painting

    painting.paint(settings, resources, {**flags, "content": picture, "styles": ()})
