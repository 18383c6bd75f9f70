"""Joining the processes that torchrun, or anybody else, started to paint one picture."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta

import torch
from torch import distributed as dist
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from impasto.errors import UsageError
from impasto.sharing.group import Group

# How torchrun says how many processes there are, here and in all, and which GPU this one has.
_SIZE, _HERE, _LOCAL = "WORLD_SIZE", "LOCAL_WORLD_SIZE", "LOCAL_RANK"
# What the leader says of itself, before and after the others may join it.
_BEGUN, _ENDED, _FAULT, _TOLD = "begun", "ended", "fault", "told"

# How long one waits for another in an evaluation: whoever is gone is missed long before.
_PATIENCE = timedelta(days=7)
_LOOK_SECONDS = 0.1


def processes_here(processes: int) -> int:
    """Return how many of so many processes share this machine: all, where torchrun says nothing."""
    told = os.environ.get(_HERE, "") if _SIZE in os.environ else ""
    return min(processes, int(told)) if told.isdecimal() and int(told) else processes


class Meeting:
    """Where the processes that torchrun started find each other, and what the leader says there."""

    def __init__(self) -> None:
        """Find the place; raise RuntimeError where there is none."""
        places = rendezvous("env://", timeout=timedelta(minutes=10))
        self.rank: int
        self.size: int
        store, self.rank, self.size = next(iter(places))
        self.store: Store = PrefixStore("impasto", store)

    @contextlib.contextmanager
    def joined(self, device: str) -> Iterator[Group]:
        """Be one of the processes; the leader says what each computes on."""
        if self.rank == 0:
            self.store.set(_BEGUN, device)
        if device == "cuda":
            _take_gpu()
        with joined(self.store, self.rank, self.size, device) as group:
            yield group

    def wait(self) -> str | None:
        """Return what the leader says that all compute on, or None where it ends before."""
        while not self.store.check([_BEGUN]):
            if self.store.check([_ENDED]):
                return None
            time.sleep(_LOOK_SECONDS)
        return self.store.get(_BEGUN).decode()

    def end(self, code: int) -> None:
        """Say by which code the leader exits."""
        self.store.set(_ENDED, str(code))

    def ended(self, seconds: float = 0.0) -> int | None:
        """Return by which code the leader has ended, if it says so within some seconds."""
        until = time.monotonic() + seconds
        while not self.store.check([_ENDED]):
            if time.monotonic() >= until:
                return None
            time.sleep(_LOOK_SECONDS)
        return int(self.store.get(_ENDED))

    def is_first_to_tell(self) -> bool:
        """Return whether nobody else has told a person what happened."""
        try:
            return int(self.store.add(_TOLD, 1)) == 1
        except RuntimeError:  # whoever holds the store is gone
            return self.rank < 2

    def tell_fault(self, message: str) -> None:
        """Leave word of what ended a process that does not lead."""
        self.store.set(_FAULT, message)

    def fault(self) -> str:
        """Return what another process ended by, if it could say."""
        with contextlib.suppress(RuntimeError):
            if self.store.check([_FAULT]):
                return self.store.get(_FAULT).decode()
        return ""


@contextlib.contextmanager
def joined(store: Store, rank: int, size: int, device: str = "cpu") -> Iterator[Group]:
    """Be one of `size` processes that meet at a store, each computing on a device of its own."""
    # What is said, and counted, is no device's.
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    try:
        yield Group(rank, size)
    finally:
        dist.destroy_process_group()


def _take_gpu() -> None:
    """Compute on the GPU that is this process's own."""
    local, gpus = int(os.environ.get(_LOCAL, "0")), torch.cuda.device_count()
    if local >= gpus:
        raise UsageError(
            f"there are {gpus} GPUs on this machine for {local + 1} processes or more; start one "
            "for each with --nproc-per-node, or compute with --device cpu"
        )
    torch.cuda.set_device(local)
