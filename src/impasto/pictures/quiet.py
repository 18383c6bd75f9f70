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


class _PillowHere:
    """What a filter of warnings compares a module's name with: Pillow's, in this thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def match(self, module: str) -> bool:
        return module.startswith("PIL.") and threading.get_ident() == self._thread


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Ignore what Pillow warns of in the block and in this thread.

    `warnings.catch_warnings` puts another list of filters in place, and two threads put back the
    wrong one; single entries come and go in any order.
    """
    entry: Any = ("ignore", None, Warning, _PillowHere(), 0)
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
