"""What a run would take, in lines for a person; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from impasto.cli.files import from_flags
from impasto.cli.telling import duration
from impasto.engine.run import Run
from impasto.engine.trial import seconds_per_pixel
from impasto.errors import DeviceError
from impasto.jobs.inputs import Inputs
from impasto.native.library import Library, library
from impasto.pictures.limits import Reading
from impasto.planning.choose import make_plan
from impasto.planning.plan import Plan
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

_HEADINGS = ("level", "size", "tiles", "evaluations", "memory", "scratch", "time at most")


def forecast(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> list[str]:
    """Return the levels of the run that the flags ask for, and what it takes beside them."""
    inputs = from_flags(Inputs, flags, reading=from_flags(Reading, flags))
    run = inputs.prepare(settings, resources, must_fit=False)
    summary = _summary(run, resources)  # before the measurement, which holds memory of its own
    return [*_table(_rows(run)), summary]


def _rows(run: Run) -> list[tuple[str, ...]]:
    pace = seconds_per_pixel(run.settings, run.plan)
    forecasts = run.costs.forecast(run.levels, run.plan)
    rows = []
    for number, (level, tile_px, expected) in enumerate(
        zip(run.levels, run.plan.tiles, forecasts, strict=True), 1
    ):
        row = (
            f"{number}/{len(run.levels)}",
            f"{level.width} x {level.height} px",
            _tiles(expected.tiles, tile_px),
            f"{level.iterations}",
            _bytes(expected.memory),
            _bytes(expected.scratch) if expected.scratch else "none",
            duration(expected.pixels * pace),
        )
        rows.append(row)
    total = sum(expected.pixels for expected in forecasts) * pace
    return [_HEADINGS, *rows, ("all", "", "", "", "", "", duration(total))]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _summary(run: Run, resources: Resources) -> str:
    base = run.costs.baseline(run.device) + run.mask_bytes
    least = base + run.costs.floor(run.levels[-1])
    history = run.plan.history[-1]
    try:
        make_plan(run.levels, run.settings, resources, beside=run.mask_bytes)
        verdict = ""
    except DeviceError as fault:
        verdict = f"\npaint would refuse: {fault}"
    return (
        f"computed {_by(run.plan)}on {run.plan.device} in {run.plan.precision} with "
        f"{run.plan.threads} threads{_kernel(run)}; L-BFGS remembers {history} steps at the last "
        "level\n"
        f"beside that, the program, the pictures and the network take {_bytes(base)}; "
        f"the least --memory for this size is {_bytes(least)}{verdict}"
    )


def _tiles(count: int, tile_px: int | None) -> str:
    if count == 1:
        return "whole"
    return f"{count}, one each" if tile_px is None else f"{count} of {tile_px} px"


def _by(plan: Plan) -> str:
    """Say how many processes share the work, where there are several."""
    if plan.processes == 1:
        return ""
    return f"by {plan.processes} processes, of which each takes so much memory, "


def _kernel(run: Run) -> str:
    """Say what computes the inside of an evaluation, and why not machine code of ours."""
    found = library()
    if run.plan.device != "cpu" or (run.plan.kernel == "tensor" and isinstance(found, Library)):
        return ""
    if isinstance(found, Library):
        return f" (machine code for {found.name})"
    return f" (tensor operations, for there is no machine code: {found.reason})"


def _bytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
