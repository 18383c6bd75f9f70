"""The machine: which device, how many threads, how precise."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from impasto.errors import DeviceError
from impasto.memory import groups
from impasto.memory.free import free_addresses, free_bytes
from impasto.native.team import is_native
from impasto.planning.bfloat16 import bfloat16_pays
from impasto.settings.resources import Resources
from impasto.sharing.joining import processes_here

DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}

# Addresses that a thread takes with its stack and its share of the allocator's, where they count.
_THREAD_BYTES = 256_000_000
# What is left to everything else of the free memory, and the least that anything is done in.
_SHARE_OF_FREE = 0.8
_LEAST_BYTES = 100_000_000
_AMPERE = 8  # the first compute capability with tf32 and bfloat16


def pick_device(resources: Resources) -> torch.device:
    """Return the device asked for; raise DeviceError when it is not there."""
    wanted = next(iter(_all_present())) if resources.device == "auto" else resources.device
    check_present(wanted)
    return torch.device(wanted)


def check_present(device: str) -> None:
    """Raise DeviceError for a device that is not there, as torch writes it ("cpu", "cuda:0")."""
    if not present(device):
        there = ", ".join(_all_present())
        raise DeviceError(f"device {device} is not there; this machine has {there}")


def present(device: str) -> bool:
    """Return whether a device is there, as torch writes it ("cpu", "cuda:0")."""
    wanted = torch.device(device)
    return _DEVICES[wanted.type]() and (wanted.index or 0) < _COUNTS[wanted.type]()


def devices_like(device: torch.device) -> list[str]:
    """Return what people call a device, and torch its machine's others of the kind."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return [name, *(f"{device.type}:{number}" for number in range(1, _COUNTS[device.type]()))]


def pick_precision(resources: Resources, device: torch.device) -> str:
    """Return how features are computed; raise DeviceError for what the device cannot do."""
    tensor_cores = device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= _AMPERE
    if resources.precision == "auto":
        pays = tensor_cores or (device.type == "cpu" and bfloat16_pays())
        return "bfloat16" if pays else "float32"
    if resources.precision == "tf32" and not tensor_cores:
        raise DeviceError(f"{device} has no tf32; choose float32, or CUDA with tensor cores")
    return resources.precision


def pick_kernel(precision: str, device: torch.device) -> str:
    """Return what computes the inside of an evaluation: our machine code where there is any."""
    return "native" if device.type == "cpu" and precision == "float32" and is_native() else "tensor"


def pick_processes(resources: Resources) -> int:
    """Return how many processes paint a picture together."""
    return 1 if resources.processes == "auto" else int(resources.processes)


def pick_threads(resources: Resources) -> int:
    """Return the number of CPU threads that one process computes with."""
    if resources.threads != "auto":
        return int(resources.threads)
    available, processes = available_threads(), pick_processes(resources)
    if processes == 1:
        return available
    return max(1, min(available, len(allowed_processors()) // processes_here(processes)))


def available_threads() -> int:
    """Return the processors this process may use: OMP_NUM_THREADS, affinity, groups' quotas."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    limits = [len(allowed_processors()), *(math.ceil(share) for share in groups.processors())]
    limits += [room // _THREAD_BYTES for room in free_addresses()]
    limits += [room // 2 for room in groups.free_processes()]  # torch and others begin some, too
    if wanted.isdecimal() and int(wanted):
        limits.append(int(wanted))
    return max(1, min(limits))


def allowed_processors() -> set[int]:
    """Return the numbers of the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _all_present() -> Iterator[str]:
    """Go through the devices that are there, the first one by its kind alone, the best first."""
    for kind, there in _DEVICES.items():
        if there():
            yield kind
            yield from (f"{kind}:{number}" for number in range(1, _COUNTS[kind]()))


_COUNTS: dict[str, Callable[[], int]] = {
    "cuda": torch.cuda.device_count,
    "mps": lambda: 1,
    "cpu": lambda: 1,
}
_DEVICES: dict[str, Callable[[], bool]] = {
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "cpu": lambda: True,
}


def sharing(resources: Resources, share: float) -> Resources:
    """Return resources that leave the rest of the threads and the free memory to others here."""
    if share == 1:
        return resources
    threads, memory = resources.threads, resources.memory
    if threads == "auto":
        threads = max(1, int(pick_threads(resources) * share))
    if memory == "auto":
        free = free_bytes(torch.device("cpu")) * _SHARE_OF_FREE * share
        memory = max(int(free), _LEAST_BYTES)
    return replace(resources, threads=threads, memory=memory)
