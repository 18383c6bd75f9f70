"""torch's modes: ours while something is computed, the host program's own at all other times.

Who calls us may have gradients off, autocast on, another default device or number of threads.
None of it may change a picture, and none of ours may be seen between two steps.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, TypeVar

import torch

from impasto.engine.planning import Plan

_P = ParamSpec("_P")
_R = TypeVar("_R")


@contextmanager
def apart() -> Iterator[None]:
    """Compute as in a fresh process, whatever the calling thread's modes are."""
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(mode=False))  # which lets gradients flow, too
        for device in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


def set_apart(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a function that computes apart from its caller's modes."""

    @functools.wraps(function)
    def computed(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with apart():
            return function(*args, **kwargs)

    return computed


@contextmanager
def computing(plan: Plan, threads: int | None = None) -> Iterator[None]:
    """Compute apart, by a plan's precision, on its number of threads or fewer."""
    before = torch.get_num_threads()  # the calling thread's own
    with apart(), _multiplying(plan):
        torch.set_num_threads(threads or plan.threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


# How float32 is multiplied is the whole process's affair: set as long as anybody computes.
_lock = threading.Lock()
_inside = 0
_before: dict[tuple[Any, str], Any] = {}


@contextmanager
def _multiplying(plan: Plan) -> Iterator[None]:
    """Multiply float32 as a plan says; the last one to leave puts back what was found."""
    global _inside  # noqa: PLW0603
    with _lock:
        _inside += 1
        for (owner, name), value in _multiplication(plan).items():
            found = getattr(owner, name)
            if ("ieee" if found == "none" else found) != value:
                _before.setdefault((owner, name), found)
                setattr(owner, name, value)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            while not _inside and _before:
                (owner, name), found = _before.popitem()
                setattr(owner, name, found)


def _multiplication(plan: Plan) -> dict[tuple[Any, str], Any]:
    """Return torch's switches, as owner and name, with what a plan wants of them."""
    backends: Any = torch.backends
    fast = plan.precision != "float32"
    on_gpu = plan.device.startswith("cuda")
    if not hasattr(backends.cuda.matmul, "fp32_precision"):  # before torch 2.9
        owners = [backends.cuda.matmul, backends.cudnn] if on_gpu else []
        return {(owner, "allow_tf32"): fast for owner in owners}
    if on_gpu:
        # Beside bfloat16 features, Gram sums may as well go through the tensor cores.
        owners = [backends.cuda.matmul, backends.cudnn.conv]
        return {(owner, "fp32_precision"): "tf32" if fast else "ieee" for owner in owners}
    owners = [backends.mkldnn.matmul, backends.mkldnn.conv]
    return {(owner, "fp32_precision"): "ieee" for owner in owners}
