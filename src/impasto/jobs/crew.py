"""A Ray cluster's workers: those that start, those that wait for work, those that do some."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from impasto.errors import DeviceError, UsageError

_Work = TypeVar("_Work")

# The address that stands for a Ray of our own, on this machine alone.
LOCAL = "local"
# How often is asked what became of work; not in Ray, which would make something else of a signal.
POLL_SECONDS = 0.05
# CPU threads of a worker where none are asked for: more than these a small picture hardly uses.
_THREADS = 4
# How long no worker at all may be there, as while a cluster grows.
_START_SECONDS = 600.0
_MOST_FAILED_STARTS = 3
# How late a file is seen that another machine has written.
_LATE_SECONDS = 10.0
# Of a Ray of our own, in bytes: pictures that are sent back, one for each worker.
_OBJECT_STORE = 256 << 20


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where work is done: a Ray cluster's address, and how many workers it is to have.

    By default one for each GPU, or else for every so many `threads`. What they make they write
    where it goes, or `send_back`.
    """

    address: str = LOCAL
    workers: int | None = None
    threads: int | None = None
    uses_gpus: bool = True
    send_back: bool = False


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Connect to a cluster, or start one, for the block.

    Raises UsageError where Ray is not installed, DeviceError where no cluster answers.
    """
    # Before Ray is imported: it reports nothing to anybody, and leaves what GPUs are seen alone.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as fault:
        raise UsageError("--ray needs its extra: pip install 'impasto[cluster]'") from fault
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    own: dict[str, Any] = {
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE,
        "_node_ip_address": "127.0.0.1",
    }
    was_connected = ray.is_initialized()
    try:
        if not was_connected:
            with _signals_kept():
                ray.init(cluster.address, **quiet, **(own if cluster.address == LOCAL else {}))
    except Exception as fault:  # Ray's errors have no common kind
        reason = str(fault).split("\n", 1)[0][:300]
        raise DeviceError(f"no Ray cluster answers at {cluster.address}: {reason}") from fault
    try:
        yield ray
    finally:
        if not was_connected:
            ray.shutdown()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back who minds the end of the process, which Ray would mind itself."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if is_main and before is not None:
            signal.signal(signal.SIGTERM, before)


@dataclass
class Crew(Generic[_Work]):
    """The workers that do some work, each on so many threads, with a share of its machine's memory.

    `make` makes one.
    """

    ray: Any
    make: Callable[[int, float], Any]
    wanted: int
    threads: int
    share: float
    starting: dict[Any, Any] = field(default_factory=dict)
    idle: list[Any] = field(default_factory=list)
    busy: dict[Any, tuple[Any, _Work]] = field(default_factory=dict)
    failed_starts: int = 0
    _without: float = field(default_factory=time.monotonic)

    def fill(self, waiting: int) -> None:
        """Start as many workers as are wanted, and as there is work for."""
        here = len(self.starting) + len(self.idle) + len(self.busy)
        for _ in range(min(self.wanted - here, waiting - len(self.starting) - len(self.idle))):
            worker = self.make(self.threads, self.share)
            self.starting[worker.ready.remote()] = worker

    def hand(self, work: _Work, task: Any) -> None:
        """Give an idle worker a task for some work."""
        worker = self.idle.pop()
        self.busy[worker.paint.remote(task)] = worker, work

    def answers(self) -> Iterator[tuple[_Work, Any]]:
        """Return what workers have to report by now, None of one that died."""
        refs = [*self.starting, *self.busy]
        ready = self.ray.wait(refs, num_returns=len(refs), timeout=0)[0] if refs else []
        for ref in ready:
            if ref in self.starting:
                self._started(ref)
            else:
                yield self._reported(ref)

    def check_any(self) -> None:
        """Raise DeviceError where there has been no worker for a long time."""
        now = time.monotonic()
        if self.idle or self.busy:
            self._without = now
        if now - self._without > _START_SECONDS:
            raise DeviceError(
                f"no worker has started for {_START_SECONDS:.0f} s: the cluster has no room for "
                "one; ask for fewer --threads, or add machines"
            )

    def stop(self) -> None:
        """End all workers at once; what they have written stays."""
        workers = [*self.starting.values(), *self.idle, *(one for one, _ in self.busy.values())]
        for worker in workers:
            with contextlib.suppress(Exception):
                self.ray.kill(worker)

    def _started(self, ref: Any) -> None:
        worker = self.starting.pop(ref)
        try:
            self.ray.get(ref)
        except self.ray.exceptions.RayError as fault:
            self.failed_starts += 1
            if self.failed_starts >= _MOST_FAILED_STARTS:
                reason = " ".join(str(fault).split())[-300:]
                raise DeviceError(f"no worker starts on the cluster: {reason}") from fault
            return
        self.failed_starts = 0
        self.idle.append(worker)

    def _reported(self, ref: Any) -> tuple[_Work, Any]:
        worker, work = self.busy.pop(ref)
        try:
            report = self.ray.get(ref)
        except self.ray.exceptions.RayError:
            with contextlib.suppress(Exception):
                self.ray.kill(worker)
            return work, None
        self.idle.append(worker)
        return work, report


def crew_of(ray: Any, cluster: Cluster, worker: type, pieces: int) -> Crew[Any]:
    """Return workers, none of them started: one for each GPU, or for some threads of a node's.

    A `worker` is made of its number of threads and its share of a machine's memory; it says that
    it is `ready`, and does a task by `paint`.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = int(sum(node.get("GPU", 0) for node in nodes)) if cluster.uses_gpus else 0
    largest = max((int(node.get("CPU", 0)) for node in nodes), default=0)
    if gpus:
        threads, count, needs = cluster.threads or _THREADS, gpus, {"num_cpus": 1, "num_gpus": 1}
        share = 1 / max(int(node.get("GPU", 0)) for node in nodes)
    else:
        threads = cluster.threads or max(1, min(_THREADS, largest))
        count = sum(int(node.get("CPU", 0)) // threads for node in nodes)
        needs = {"num_cpus": threads, "num_gpus": 0}
        share = 1 / max(largest // threads, 1)
    wanted = cluster.workers or count
    if not wanted:
        raise DeviceError(
            f"no machine of the cluster has {threads} CPUs for a worker, the largest has "
            f"{largest}; ask for fewer --threads, or for --workers of a cluster that grows"
        )
    remote = ray.remote(**needs, max_restarts=0)(worker)
    return Crew(ray, remote.remote, min(wanted, pieces), threads, share)


def comes(path: Path) -> bool:
    """Return whether a file is here, which a network file system may say late."""
    for _ in range(int(_LATE_SECONDS / POLL_SECONDS)):
        if path.exists():
            return True
        time.sleep(POLL_SECONDS)
    return path.exists()
