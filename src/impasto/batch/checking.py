"""What can be known of a batch before its first picture is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.batch.item import Item
from impasto.errors import ImpastoError
from impasto.network.trained import check_network
from impasto.pictures.limits import Reading
from impasto.planning.levels import make_levels
from impasto.planning.machine import pick_device
from impasto.reading.header import size_in


@dataclass(frozen=True)
class Failure:
    """A picture that could not be painted: why, and the exit code that it would have by itself."""

    item: Item
    reason: str
    code: int


def checked(items: Sequence[Item]) -> tuple[list[Item], list[Failure]]:
    """Return what can be painted as far as files' headers say, and what cannot.

    Raises what no other photograph would mend: devices and weights that are not there.
    """
    for resources in dict.fromkeys(item.resources for item in items):
        pick_device(resources)
    for settings in dict.fromkeys(item.settings for item in items):
        check_network(settings)
    headers, fit, unfit = _Headers(), [], []
    for item in items:
        try:
            headers.check(item)
            fit.append(item)
        except ImpastoError as fault:
            unfit.append(failure_of(item, fault))
    return fit, unfit


def failure_of(item: Item, fault: Exception) -> Failure:
    """Return what is told of a picture that could not be painted."""
    if isinstance(fault, ImpastoError):
        message, code = str(fault), fault.exit_code
    elif isinstance(fault, MemoryError):
        message, code = "memory ran out", 6
    else:
        message, code = f"a bug in impasto: {type(fault).__name__}: {fault}", 1
    reason = "; ".join((message, *getattr(fault, "__notes__", ())))
    return Failure(item, " ".join(reason.split()), code)


class _Headers:
    """The headers of files, each read once, and what is amiss with them."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, Reading], tuple[int, int] | ImpastoError] = {}

    def check(self, item: Item) -> None:
        """Raise what is amiss with a picture's files, or with their sizes."""
        inputs = item.inputs
        first = replace(inputs.reading, frame=0)
        styles = [(self._size(path, first), 1.0) for path in inputs.styles]
        for path in filter(None, (inputs.regions, inputs.protect)):
            self._size(path, first)
        make_levels(self._size(item.content, inputs.reading), styles, item.settings)

    def _size(self, path: Path, reading: Reading) -> tuple[int, int]:
        key = path, reading
        if key not in self._known:
            try:
                self._known[key] = size_in(path, reading)
            except ImpastoError as fault:
                self._known[key] = fault
        found = self._known[key]
        if isinstance(found, ImpastoError):
            raise found
        return found
