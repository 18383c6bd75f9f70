"""Joining the processes that torchrun, or anybody else, started to paint one picture."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import torch
from torch import distributed as dist
from torch.distributed.distributed_c10d import Store

from impasto.sharing.group import Group

# How long one waits for another in an evaluation: whoever is gone is missed long before.
_PATIENCE = timedelta(days=7)


@contextlib.contextmanager
def joined(store: Store, rank: int, size: int, device: str = "cpu") -> Iterator[Group]:
    """Be one of `size` processes that meet at a store, each computing on a device of its own."""
    # What is said, and counted, is no device's.
    backend = f"cpu:gloo,{device}:nccl" if torch.device(device).type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    try:
        yield Group(rank, size)
    finally:
        dist.destroy_process_group()
