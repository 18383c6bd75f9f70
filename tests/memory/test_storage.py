from pathlib import Path

import pytest

from impasto import OutputError
from impasto.memory import storage
from impasto.memory.storage import Storage, blocks


def test_scratch_files_hold_numbers_and_leave_nothing_behind(tmp_path: Path):
    vector = Storage(folder=tmp_path).zeros(3, 5)
    vector[1] = 2
    assert vector.shape == (3, 5)
    assert vector.sum() == 10
    assert not list(tmp_path.iterdir())


def test_blocks_cover_a_vector_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage, "BLOCK", 4)
    covered = [i for part in blocks(10) for i in range(10)[part]]
    assert covered == list(range(10))


def test_a_full_disk_is_answered_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(handle: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_reserve", full)
    with pytest.raises(OutputError, match=r"scratch file of 4\.0 GB .* --scratch"):
        Storage(folder=tmp_path).zeros(1_000_000_000)
    assert not list(tmp_path.iterdir())
