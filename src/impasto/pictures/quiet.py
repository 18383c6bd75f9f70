"""Silence about odd bytes that do no harm, while a host's own warnings stay as they are."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any

# Else Python prints what these log about odd files beside our own one line.
for _library in ("PIL", "imagecodecs", "tifffile"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


class _SomeHere:
    """What a filter of warnings compares a module's name with: some packages', in this thread."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        self._beginnings = tuple(f"{package}." for package in packages)
        self._thread = threading.get_ident()

    def match(self, module: str) -> bool:
        here = threading.get_ident() == self._thread
        return here and f"{module}.".startswith(self._beginnings)


@contextlib.contextmanager
def quiet(*packages: str) -> Iterator[None]:
    """Ignore what modules of some packages warn of in the block and in this thread.

    `warnings.catch_warnings` puts another list of filters in place, and two threads put back the
    wrong one; single entries come and go in any order.
    """
    entry: Any = ("ignore", None, Warning, _SomeHere(packages), 0)
    filters: Any = warnings.filters
    filters.insert(0, entry)
    try:
        yield
    finally:
        # The second is a copy, where somebody catches warnings meanwhile.
        now: Any = warnings.filters
        for found in (filters, now):
            with contextlib.suppress(ValueError):
                found.remove(entry)
