"""The machine: which device, how many threads, how precise."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from impasto.errors import DeviceError
from impasto.settings import Resources

DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}

_AMPERE = 8  # the first compute capability with tf32 and bfloat16


def pick_device(resources: Resources) -> torch.device:
    """Return the device asked for; raise DeviceError when it is not there."""
    present = [name for name, there in _DEVICES.items() if there()]
    wanted = present[0] if resources.device == "auto" else resources.device
    if wanted not in present:
        raise DeviceError(f"device {wanted} is not there; this machine has {', '.join(present)}")
    return torch.device(wanted)


def present(device: str) -> bool:
    """Return whether a device is there, as torch writes it ("cpu", "cuda:0")."""
    wanted = torch.device(device)
    return _DEVICES[wanted.type]() and (wanted.index or 0) < _COUNTS[wanted.type]()


def pick_precision(resources: Resources, device: torch.device) -> str:
    """Return how features are computed; raise DeviceError for what the device cannot do."""
    tensor_cores = device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= _AMPERE
    if resources.precision == "auto":
        return "bfloat16" if tensor_cores else "float32"
    if resources.precision == "tf32" and not tensor_cores:
        raise DeviceError(f"{device} has no tf32; choose float32, or CUDA with tensor cores")
    return resources.precision


def pick_threads(resources: Resources) -> int:
    """Return the number of CPU threads to compute with."""
    return available_threads() if resources.threads == "auto" else int(resources.threads)


@contextmanager
def computing(threads: int, precision: str) -> Iterator[None]:
    """Compute with so many threads and so precisely, and put torch's own settings back."""
    before = torch.get_num_threads()
    matmul, convolution = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.set_num_threads(threads)
    # Beside bfloat16 features, Gram sums may as well go through the tensor cores.
    fast = precision != "float32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = fast
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.backends.cuda.matmul.allow_tf32 = matmul
        torch.backends.cudnn.allow_tf32 = convolution


def available_threads(quota_file: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Return the processors this process may use: OMP_NUM_THREADS, affinity, cgroup quota."""
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted):
        allowed = min(allowed, int(wanted))
    try:
        quota, period = quota_file.read_text().split()
        return max(1, min(allowed, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no cgroup, or "max"
        return allowed


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
