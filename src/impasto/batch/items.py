"""What is asked for, made into pictures: every photograph in every style, or a manifest's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from impasto.batch.gathering import Photograph
from impasto.batch.item import Item
from impasto.batch.manifest import Row
from impasto.batch.names import TEMPLATE, below, check_distinct, named
from impasto.errors import UsageError
from impasto.jobs.inputs import Inputs
from impasto.pictures.limits import Reading
from impasto.pictures.writing import WRITABLE
from impasto.settings.layers import VGG19_LAYERS, check_known
from impasto.settings.option import checked, options
from impasto.settings.presets import from_options
from impasto.settings.readers import read_integer
from impasto.settings.settings import Settings
from impasto.settings.shares import shares_of


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What all pictures of a batch have in common, where their rows say nothing else.

    `options` are the preset, settings and resources that were given, by name.
    """

    output: Path
    name: str = TEMPLATE
    styles: tuple[Path, ...] = ()
    options: Mapping[str, Any]
    regions: Path | None = None
    style_regions: tuple[str, ...] = ()
    protect: Path | None = None
    depth: Literal[8, 16] | None = None
    reading: Reading

    def crossed(self, photos: Sequence[Photograph]) -> list[Item]:
        """Return every photograph in every style, one style after another."""
        if not self.styles:
            raise UsageError("no style is given; give --style PICTURE, or a --manifest with styles")
        settings, resources = from_options(self.options)
        numbered = enumerate(((s, photo) for s in self.styles for photo in photos), 1)
        found = []
        for number, (style, photo) in numbered:
            name = self._name(photo, (style,), number)
            found.append(
                Item(
                    name=name,
                    output=below(self.output, name),
                    inputs=self._inputs(photo.path, (style,)),
                    settings=settings,
                    resources=resources,
                    depth=self.depth,
                )
            )
        return _sound(found)

    def listed(self, rows: Sequence[Row], folder: Path) -> list[Item]:
        """Return the pictures of a manifest whose files are named from a folder."""
        found: list[Item] = []
        for row in rows:
            try:
                found += self._of_row(row, folder, len(found) + 1)
            except UsageError as fault:
                if str(fault).startswith(row.where):
                    raise
                raise UsageError(f"{row.where}: {fault}") from fault
        return _sound(found)

    def _of_row(self, row: Row, folder: Path, number: int) -> Iterator[Item]:
        content = row.one("content")
        if content is None:
            raise UsageError("no content is given; name a photograph")
        settings, resources = from_options({**self.options, **row.options})
        if settings.weights == "auto":
            check_known(settings.layers, VGG19_LAYERS, "VGG-19")
        photo = Photograph(folder / content, _relative_folder(content))
        styles = _files(row, "style", folder)
        together = [styles] if styles else [(style,) for style in self.styles]
        if not together:
            raise UsageError("no style is given; name one, or give --style PICTURE")
        output = row.one("output")
        if output is not None and len(together) > 1:
            raise UsageError(
                f"output cannot be {output!r} for {len(together)} styles; leave it out"
            )
        for place, several in enumerate(together, number):
            name = output or self._name(photo, several, place)
            yield Item(
                name=name,
                output=below(self.output, name),
                inputs=self._inputs(photo.path, several, row, folder),
                settings=settings,
                resources=resources,
                depth=_depth(row) or self.depth,
            )

    def _name(self, photo: Photograph, styles: Sequence[Path], number: int) -> str:
        ending = photo.path.suffix.lower()
        values = {
            "content": photo.path.stem,
            "style": "+".join(style.stem for style in styles),
            "ext": ending[1:] if ending in WRITABLE else "png",
            "folder": photo.folder,
            "number": number,
        }
        return named(self.name, values)

    def _inputs(
        self,
        content: Path,
        styles: tuple[Path, ...],
        row: Row | None = None,
        folder: Path | None = None,
    ) -> Inputs:
        own: dict[str, Any] = {}
        if row is not None and folder is not None:
            own = {
                name: folder / value for name in ("regions", "protect") if (value := row.one(name))
            }
            if several := row.several("style_regions"):
                own["style_regions"] = tuple(_map(text, folder) for text in several)
        common = {
            "regions": self.regions,
            "style_regions": self.style_regions,
            "protect": self.protect,
            "reading": self.reading if row is None else _read_frame(row, self.reading),
        }
        return Inputs(**{"content": content, "styles": styles, **common, **own})


def _sound(items: list[Item]) -> list[Item]:
    """Raise UsageError for what no photograph could mend: names, formats, numbers of styles."""
    check_distinct((item.output, f"{item.content} in {_styles_of(item)}") for item in items)
    for item in items:
        if item.output.suffix.lower() not in WRITABLE:
            raise UsageError(
                f"cannot write '{item.name}': unknown extension; choose from {', '.join(WRITABLE)}"
            )
        shares_of([1.0] * len(item.inputs.styles), item.settings.style_blend)
    return items


def _styles_of(item: Item) -> str:
    return " and ".join(map(str, item.inputs.styles))


def _files(row: Row, name: str, folder: Path) -> tuple[Path, ...]:
    """Return files that a row names: one whose name holds what stands between two is one."""
    whole = row.values.get(name)
    if isinstance(whole, str) and (folder / whole).is_file():
        return (folder / whole,)
    return tuple(folder / one for one in row.several(name))


def _map(text: str, folder: Path) -> str:
    return text if text == "all" or text.startswith("#") else str(folder / text)


def _relative_folder(content: str) -> str:
    path = Path(content)
    parts = [part for part in path.parent.parts if part not in ("..", path.anchor)]
    return "/".join(parts)


def _depth(row: Row) -> Literal[8, 16] | None:
    value = row.values.get("depth")
    if value is None:
        return None
    if str(value).strip() not in ("8", "16"):
        raise UsageError(f"depth cannot be {value!r}; give 8 or 16")
    return cast(Literal[8, 16], int(value))


def _read_frame(row: Row, reading: Reading) -> Reading:
    value = row.values.get("frame")
    if value is None:
        return reading
    option = replace(options(Settings)["seed"][0], read=read_integer, low=0)
    return replace(reading, frame=checked("frame", option, value))
