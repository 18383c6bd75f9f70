"""What paper and sweep do once their flags are right; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from impasto.cli.files import from_flags
from impasto.cli.sheet_progress import Silent, make_watcher
from impasto.cli.signals import stoppable
from impasto.engine.networks import Networks
from impasto.files import make_folder
from impasto.jobs.inputs import Inputs
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.load import load
from impasto.settings.sweeping import Axis, Variant
from impasto.sheets.figures import FIGURES
from impasto.sheets.subjects import CONTENT, PHOTO, STYLES, Subjects, example
from impasto.sheets.sweep import sweep_sheet
from impasto.sheets.work import Known, SheetFiles, check_sheet, paint_sheet


def paper(figures: Sequence[str], common: Mapping[str, Any], flags: Mapping[str, Any]) -> None:
    """Make the paper's figures of these names, in a folder."""
    given = _given(flags)
    subjects = _subjects(common, flags)
    folder: Path = flags["output"]
    make_folder(folder)
    sheets = [
        (FIGURES[name](subjects), SheetFiles(folder / f"{name}.png", flags["overwrite"]))
        for name in figures
    ]
    works = [check_sheet(sheet, files, given) for sheet, files in sheets]
    known: Known = {}
    watcher = _watcher(flags)
    with watcher, stoppable():
        for work in works:
            paint_sheet(work, watcher, thumbnail=flags["thumbnail"], known=known)


def sweep(axes: Sequence[Axis], cells: Sequence[Variant], flags: Mapping[str, Any]) -> None:
    """Paint the sheet of a sweep."""
    inputs = from_flags(Inputs, flags, reading=from_flags(Reading, flags))
    paths = sorted({path for cell in cells for path in inputs.paths(cell.settings)})
    files = SheetFiles(flags["output"], flags["overwrite"])
    files.check_output(paths)  # before anything is read
    watcher = _watcher(flags)
    with watcher, stoppable():
        assert inputs.content is not None
        make = partial(inputs.read().prepare, networks=Networks())
        title = " in the style of ".join((inputs.content.stem, _listed(inputs.styles)))
        sheet = sweep_sheet(axes, cells, make, title)
        paint_sheet(check_sheet(sheet, files, paths), watcher, thumbnail=flags["thumbnail"])


def _watcher(flags: Mapping[str, Any]) -> Silent:
    return make_watcher(quiet=flags["quiet"], json_lines=flags["json_progress"])


def _subjects(common: Mapping[str, Any], flags: Mapping[str, Any]) -> Subjects:
    """Return the pictures that are named, and examples for those that are not."""
    reading = from_flags(Reading, flags)
    first = replace(reading, frame=0)  # the frame that is asked for is the content's

    def picture(path: Path | None, stand_in: str, reading: Reading = first) -> Picture:
        return example(stand_in) if path is None else load(path, reading)

    named = flags["styles"] or (None,) * len(STYLES)
    stand_ins = STYLES if not flags["styles"] else ("",) * len(named)
    return Subjects(
        content=picture(flags["content"], CONTENT, reading),
        styles=tuple(picture(*pair) for pair in zip(named, stand_ins, strict=True)),
        photo=picture(flags["photo"], PHOTO),
        options=common,
    )


def _given(flags: Mapping[str, Any]) -> list[str]:
    named = (flags["content"], *flags["styles"], flags["photo"])
    return [str(path.absolute()) for path in named if path is not None]


def _listed(styles: Sequence[Path]) -> str:
    return ", ".join(path.stem for path in styles)
