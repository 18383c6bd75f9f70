"""What the figures' panels are judged by: the paper's claims, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from impasto.engine.recipe import Recipe
from impasto.measures.fidelity import fidelity_figure
from impasto.measures.measure import measure
from impasto.pictures.picture import Picture
from impasto.pictures.resample import resize
from impasto.reading.sources import as_picture
from impasto.settings.reconstruction import reconstruction
from impasto.sheets.sheet import Judge, plain_losses
from impasto.sheets.yardstick import Yardstick


def kept_content(photo: Picture, layers: tuple[str, ...], **options: Any) -> Judge:
    """Judge how near pictures are to a photograph: in pixels, and at these layers.

    `psnr_db` is over all pixels, `layout` the correlation of coarse light; each layer's name is
    the mean squared distance there, over that of plain grey. `options` say by which weights, and
    how it is computed.
    """
    yardstick = Yardstick(*reconstruction(content=layers, **options), photo)

    def judge(picture: Picture, recipe: Recipe) -> Mapping[str, float]:
        off = yardstick.off(picture)
        return {**_fidelity(picture, photo), **{n: off[f"content {n}"] for n in layers}}

    return judge


def kept_style(painting: Picture, layers: tuple[str, ...], **options: Any) -> Judge:
    """Judge how near Gram matrices are to a painting's, in the layers and network of a picture.

    `gram_error` is the mean over layers of the squared distance over that of plain grey, as it was
    painted; in the file pixels that left 0..1 are clipped. `layout` is the correlation of coarse
    light with the painting's, which nothing holds.
    """
    yardsticks = {
        network: Yardstick(*reconstruction(style=layers, network=network, **options), painting)
        for network in ("original", "normalised")
    }

    def judge(picture: Picture, recipe: Recipe) -> Mapping[str, float]:
        yardstick = yardsticks[recipe.settings.network]
        weights = {f"style {layer}": weight for layer, weight in recipe.settings.style_layers}
        painted = {name: (recipe.losses[name] or 0.0) / weight for name, weight in weights.items()}
        unclipped, clipped = yardstick.over_grey(picture, painted), yardstick.off(picture)
        return {
            "gram_error": sum(unclipped.values()) / len(weights),
            "clipped_gram_error": sum(clipped[name] for name in weights) / len(weights),
            "layout": _fidelity(picture, painting)["layout"],
        }

    return judge


def noise_and_losses(photo: Picture, other: Picture) -> Judge:
    """Judge a picture of two photographs by its losses and the noise figure of `measure`."""

    def judge(picture: Picture, recipe: Recipe) -> Mapping[str, float]:
        noise = measure(picture, photo, other).noise.figure
        assert noise is not None
        return {**plain_losses(recipe), "noise": noise}

    return judge


def likeness(photo: Picture) -> Judge:
    """Judge a painted picture by its losses and by how near the photograph it stayed."""

    def judge(picture: Picture, recipe: Recipe) -> Mapping[str, float]:
        return {**plain_losses(recipe), **_fidelity(picture, photo)}

    return judge


def _fidelity(picture: Picture, photo: Picture) -> dict[str, float]:
    fitted = as_picture(resize(photo.in_space_of(picture).tensor()[None], *picture.size))
    found = fidelity_figure(picture, fitted)
    return {"psnr_db": found.psnr_db, "layout": found.layout}
