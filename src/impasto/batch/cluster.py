"""Painting a batch on many machines by Ray: work is handed out picture by picture."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import replace

from impasto.batch.checking import Failure
from impasto.batch.item import Item
from impasto.batch.remote import RemoteWorker, Report, Task, anywhere
from impasto.batch.work import Watcher, Work, fail, finish, reported, verdict
from impasto.batch.worker import Written
from impasto.errors import DeviceError, OutputError
from impasto.files import make_folder, replacing
from impasto.jobs.crew import POLL_SECONDS, Cluster, Crew, comes, connected, crew_of

# How often a picture is begun whose worker died.
_TRIES = 2
_NOT_SHARED = "where the folder is not on all machines, --send-back brings results here"


def paint_there(work: Work, written: Written, watcher: Watcher, cluster: Cluster) -> None:
    """Paint what is waiting on a cluster; raises what `paint_here` does.

    A picture whose worker dies is painted again by another, once. DeviceError says that there are
    no workers.
    """
    with reported(work, watcher), connected(cluster) as ray:
        crew = crew_of(ray, cluster, RemoteWorker, len(work.waiting))
        _Handing(work, written, watcher, cluster, crew).run()
    verdict(work)


class _Handing:
    """Hands pictures out until none is left; holds the claim of each as long as it is out."""

    def __init__(
        self, work: Work, written: Written, watcher: Watcher, cluster: Cluster, crew: Crew[Item]
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
                time.sleep(POLL_SECONDS)
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
        elif not comes(item.output):
            raise OutputError(f"{item.output} was painted and is not here; {_NOT_SHARED}")
