"""Whether torchrun started this process, and others beside it: asked before torch is loaded."""

from __future__ import annotations

import os


def is_among_others() -> bool:
    """Return whether torchrun started more than one process."""
    size = os.environ.get("WORLD_SIZE", "")
    return "TORCHELASTIC_RUN_ID" in os.environ and size.isdecimal() and int(size) > 1


def follows() -> bool:
    """Return whether another of them leads, which reads the options and writes the result."""
    return is_among_others() and os.environ.get("RANK") != "0"
