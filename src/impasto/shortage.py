"""Whether an error says that memory ran out, which every library says in its own words."""

from __future__ import annotations

import errno

from impasto.errors import ImpastoError

# torch's for the CPU, CUDA and MPS, oneDNN's, cuBLAS's; Pillow's, numpy's, zlib's and libtiff's.
_WORDS = (
    "can't allocate",
    "cannot allocate",
    "unable to allocate",
    "could not create a memory",
    "not enough memory",
    "out of memory",
    "alloc_failed",
)


def is_out_of_memory(fault: BaseException) -> bool:
    """Return whether there was no more memory, on the CPU or on another device."""
    if isinstance(fault, MemoryError) or getattr(fault, "errno", None) == errno.ENOMEM:
        return True
    told = isinstance(fault, Exception) and not isinstance(fault, ImpastoError)
    return told and any(words in str(fault).lower() for words in _WORDS)


def reason_of(fault: BaseException) -> str:
    """Return the first line of what an error says, or its type's name."""
    return (str(fault) or type(fault).__name__).splitlines()[0]
