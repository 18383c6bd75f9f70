"""What layers of the network keep of a picture, seen as a picture again."""

from __future__ import annotations

from typing import Any

from impasto.engine.iterate import stylize
from impasto.network.encoder import Encoder
from impasto.pictures.picture import Picture
from impasto.reading.sources import PictureSource, as_picture
from impasto.settings.reconstruction import reconstruction


def reconstruct(
    picture: PictureSource,
    *,
    content: Any = None,
    style: Any = None,
    encoder: Encoder | None = None,
    **options: Any,
) -> Picture:
    """Paint, from white noise, what layers keep of a picture: of its `content` or of its `style`.

    `impasto.reconstruct("photo.jpg", content="relu4_2", size=256)`. Arguments and errors are
    those of `reconstruction`, whose settings `iterate` takes to show every step.
    """
    settings, resources = reconstruction(content=content, style=style, **options)
    seen = as_picture(picture)
    return stylize(seen, seen, settings, resources, encoder=encoder)
