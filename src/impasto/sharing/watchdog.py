"""A watch on the other processes: those that say nothing for long are gone, and so is the group.

A process that ends closes its connections, which all others notice at once. One that hangs, a
machine without power or a cut line say nothing at all; each therefore leaves a sign every few
seconds, by a thread of its own, and misses those of the others.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from torch.distributed.distributed_c10d import Store

from impasto.sharing.group import Group

_SIGN_SECONDS = 1.0
# Less than 30 s with all that follows; more than a machine that swaps stands still for.
MISSED_SECONDS = 20.0
_DONE = "done"


@contextlib.contextmanager
def watching(
    store: Store, group: Group, missed: Callable[[int], None], after: float = MISSED_SECONDS
) -> Iterator[None]:
    """Leave signs of life inside the block, and call `missed` with whoever leaves none.

    It is called on another thread, and with 0, the leader's number, where the store itself is gone.
    """
    over = threading.Event()
    watch = threading.Thread(
        target=_watch, args=(store, group, missed, after, over), name="watchdog", daemon=True
    )
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()
        with contextlib.suppress(RuntimeError):
            store.set(_sign(group.rank), _DONE)


def _watch(
    store: Store,
    group: Group,
    missed: Callable[[int], None],
    after: float,
    over: threading.Event,
) -> None:
    began = time.monotonic()
    last = {rank: ("", began) for rank in range(group.size) if rank != group.rank}
    beats = 0
    while not over.wait(_SIGN_SECONDS):
        beats += 1
        try:
            store.set(_sign(group.rank), str(beats))
            signs = {rank: _last(store, rank) for rank in last}
        except RuntimeError:  # whoever holds the store is gone
            missed(0)
            return
        now = time.monotonic()
        for rank, sign in signs.items():
            if sign not in (last[rank][0], _DONE):
                last[rank] = sign, now
            elif sign != _DONE and now - last[rank][1] > after:
                missed(rank)
                return


def _last(store: Store, rank: int) -> str:
    key = _sign(rank)
    return store.get(key).decode() if store.check([key]) else ""


def _sign(rank: int) -> str:
    return f"sign of {rank}"
