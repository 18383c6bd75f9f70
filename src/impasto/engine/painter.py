"""Many photographs in one manner, without loading or measuring anything twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from impasto.engine.iterate import last, paint
from impasto.engine.networks import Networks
from impasto.engine.prepare import prepare
from impasto.engine.run import Run
from impasto.engine.step import Step
from impasto.pictures.picture import Picture
from impasto.reading.sources import PictureSource
from impasto.scene.styles import Styles, as_styles
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


class Painter:
    """Paints photographs in the manner of the same styles, by the same settings.

    The network is loaded with the first photograph, styles are read once, and measured once for
    each size unless they are cut, masked or recoloured for a photograph. Every picture has the
    bytes that `stylize` would give it.
    """

    def __init__(
        self,
        styles: Styles,
        settings: Settings | None = None,
        resources: Resources | None = None,
        **options: Any,
    ) -> None:
        """Take what all pictures have in common; arguments and errors are those of `iterate`."""
        self._styles = as_styles(styles)
        self._asked = {"settings": settings, "resources": resources, **options}
        self._networks = Networks()

    def prepare(self, content: PictureSource | None, **own: Any) -> Run:
        """Read and check a photograph, and what is its `own`: init, regions, protect, plan."""
        asked = {**self._asked, **own}
        return prepare(content, self._styles, networks=self._networks, **asked)

    def iterate(self, content: PictureSource | None, **own: Any) -> Iterator[Step]:
        """Paint a photograph: an iterator of a Step for each evaluation."""
        return paint(self.prepare(content, **own))

    def paint(self, content: PictureSource | None, **own: Any) -> Picture:
        """Paint a photograph and return the result."""
        return last(self.iterate(content, **own)).picture
