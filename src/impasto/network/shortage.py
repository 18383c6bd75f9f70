"""Whether an error says that memory ran out, which every library says in its own words."""

from __future__ import annotations

import errno

import torch

_WORDS = (
    "can't allocate memory", "cannot allocate memory", "could not create a memory",
    "not enough memory", "out of memory", "alloc_failed",
)  # fmt: skip


def is_out_of_memory(fault: BaseException) -> bool:
    """Return whether there was no more memory, on the CPU or on another device."""
    if isinstance(fault, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(fault, OSError):
        return fault.errno == errno.ENOMEM
    return isinstance(fault, RuntimeError) and any(word in str(fault).lower() for word in _WORDS)


def reason_of(fault: BaseException) -> str:
    """Return the first line of what an error says, or its type's name."""
    return (str(fault) or type(fault).__name__).splitlines()[0]
