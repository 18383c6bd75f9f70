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

from impasto.native.team import team_of
from impasto.planning.plan import Plan

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
        # torch.get_default_device() knows of `with torch.device(...)` from 2.7 on only.
        if torch.empty(0).device.type != "cpu":
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
    threads = threads or plan.threads
    is_native = plan.kernel == "native"
    # torch's threads spin while they wait, beside ours: it has one where ours compute.
    of_torch, of_ours = (1, threads) if is_native else (threads, 0)
    with apart(), _multiplying(plan), _on_threads(of_torch), team_of(of_ours):
        yield


# What is the whole process's is set as long as anybody computes: how float32 is multiplied, and the
# number of threads that a thread begins with.
_lock = threading.Lock()
_multiplications: list[dict[tuple[Any, str], Any]] = []  # of those who compute
_switched: dict[tuple[Any, str], Any] = {}  # what was found
_counts: list[int] = []  # the threads of those who compute
_begun_with = 0  # what was found
_known = threading.local()


@contextmanager
def _on_threads(count: int) -> Iterator[None]:
    """Compute on so many threads; a thread's own number is put back, and the process's."""
    global _begun_with  # noqa: PLW0603
    with _lock:
        own = torch.get_num_threads()
        # A thread that meets torch while another computes here begins with that one's number.
        if _counts and own == _counts[-1] and not hasattr(_known, "thread"):
            own = _begun_with
        _known.thread = True
        _begun_with = _begun_with if _counts else own
        _counts.append(count)
        torch.set_num_threads(count)
    try:
        yield
    finally:
        with _lock:
            _counts.remove(count)
            torch.set_num_threads(own)
            if not _counts and own != _begun_with:
                _begin_with(_begun_with)


def _begin_with(count: int) -> None:
    """Let threads to come begin with so many, this one's number left as it is."""
    setter = threading.Thread(target=torch.set_num_threads, args=(count,))
    setter.start()
    setter.join()


@contextmanager
def _multiplying(plan: Plan) -> Iterator[None]:
    """Multiply float32 as a plan says, or more exactly where somebody else wants that."""
    wanted = _multiplication(plan)
    with _lock:
        _multiplications.append(wanted)
        _switch()
    try:
        yield
    finally:
        with _lock:
            _multiplications.remove(wanted)
            _switch()


def _switch() -> None:
    """Set torch's switches to the most exact that is wanted; put back what nobody wants."""
    wanted: dict[tuple[Any, str], Any] = {}
    for one in _multiplications:
        wanted |= {key: value for key, value in one.items() if wanted.get(key) not in _EXACT}
    for (owner, name), value in wanted.items():
        found = getattr(owner, name)
        if found != value and not (found == "none" and value in _EXACT):  # unset is exact
            _switched.setdefault((owner, name), found)
            setattr(owner, name, value)
    for key in set(_switched) - set(wanted):
        setattr(*key, _switched.pop(key))


_EXACT = ("ieee", "highest", False)


class _Products:
    """How a CPU multiplies float32, before torch 2.9."""

    @property
    def precision(self) -> str:
        return torch.get_float32_matmul_precision()

    @precision.setter
    def precision(self, value: str) -> None:
        torch.set_float32_matmul_precision(value)


_PRODUCTS = _Products()


def _multiplication(plan: Plan) -> dict[tuple[Any, str], Any]:
    """Return torch's switches, as owner and name, with what a plan wants of them."""
    backends: Any = torch.backends
    on_gpu, fast = plan.device.startswith("cuda"), plan.precision != "float32"
    if not hasattr(backends.cuda.matmul, "fp32_precision"):  # before torch 2.9
        if not on_gpu:
            return {(_PRODUCTS, "precision"): "highest"}
        return {(owner, "allow_tf32"): fast for owner in (backends.cuda.matmul, backends.cudnn)}
    if on_gpu:
        # Beside bfloat16 features, Gram sums may as well go through the tensor cores.
        owners = [backends.cuda.matmul, backends.cudnn.conv]
        return {(owner, "fp32_precision"): "tf32" if fast else "ieee" for owner in owners}
    owners = [backends.mkldnn.matmul, backends.mkldnn.conv]
    return {(owner, "fp32_precision"): "ieee" for owner in owners}
