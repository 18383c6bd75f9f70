"""impasto plan: what a run would take, without painting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.files import (
    content_argument,
    inputs_of,
    map_options,
    reading_options,
    styles_argument,
)
from impasto.cli.options import GroupedCommand, given, settings_options
from impasto.cli.telling import answer, duration
from impasto.errors import DeviceError
from impasto.settings.resources import Resources

if TYPE_CHECKING:
    from impasto.engine.run import Run

_HEADINGS = ("level", "size", "tiles", "evaluations", "memory", "scratch", "time at most")


_EXAMPLES = (
    ("A large print:", "impasto plan photo.jpg painting.jpg --size 8192"),
    ("Within 4 GB:", "impasto plan photo.jpg painting.jpg --size 4096 --memory 4GB"),
)


@click.command(cls=GroupedCommand, examples=_EXAMPLES, no_args_is_help=True)
@content_argument
@styles_argument
@map_options
@reading_options
@settings_options
def plan(**flags: Any) -> None:
    """Show levels, tiles, memory and time of a run, without painting.

    Takes the flags of `impasto paint`. The time is judged by a measurement of a few seconds.
    """
    settings, resources = given(flags)
    run = inputs_of(flags).prepare(settings, resources, must_fit=False)
    summary = _summary(run, resources)  # before the measurement, which holds memory of its own
    for line in _table(_rows(run)):
        answer(line)
    answer(summary)


def _rows(run: Run) -> list[tuple[str, ...]]:
    from impasto.engine.trial import seconds_per_pixel

    pace = seconds_per_pixel(run.settings, run.plan)
    forecasts = run.costs.forecast(run.levels, run.plan)
    rows = []
    for number, (level, tile_px, expected) in enumerate(
        zip(run.levels, run.plan.tiles, forecasts, strict=True), 1
    ):
        row = (
            f"{number}/{len(run.levels)}",
            f"{level.width} x {level.height} px",
            f"{expected.tiles} of {tile_px} px" if expected.tiles > 1 else "whole",
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
    from impasto.planning.choose import make_plan

    base = run.costs.baseline(run.device) + run.mask_bytes
    least = base + run.costs.floor(run.levels[-1])
    history = run.plan.history[-1]
    try:
        make_plan(run.levels, run.settings, resources, beside=run.mask_bytes)
        verdict = ""
    except DeviceError as fault:
        verdict = f"\npaint would refuse: {fault}"
    return (
        f"computed on {run.plan.device} in {run.plan.precision} with {run.plan.threads} threads; "
        f"L-BFGS remembers {history} steps at the last level\n"
        f"beside that, the program, the pictures and the network take {_bytes(base)}; "
        f"the least --memory for this size is {_bytes(least)}{verdict}"
    )


def _bytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
