"""Where the optimizer's long vectors and the content's features live: in memory or in a file."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from impasto.errors import OutputError

# Numbers worked on at a time: few, so that a block of all remembered steps stays small.
BLOCK = 1 << 20


class Storage:
    """Hands out tensors on a device or, with a folder, in scratch files mapped into memory.

    A scratch file's pages are the system's to write out and drop, so they never count as
    memory that a program holds. The files vanish with the process, whatever ends it.
    """

    def __init__(self, device: torch.device | str = "cpu", folder: Path | None = None) -> None:
        """Keep tensors on `device`, or in files under `folder`."""
        self._device = torch.device(device)
        self._folder = folder

    def empty(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return numbers that are not set; raise OutputError as `zeros` does."""
        if self._folder is None:
            return torch.empty(shape, device=self._device, dtype=dtype)
        return _mapped(self._folder, math.prod(shape), dtype).view(shape)

    def zeros(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return zeros; raise OutputError when the scratch folder has no room for them."""
        if self._folder is None:
            return torch.zeros(shape, device=self._device, dtype=dtype)
        return self.empty(*shape, dtype=dtype)  # a new file is all zeros


def blocks(length: int, block: int = BLOCK) -> Iterator[slice]:
    """Cut a vector into the blocks that are worked on one after another."""
    for first in range(0, length, block):
        yield slice(first, min(first + block, length))


def _mapped(folder: Path, numbers: int, dtype: torch.dtype) -> Tensor:
    size = numbers * dtype.itemsize
    try:
        with _scratch_file(folder) as (handle, name):
            _reserve(handle, size)
            return torch.from_file(name, shared=True, size=numbers, dtype=dtype)
    except OSError as fault:
        raise OutputError(
            f"no room for a scratch file of {size / 1e9:.1f} GB in {folder}: {fault.strerror}; "
            "give --scratch another folder, or more --memory"
        ) from fault


@contextlib.contextmanager
def _scratch_file(folder: Path) -> Iterator[tuple[int, str]]:
    """Open a file that is removed at once: what is mapped from it stays until it is dropped."""
    handle, name = tempfile.mkstemp(prefix="impasto-", suffix=".scratch", dir=folder)
    try:
        yield handle, name
    finally:
        os.close(handle)
        # Windows cannot remove a mapped file; there the system's cleaner gets it.
        with contextlib.suppress(OSError):
            os.unlink(name)


def _reserve(handle: int, size: int) -> None:
    # A sparse file would fail at some later write, with a signal instead of an error.
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
    else:
        zeros = bytes(1 << 20)
        for written in range(0, size, len(zeros)):
            os.write(handle, zeros[: size - written])
