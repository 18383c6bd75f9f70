"""What batch does once its flags are right; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.batch.checking import checked
from impasto.batch.cluster import paint_there
from impasto.batch.forecast import forecast
from impasto.batch.gathering import photographs
from impasto.batch.here import paint_here
from impasto.batch.item import Item
from impasto.batch.items import Asked
from impasto.batch.journal import NAME as JOURNAL
from impasto.batch.ledger import Ledger
from impasto.batch.manifest import Row
from impasto.batch.work import look
from impasto.batch.worker import Written
from impasto.cli.batch_progress import make_watcher
from impasto.cli.files import from_flags
from impasto.cli.options import asked_for
from impasto.cli.signals import stoppable
from impasto.cli.telling import answer, duration
from impasto.files import check_folder, make_folder
from impasto.jobs.crew import Cluster
from impasto.jobs.shard import Shard
from impasto.pictures.limits import Reading


def batch(
    photos: Sequence[str],
    rows: Sequence[Row] | None,
    shard: Shard,
    address: str | None,
    flags: Mapping[str, Any],
) -> None:
    """Paint what the flags name, or say what would be painted."""
    items = shard.of(_items(photos, rows, flags))
    if flags["dry_run"]:
        _say(items, flags)
        return
    folder: Path = flags["output"]
    make_folder(folder)
    written = from_flags(Written, flags)
    if written.fallback_dir is not None:
        check_folder(written.fallback_dir)
    ledger = Ledger(folder, overwrite=flags["overwrite"])
    watcher = make_watcher(quiet=flags["quiet"], json_lines=flags["json_progress"])
    try:
        with watcher, stoppable():
            work = look(items, ledger)
            if address is None:
                paint_here(work, written, watcher, at_once=flags["at_once"])
            else:
                paint_there(work, written, watcher, _cluster(address, items, flags))
    finally:
        ledger.close()


def _cluster(address: str, items: Sequence[Item], flags: Mapping[str, Any]) -> Cluster:
    """Return the cluster of the flags; of several rows' threads, its workers have the most."""
    threads = [int(t) for item in items if (t := item.resources.threads) != "auto"]
    return Cluster(
        address=address,
        workers=flags["workers"],
        threads=max(threads, default=None),
        uses_gpus=any(item.resources.device in ("auto", "cuda") for item in items),
        send_back=flags["send_back"],
    )


def _items(
    photos: Sequence[str], rows: Sequence[Row] | None, flags: Mapping[str, Any]
) -> list[Item]:
    """Return all pictures of the batch, in the same order for every process of it."""
    reading = from_flags(Reading, flags)
    asked = from_flags(Asked, flags, options=asked_for(flags), reading=reading)
    if rows is None:
        return asked.crossed(photographs(photos, flags["output"]))
    return asked.listed(rows, flags["manifest"].parent)


def _say(items: Sequence[Item], flags: Mapping[str, Any]) -> None:
    """List what would be painted, and how long; nothing is written."""
    missing = _missing(items, flags)
    waiting, unfit = checked(missing)
    seconds = 0.0
    for expected in forecast(waiting):
        seconds += expected.seconds
        height, width = expected.size
        took = duration(expected.seconds)
        answer(f"{expected.item.name}  {width} x {height} px  {took}")
    for failure in unfit:
        answer(f"{failure.item.name}  cannot be painted: {failure.reason}")
    answer(
        f"{len(waiting)} pictures to paint, {len(items) - len(missing)} are there, {len(unfit)} "
        f"cannot be painted; at most {duration(seconds)} in one process"
    )


def _missing(items: Sequence[Item], flags: Mapping[str, Any]) -> Sequence[Item]:
    """Return what is not there; a folder without a journal gets none only for being looked at."""
    folder: Path = flags["output"]
    if not (folder / JOURNAL).exists():
        return items
    ledger = Ledger(folder, overwrite=flags["overwrite"])
    try:
        return ledger.missing(items)
    finally:
        ledger.close()
