"""Painting a batch on many machines by Ray: work is handed out picture by picture."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from impasto.batch.checking import Failure
from impasto.batch.item import Item
from impasto.batch.remote import RemoteWorker, Report, Task, anywhere
from impasto.batch.work import Watcher, Work, fail, finish, reported, verdict
from impasto.batch.worker import Written
from impasto.errors import DeviceError, OutputError, UsageError
from impasto.files import make_folder, replacing

# The address that stands for a Ray of our own, on this machine alone.
LOCAL = "local"
# CPU threads of a worker where none are asked for: more than these a small picture hardly uses.
THREADS = 4
_TRIES = 2
_POLL_SECONDS = 0.05
# How long no worker at all may be there, as while a cluster grows.
_START_SECONDS = 600.0
_MOST_FAILED_STARTS = 3
# How late a file is seen that another machine has written.
_LATE_SECONDS = 10.0
_NOT_SHARED = "where the folder is not on all machines, --send-back brings results here"
# Of a Ray of our own, in bytes: pictures that are sent back, one for each worker.
_OBJECT_STORE = 256 << 20


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where a batch is painted: a Ray cluster's address, and how many workers it is to have.

    By default one for each GPU, or else for every so many `threads`. What they paint they write
    where it goes, or `send_back`.
    """

    address: str = LOCAL
    workers: int | None = None
    threads: int | None = None
    uses_gpus: bool = True
    send_back: bool = False


def paint_there(work: Work, written: Written, watcher: Watcher, cluster: Cluster) -> None:
    """Paint what is waiting on a cluster; raises what `paint_here` does.

    A picture whose worker dies is painted again by another, once. DeviceError says that there are
    no workers.
    """
    with reported(work, watcher), _connected(cluster) as ray:
        crew = _crew(ray, cluster, len(work.waiting))
        _Handing(work, written, watcher, cluster, crew).run()
    verdict(work)


@contextlib.contextmanager
def _connected(cluster: Cluster) -> Iterator[Any]:
    """Connect to a cluster, or start one, for the block."""
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
class _Crew:
    """Workers: those that start, those that wait for a picture, those that paint one."""

    ray: Any
    make: Any
    wanted: int
    starting: dict[Any, Any] = field(default_factory=dict)
    idle: list[Any] = field(default_factory=list)
    busy: dict[Any, tuple[Any, Item]] = field(default_factory=dict)
    failed_starts: int = 0
    _without: float = field(default_factory=time.monotonic)

    def fill(self, waiting: int) -> None:
        """Start as many workers as are wanted, and as there are pictures for."""
        here = len(self.starting) + len(self.idle) + len(self.busy)
        for _ in range(min(self.wanted - here, waiting - len(self.starting) - len(self.idle))):
            worker = self.make()
            self.starting[worker.ready.remote()] = worker

    def hand(self, item: Item, task: Task) -> None:
        """Give an idle worker a picture."""
        worker = self.idle.pop()
        self.busy[worker.paint.remote(task)] = worker, item

    def answers(self) -> Iterator[tuple[Item, Report | None]]:
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
        """End all workers at once; a picture's checkpoint stays."""
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

    def _reported(self, ref: Any) -> tuple[Item, Report | None]:
        worker, item = self.busy.pop(ref)
        try:
            report: Report = self.ray.get(ref)
        except self.ray.exceptions.RayError:
            with contextlib.suppress(Exception):
                self.ray.kill(worker)
            return item, None
        self.idle.append(worker)
        return item, report


class _Handing:
    """Hands pictures out until none is left; holds the claim of each as long as it is out."""

    def __init__(
        self, work: Work, written: Written, watcher: Watcher, cluster: Cluster, crew: _Crew
    ) -> None:
        self._work, self._watcher, self._written = work, watcher, written
        self._sends_back, self._crew = cluster.send_back, crew
        self._waiting = deque(work.waiting)
        self._tries: Counter[str] = Counter()
        self._replaces: dict[str, bool] = {}
        self._held: dict[str, Item] = {}

    def run(self) -> None:
        """Hand out, and take in, to the end."""
        crew = self._crew
        try:
            while self._waiting or crew.busy:
                crew.fill(len(self._waiting))
                for _ in range(len(self._waiting)):
                    if crew.idle:
                        self._hand_out(self._waiting.popleft())
                for item, report in crew.answers():
                    self._take_in(item, report)
                crew.check_any()
                # Not in Ray, which would make something else of a signal.
                time.sleep(_POLL_SECONDS)
        finally:
            crew.stop()
            for item in self._held.values():
                self._work.ledger.release(item)

    def _hand_out(self, item: Item) -> None:
        ledger = self._work.ledger
        if item.name not in self._held:
            if not ledger.take(item):
                self._waiting.append(item)  # until it is there, or let go of
                return
            if ledger.is_finished(item):
                self._work.elsewhere += 1
                ledger.release(item)
                return
            self._held[item.name] = item
        was_begun, replaces = ledger.begin(item)
        # What a worker left that died is ours.
        self._replaces[item.name] = replaces
        if not self._sends_back:
            make_folder(item.output.parent)
        task = Task(
            item=anywhere(item),
            written=self._written,
            replaces=replaces,
            was_begun=was_begun,
            sends_back=self._sends_back,
        )
        self._tries[item.name] += 1
        self._crew.hand(item, task)

    def _take_in(self, item: Item, report: Report | None) -> None:
        if report is None and self._tries[item.name] < _TRIES:
            self._waiting.appendleft(item)
            return
        self._settle(item, report)
        self._work.ledger.release(self._held.pop(item.name))

    def _settle(self, item: Item, report: Report | None) -> None:
        if report is None:
            reason = f"its worker died {_TRIES} times, as when memory runs out on its machine"
            fail(self._work, Failure(item, reason, DeviceError.exit_code), self._watcher)
        elif report.unwritable:
            raise OutputError(f"on a worker's machine: {report.unwritable}; {_NOT_SHARED}")
        elif report.failure is not None:
            failure = replace(report.failure, item=item)
            fail(self._work, failure, self._watcher)
        elif report.done is not None:
            self._keep(item, report)
            finish(self._work, item, report.done, self._watcher)

    def _keep(self, item: Item, report: Report) -> None:
        """Write what was sent back, or make sure that what a worker has written is here."""
        if self._sends_back:
            make_folder(item.output.parent)
            with replacing(item.output, fresh=not self._replaces[item.name]) as stream:
                stream.write(report.data)
        elif not _comes(item.output):
            raise OutputError(f"{item.output} was painted and is not here; {_NOT_SHARED}")


def _comes(path: Path) -> bool:
    """Return whether a file is here, which a network file system may say late."""
    for _ in range(int(_LATE_SECONDS / _POLL_SECONDS)):
        if path.exists():
            return True
        time.sleep(_POLL_SECONDS)
    return path.exists()


def _crew(ray: Any, cluster: Cluster, pictures: int) -> _Crew:
    """Return workers, none of them started: one for each GPU, or for some threads of a node's."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = int(sum(node.get("GPU", 0) for node in nodes)) if cluster.uses_gpus else 0
    largest = max((int(node.get("CPU", 0)) for node in nodes), default=0)
    if gpus:
        threads, count, needs = cluster.threads or THREADS, gpus, {"num_cpus": 1, "num_gpus": 1}
        share = 1 / max(int(node.get("GPU", 0)) for node in nodes)
    else:
        threads = cluster.threads or max(1, min(THREADS, largest))
        count = sum(int(node.get("CPU", 0)) // threads for node in nodes)
        needs = {"num_cpus": threads, "num_gpus": 0}
        share = 1 / max(largest // threads, 1)
    wanted = cluster.workers or count
    if not wanted:
        raise DeviceError(
            f"no machine of the cluster has {threads} CPUs for a worker, the largest has "
            f"{largest}; ask for fewer --threads, or for --workers of a cluster that grows"
        )
    remote = ray.remote(**needs, max_restarts=0)(RemoteWorker)
    return _Crew(ray, lambda: remote.remote(threads, share), min(wanted, pictures))
