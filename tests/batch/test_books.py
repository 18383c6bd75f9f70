"""The journal and the claims: what several processes, crashes and full disks leave of them."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from impasto import OutputError, UsageError
from impasto.batch.claims import Claims
from impasto.batch.journal import NAME, Journal, Line
from impasto.jobs.shard import Shard, read_shard, slurm_shard

HOLDING = """
import sys, time
from pathlib import Path
from impasto.batch.claims import Claims
claims = Claims(Path(sys.argv[1]))
print(claims.take("a.png"), claims.take("b.png"), flush=True)
sys.stdin.read()
"""


def _journal(folder: Path) -> Journal:
    return Journal(folder, Claims(folder))


def test_a_claim_is_one_processs_and_a_crash_lets_go_of_it(tmp_path: Path):
    words = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "True True\n"
        claims = Claims(tmp_path)
        assert not claims.take("a.png")
        assert claims.take("c.png")
        assert not claims.take("c.png")  # nor twice in one process
        other.kill()
        other.wait()
        assert claims.take("a.png")
        claims.release("a.png")
        claims.close()
        assert Claims(tmp_path).take("c.png")


def test_without_locks_a_note_says_so_and_the_work_goes_on(tmp_path, monkeypatch, caplog):
    def refuse(file: int, place: int, count: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("impasto.jobs.locks._lock", refuse)
    claims = Claims(tmp_path)
    with caplog.at_level("INFO", "impasto"):
        assert claims.take("a.png")
        assert claims.take("b.png")
    assert caplog.text.count("give each its --shard") == 1
    with claims.writing():
        pass


def test_the_last_line_of_a_picture_counts_whoever_wrote_it(tmp_path: Path):
    one, other = _journal(tmp_path), _journal(tmp_path)
    one.write(Line("begun", "a.png", "key"), lasting=False)
    other.write(Line("done", "a.png", "key"), lasting=True, seconds=1)
    assert one.of("a.png").event == "begun"
    one.refresh()
    assert one.of("a.png").event == "done"
    assert _journal(tmp_path).of("a.png").event == "done"
    lines = (tmp_path / NAME).read_text().splitlines()
    assert json.loads(lines[0]) == {"impasto batch": 1}
    assert json.loads(lines[2])["seconds"] == 1


@pytest.mark.parametrize("torn", ['{"event": "done", "out', "\0\0\0", '{"event": "no"}\n', "[1]\n"])
def test_a_torn_line_is_left_out_and_the_next_is_whole(tmp_path: Path, torn: str):
    first = _journal(tmp_path)
    first.write(Line("done", "a.png", "key"), lasting=True)
    with (tmp_path / NAME).open("a") as stream:
        stream.write(torn)
    again = _journal(tmp_path)
    again.write(Line("done", "b.png", "key"), lasting=True)
    found = _journal(tmp_path)
    assert found.of("a.png").event == found.of("b.png").event == "done"


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path, monkeypatch):
    journal = _journal(tmp_path)
    journal.write(Line("done", "a.png", "key"), lasting=True)
    before = (tmp_path / NAME).read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))
    with pytest.raises(OutputError, match="no space left"):
        journal.write(Line("done", "b.png", "key"), lasting=True)
    monkeypatch.undo()
    assert (tmp_path / NAME).read_bytes() == before
    journal.write(Line("done", "b.png", "key"), lasting=True)
    assert _journal(tmp_path).of("b.png").event == "done"


def test_any_name_is_one_of_the_journals(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9 \xf0\x9f\x8e\xa8\n.png")
    _journal(tmp_path).write(Line("done", name, "key"), lasting=True)
    assert _journal(tmp_path).of(name).event == "done"


def test_another_versions_journal_is_refused(tmp_path: Path):
    (tmp_path / NAME).write_text('{"impasto batch": 9}\n')
    with pytest.raises(UsageError, match="another version"):
        _journal(tmp_path)


def test_only_what_is_to_last_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    journal, waited, written = _journal(tmp_path), [], []
    sync, write = os.fsync, os.write
    monkeypatch.setattr(os, "fsync", lambda file: (waited.append(file), sync(file)))
    monkeypatch.setattr(
        os, "write", lambda file, data: (written.append(data), write(file, data))[1]
    )
    for number in range(50):
        journal.write(Line("begun", f"{number}.png", "key"), lasting=False)
        assert len(waited) == number
        journal.write(Line("done", f"{number}.png", "key"), lasting=True)
    assert len(waited) == 50
    # Appended: what a line costs does not grow with the lines before.
    assert len(written) == 100
    assert max(map(len, written)) < 400


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
def test_shards_are_disjoint_and_complete(count: int):
    pictures = [f"{number}.png" for number in range(17)]
    shares = [read_shard(f"{number}/{count}").of(pictures) for number in range(1, count + 1)]
    assert sorted(itertools.chain.from_iterable(shares)) == sorted(pictures)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def _slurm(**values: int) -> dict[str, str]:
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in values.items()}


def test_a_slurm_task_knows_its_shard():
    assert slurm_shard({}) is None
    assert slurm_shard(_slurm(ID=4, MIN=0, MAX=7, STEP=1, COUNT=8)) == Shard(5, 8)
    assert slurm_shard(_slurm(ID=7, MIN=1, MAX=7, STEP=2, COUNT=4)) == Shard(4, 4)
    assert slurm_shard(_slurm(ID=10, MIN=10, MAX=12)) == Shard(1, 3)
    with pytest.raises(UsageError, match="are no range"):
        slurm_shard(_slurm(ID=3, MIN=1, MAX=7, STEP=1, COUNT=3))
    with pytest.raises(UsageError, match="are no numbers"):
        slurm_shard({"SLURM_ARRAY_TASK_ID": "x"})
