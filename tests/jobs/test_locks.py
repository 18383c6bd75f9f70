"""Bytes that one process holds at a time."""

import subprocess
import sys
from pathlib import Path

from impasto.jobs.locks import Locks

HOLDING = """
import sys
from pathlib import Path
from impasto.jobs.locks import Locks
locks = Locks(Path(sys.argv[1]))
print(locks.take(2), locks.take(10, 5), flush=True)
sys.stdin.read()
"""


def test_a_range_is_taken_whole_or_not_at_all(tmp_path: Path):
    words = [sys.executable, "-c", HOLDING, str(tmp_path / "lock")]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "True True\n"
        locks = Locks(tmp_path / "lock")
        assert locks.take(3, 7)
        assert not locks.take(0, 3)
        assert not locks.take(14, 1 << 30)
        assert locks.take(15, 1 << 30)
        assert locks.take(0)  # of what was refused nothing is kept from others
        other.kill()
        other.wait()
        assert locks.take(10, 5)


def test_a_file_that_was_removed_is_not_the_one_that_others_find(tmp_path: Path):
    locks = Locks(tmp_path / "lock")
    assert locks.is_there
    (tmp_path / "lock").unlink()
    assert not locks.is_there
    again = Locks(tmp_path / "lock")
    assert again.is_there
    assert not locks.is_there
