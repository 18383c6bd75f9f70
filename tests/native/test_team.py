"""Threads that share one call's units of work."""

from __future__ import annotations

import os
import threading
import time

import pytest
import torch

from impasto.native import team
from impasto.native.team import scratch, size, team_of, together


def test_a_team_has_as_many_as_asked_for():
    assert size() == torch.get_num_threads()
    with team_of(3):
        assert size() == 3
        with team_of(0):
            assert size() == 1
            assert not team.is_native()
        assert size() == 3


def test_all_take_part_and_are_waited_for():
    meeting, seen = threading.Barrier(3), set()

    def call() -> None:
        meeting.wait(10)
        seen.add(threading.get_ident())

    with team_of(3):
        together(call, 100)
    assert len(seen) == 3


def test_nobody_is_waited_for_who_has_not_begun(monkeypatch: pytest.MonkeyPatch):
    """While another run's threads are at work, this one does all of its own."""
    release, calls = threading.Event(), []
    monkeypatch.setattr(team, "_MOST", 1)
    team._pool.cache_clear()
    try:
        team._pool().submit(release.wait, 10)
        began = time.monotonic()
        with team_of(1):
            assert size() == 1
        monkeypatch.setattr(team, "_MOST", 64)
        with team_of(2):
            together(lambda: calls.append(1), 2)
        assert len(calls) == 1
        assert time.monotonic() - began < 5
    finally:
        release.set()
        team._pool.cache_clear()


def test_what_fails_in_a_thread_is_told():
    def call() -> None:
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError

    def wait() -> None:
        time.sleep(0.05)
        call()

    with team_of(2), pytest.raises(ZeroDivisionError):
        together(wait, 2)


def test_each_thread_has_its_own_scratch():
    with team_of(2):
        mine = scratch(100)
        assert mine.numel() >= 100
        assert scratch(10) is mine
        assert scratch(1000).numel() >= 1000
        others = []
        other = threading.Thread(target=lambda: others.append(scratch(1000).data_ptr()))
        other.start()
        other.join()
        assert others != [scratch(1000).data_ptr()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    with team_of(2):
        together(lambda: None, 2)
        child = os.fork()
        if not child:
            meeting = threading.Barrier(2)
            together(lambda: meeting.wait(10), 2)
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
