"""What a sweep of nine cells costs against single runs of a network that is loaded and warm.

    python benchmarks/sweeps.py CONTENT STYLE [--size 256] [--evaluations 100]

Both paint nine seeds of the paper's method; the sweep is `impasto sweep` without the program's
start: it checks, writes each picture and draws the sheet.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import impasto
from impasto.cli.sheet_progress import Silent
from impasto.reading.load import load
from impasto.settings.sweeping import read_axis, variants
from impasto.sheets.sweep import sweep_sheet
from impasto.sheets.work import SheetFiles, check_sheet, paint_sheet

CELLS = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--evaluations", type=int, default=100)
    given = parser.parse_args()
    content, style = load(given.content), load(given.style)
    options = {
        "preset": "paper",
        "size": given.size,
        "iterations": given.evaluations,
        # No bytes depend on it, and a benchmark must not give threads up to what came before.
        "precision": "float32",
    }
    painter = impasto.Painter(style, **options)
    painter.paint(content)  # which loads and measures
    ratios = []
    for _ in range(3):
        single = _seconds(lambda: painter.paint(content))
        whole = _seconds(lambda: _sweep(painter, content, options))
        ratios.append(whole / single)
        print(f"single {single:.2f} s, sweep of {CELLS} {whole:.2f} s: {whole / single:.2f} times")
    print(f"median {sorted(ratios)[1]:.2f}")


def _sweep(painter: impasto.Painter, content: impasto.Picture, options: dict[str, object]) -> None:
    axis = read_axis("seed=" + ",".join(map(str, range(CELLS))))
    cells = variants([axis], options)

    def make(settings: impasto.Settings, resources: impasto.Resources) -> impasto.Run:
        return impasto.prepare(
            content, painter._styles, settings, resources, networks=painter._networks
        )

    with tempfile.TemporaryDirectory() as folder:
        sheet = sweep_sheet([axis], cells, make)
        paint_sheet(check_sheet(sheet, SheetFiles(Path(folder, "sheet.png"))), Silent())


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
